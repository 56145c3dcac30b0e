// The host scripts by the programs of another architecture: a Raspberry Pi's, under emulation.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labObstacle } from '../../src/lab/index.ts';
import { makeBundle } from '../host/bundle.ts';
import { hostIn, newRoot, type Host } from '../host/host.ts';
import { available } from '../setup/programs.ts';
import { emulated, unpackArm64 } from './arm64.ts';

const runs = labObstacle() === undefined && available('qemu-aarch64-static');

describe.runIf(runs)('on arm64', { timeout: 300_000 }, () => {
  const slash = mkdtempSync(join(tmpdir(), 'stead-arm64-'));
  let host: Host;

  beforeAll(async () => {
    await unpackArm64(slash);
    const root = newRoot();
    mkdirSync(slash + root, { recursive: true });
    host = hostIn(root, 'sh', { argv: emulated(slash), slash });
    // The emulated shell finds the script where this machine has it.
    const script = join(root, '../stead-host');
    copyFileSync(script, slash + script);
  }, 300_000);
  afterAll(() => rmSync(slash, { recursive: true, force: true }));

  test('the programs are those of arm64', async () => {
    const [file = '', ...rest] = emulated(slash);
    const { stdout } = await execa(file, [...rest, 'sh', '-c', 'uname -m; readlink -f "$(command -v awk)"']);
    expect(stdout).toBe('aarch64\n/usr/bin/mawk');
  });

  test('a host is switched, changed, rolled back and verified', async () => {
    const one = makeBundle({
      files: { '/etc/a': 'one', '/etc/b': { copy: 'one', mode: '0600' }, '/etc/gone': 'one' },
    });
    const two = makeBundle({
      files: { '/etc/a': 'two', '/etc/b': { copy: 'two' }, '/srv/new': { directory: true } },
    });
    expect(await host.switchTo(one)).toMatchObject({ code: 0, stdout: `switched\t1\t${one.hash}\n` });
    const before = host.tree();
    expect(await host.switchTo(two)).toMatchObject({ code: 0 });
    expect(host.tree()).toMatchObject({
      '/etc/a': 'ours two',
      '/etc/b': 'file 644 two',
      '/srv/new': 'folder 755',
    });
    expect(await host.verb(['verify'])).toMatchObject({ code: 0 });
    expect(await host.verb(['rollback'])).toMatchObject({ code: 0 });
    expect({ ...host.tree(), '/srv': undefined }).toEqual({ ...before, '/srv': undefined });
    expect(await host.verb(['verify'])).toMatchObject({ code: 0 });
  });
});
