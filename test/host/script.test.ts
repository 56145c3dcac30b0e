import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { hostScript, runtimeFiles } from '../../src/host/index.ts';
import { base32, sha256 } from './bundle.ts';
import { runProcess, shells } from './host.ts';
import { available } from '../setup/programs.ts';

function runtimeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'stead-runtime-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(runtimeFiles())) writeFileSync(join(folder, name), text);
  return folder;
}

if (available('shellcheck')) {
  test('shellcheck finds nothing in the scripts of a host', () => {
    const script = join(runtimeFolder(), 'stead-host');
    const argv = ['-x', '-a', '-P', 'SCRIPTDIR', '-s', 'dash', script];
    expect(spawnSync('shellcheck', argv, { encoding: 'utf8' })).toMatchObject({ status: 0, stdout: '' });
  });
}

test('the runtime has every file that it reads, and reads every file that it has', () => {
  const sourced = [...(runtimeFiles()['stead-host'] ?? '').matchAll(/\. "\$RUNTIME\/(.*)"/g)].map(
    (match) => match[1],
  );
  expect(['stead-host', ...sourced].sort()).toEqual(Object.keys(runtimeFiles()).sort());
});

test.each(shells())('the runtime works as files and as one text under %s', async (shell) => {
  const argv = shell === 'busybox' ? ['busybox', 'sh'] : [shell];
  const files = await runProcess([...argv, join(runtimeFolder(), 'stead-host'), 'no-verb'], {});
  const text = await runProcess([...argv, '-c', hostScript(), 'stead-host', 'no-verb'], {});
  expect(files.code).toBe(2);
  expect(text).toEqual(files);
});

test('hashes are written in the base 32 of the bundle format', async () => {
  const sum = sha256('stead');
  const script = `${runtimeFiles()['lib-bundle.sh']}\nbase32`;
  const result = await runProcess(['sh', '-c', script], { stdin: `${sum}\n` });
  expect(result.stdout).toBe(`${base32(sum)}\n`);
});
