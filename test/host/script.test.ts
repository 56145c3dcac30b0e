import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { hostScript, hostScriptFor, runtimeFiles } from '../../src/host/index.ts';
import { base32, sha256 } from './bundle.ts';
import { runProcess, shells } from './host.ts';
import { definitionsOf, reachedFrom } from './reading.ts';
import { available } from '../setup/programs.ts';

/** The runtime as a file, as a bundle has it. */
function runtimeFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'stead-runtime-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'stead-host');
  writeFileSync(file, runtimeFiles()['stead-host'] ?? '');
  return file;
}

if (available('shellcheck')) {
  test('shellcheck finds nothing in the script of a host', () => {
    const argv = ['-s', 'dash', runtimeFile()];
    expect(spawnSync('shellcheck', argv, { encoding: 'utf8' })).toMatchObject({ status: 0, stdout: '' });
  });
}

test('every part of the script is in it', () => {
  const parts = readdirSync(join(import.meta.dirname, '../../src/host')).filter((name) =>
    name.endsWith('.sh'),
  );
  for (const name of parts) {
    const text = readFileSync(join(import.meta.dirname, '../../src/host', name), 'utf8');
    expect(hostScript()).toContain(text.slice(text.indexOf('()')));
  }
});

test('a shell that reads no further than to its verb has all that the verb calls and uses', () => {
  const known = definitionsOf(hostScript());
  // Were nothing found, nothing would be lacking.
  expect([...reachedFrom(['verb_confirm'], known)]).toEqual(
    expect.arrayContaining(['take_lock', 'have_lock', 'point', 'forget_ways', 'WATCHDOG']),
  );
  const lacking = [...hostScript().matchAll(/^case \$VERB in\n.*?^esac$/gms)].flatMap(({ 0: text, index }) =>
    verbsOf(text).flatMap((name) => {
      // No more than that is sent to a host that has no script.
      expect(hostScriptFor(name)).toBe(hostScript().slice(0, index + text.length + 1));
      const verb = name.replaceAll('-', '_');
      const reached = reachedFrom([`verb_${verb}`, `step_${verb}`], known);
      expect(reached, verb).not.toEqual(new Set());
      return [...reached].filter((name) => known.get(name)!.at > index).map((name) => `${verb}: ${name}`);
    }),
  );
  expect(lacking).toEqual([]);
});

/** The verbs that a part of the script is for. */
function verbsOf(text: string): string[] {
  const patterns = text.replaceAll('\\\n', '').matchAll(/^ +([a-z_ |-]+)\)/gm);
  return [...patterns].flatMap(([, names]) => names!.split('|').map((name) => name.trim()));
}

test.each(shells())('the script works as a file and as a text under %s', async (shell) => {
  const argv = shell === 'busybox' ? ['busybox', 'sh'] : [shell];
  const file = await runProcess([...argv, runtimeFile(), 'no-verb'], {});
  const text = await runProcess([...argv, '-c', 'eval "$(cat)"', 'stead-host', 'no-verb'], {
    stdin: hostScript(),
  });
  expect(file.code).toBe(2);
  expect(text).toEqual(file);
});

test('hashes are written in the base 32 of the bundle format', async () => {
  const sum = sha256('stead');
  const library = readFileSync(join(import.meta.dirname, '../../src/host/lib-bundle.sh'), 'utf8');
  const script = `${library}\nbase32`;
  const result = await runProcess(['sh', '-c', script], { stdin: `${sum}\n` });
  expect(result.stdout).toBe(`${base32(sum)}\n`);
});
