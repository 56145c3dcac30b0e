import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { host } from 'stead';
import { swap } from 'stead/modules/swap';
import { sysctl, systemd } from '../../src/bundle/sets/index.ts';
import { available } from '../setup/programs.ts';
import { fleet, text } from './rack.ts';

const modules = resolve(import.meta.dirname, '../../modules/swap');
const box = fleet(
  host('box', {
    use: [
      swap({
        files: { '/srv/my-swap/ä': { size: '1M' }, '/swapfile': { size: '2G', priority: 5 } },
        zram: { enable: true, memoryMax: '4G' },
        swappiness: 100,
      }),
    ],
  }),
).host('box');
const unit = (name: string): string => text(box, `/etc/systemd/system/${name}`);

describe('swap', () => {
  test('in a file is a unit of systemd, and one before it that makes the file', () => {
    expect(unit('swapfile.swap')).toBe(`\
[Swap]
Priority=5
What=/swapfile

[Unit]
After=make-swapfile.service
ConditionVirtualization=!container
Description=Swap file /swapfile
Requires=make-swapfile.service
X-Size=2147483648
`);
    expect(unit('make-swapfile.service')).toContain(
      'ExecStart=/usr/local/lib/stead/swap-file /swapfile 2147483648\n',
    );
    expect(box.get(systemd).units['swapfile.swap']).toMatchObject({ wantedBy: ['swap.target'], start: true });
  });

  test('in compressed memory is a service, off where nothing is said', () => {
    expect(unit('zram-swap.service')).toContain(
      'ExecStart=/usr/local/lib/stead/zram-swap start 50 4294967296 zstd 100\nExecStop=/usr/local/lib/stead/zram-swap stop\n',
    );
    expect(box.get(sysctl).settings).toEqual({ 'vm.swappiness': 100 });
    const none = fleet(host('box', { use: [swap({})] })).host('box');
    expect(none.get(systemd).units).toEqual({});
  });

  test.runIf(available('shellcheck'))('has scripts in which shellcheck finds nothing', () => {
    for (const name of ['swap-file.sh', 'zram-swap.sh']) {
      expect(spawnSync('shellcheck', [join(modules, name)], { encoding: 'utf8' }).stdout).toBe('');
    }
  });

  test.runIf(available('root', 'systemd-analyze'))(
    'has units that systemd takes, named as it names them',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'stead-swap-'));
      try {
        for (const name of ['swapfile.swap', 'make-swapfile.service', 'zram-swap.service']) {
          writeFileSync(join(folder, name), unit(name));
        }
        for (const program of ['swap-file', 'zram-swap']) {
          const path = join(folder, 'usr/local/lib/stead', program);
          mkdirSync(dirname(path), { recursive: true });
          writeFileSync(path, '#!/bin/sh\n', { mode: 0o755 });
        }
        const names = ['swapfile.swap', 'make-swapfile.service', 'zram-swap.service'];
        for (const name of names) {
          const content = unit(name).replaceAll('/usr/local', `${folder}/usr/local`);
          writeFileSync(join(folder, name), content);
        }
        const verify = () =>
          spawnSync(
            'systemd-analyze',
            ['verify', '--man=no', '--recursive-errors=no', ...names.map((name) => join(folder, name))],
            { encoding: 'utf8' },
          );
        expect(verify()).toMatchObject({ status: 0, stderr: '' });
        writeFileSync(join(folder, 'swapfile.swap'), `${unit('swapfile.swap')}NoSuchKey=1\n`);
        expect(verify().status).not.toBe(0);
        const escaped = spawnSync('systemd-escape', ['--path', '--suffix=swap', '/srv/my-swap/ä'], {
          encoding: 'utf8',
        });
        expect(Object.keys(box.get(systemd).units)).toContain(escaped.stdout.trim());
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );

  test.runIf(available('root'))(
    'makes a file that the kernel takes for swap, once, and no other file',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'stead-swap-'));
      const path = join(folder, 'swapfile');
      const make = (bytes: string, at = path) =>
        spawnSync('sh', [join(modules, 'swap-file.sh'), at, bytes], { encoding: 'utf8' });
      const look = (): string => spawnSync('stat', ['-c', '%s %a %i', path], { encoding: 'utf8' }).stdout;
      try {
        expect(make('1048576')).toMatchObject({ status: 0, stderr: '' });
        expect(look()).toMatch(/^1048576 600 /);
        expect(readFileSync(path).subarray(4086, 4096).toString()).toBe('SWAPSPACE2');
        const before = look();
        expect(make('1048576').status).toBe(0);
        expect(look()).toBe(before);
        expect(make('2097152').status).toBe(0);
        expect(look()).toMatch(/^2097152 600 /);
        writeFileSync(join(folder, 'letters'), 'dear');
        expect(make('1048576', join(folder, 'letters'))).toMatchObject({ status: 1 });
        expect(readFileSync(join(folder, 'letters'), 'utf8')).toBe('dear');
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});
