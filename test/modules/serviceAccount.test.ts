import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { host } from 'stead';
import { serviceAccount } from 'stead/modules/serviceAccount';
import { ssh } from 'stead/modules/ssh';
import { checks, users } from '../../src/bundle/sets/index.ts';
import { available } from '../setup/programs.ts';
import { fleet, mistakes, text } from './rack.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKKplJM6YWqGkbD//AoH0rkVuzPzqnCkJHUXP7EqrUxF runner@gateway';
const OTHER = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8I3M3w6fRAAd1YxGyRmWZ5ld8OO5EyN9jYwJQKc1S9';
const ECDSA =
  'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBJUL53VvbdCYwcSkWdVRAOf0wDr+Rgwi8+WR7ii/GtYN+BgzNMnCltieBA1qPn4WNlHb0+rPDjdLOoD19PdhS4g=';

const runner = (more: Partial<Parameters<typeof serviceAccount>[0]> = {}) =>
  serviceAccount({ publicKey: KEY, runsFrom: 'gateway', from: ['10.42.0.1'], ...more });

test('every host lets it in by its key and makes it root by sudo, and one host has its private key', () => {
  const evaluation = fleet(
    host('gateway', { use: [runner({ privateKeyFile: '/run/secrets/runner' })] }),
    host('pi', { use: [runner()] }),
  );
  for (const name of ['gateway', 'pi']) {
    const one = evaluation.host(name);
    expect(text(one, '/var/lib/runner/.ssh/authorized_keys')).toBe(`from="10.42.0.1" ${KEY}\n`);
    expect(text(one, '/etc/sudoers.d/stead')).toContain('\nrunner ALL=(ALL:ALL) NOPASSWD: ALL\n');
    expect(one.get(users).users['runner']).toMatchObject({ shell: '/bin/bash', home: '/var/lib/runner' });
  }
  expect(text(evaluation.host('gateway'), '/var/lib/runner/.ssh/config')).toBe(
    '# Written by stead for gateway; changes made here are lost at the next switch.\nIdentityFile /run/secrets/runner\n',
  );
  expect(() => text(evaluation.host('pi'), '/var/lib/runner/.ssh/config')).toThrow();
  expect(evaluation.host('gateway').get(checks).manual['private key of runner']?.instruction).toBe(
    `Put the private key of runner into /run/secrets/runner on gateway, owned by runner, mode 0600: the one of ${KEY.split(' ').slice(0, 2).join(' ')}.`,
  );
  expect(evaluation.host('pi').get(checks).manual).toEqual({});
});

test('a key of another type, two keys for one account, and a host that is none are refused', () => {
  expect(mistakes(host('gateway', { use: [runner({ publicKey: ECDSA })] }))).toEqual([
    'the key of runner is of the type ecdsa-sha2-nistp256 = Make one with `ssh-keygen -t ed25519`.',
  ]);
  expect(
    mistakes(host('gateway', { use: [runner()] }), host('pi', { use: [runner({ publicKey: OTHER })] })),
  ).toEqual([
    'gateway and pi have two different public keys for runner = An account has one key in the whole fleet: define it once, in a profile.',
  ]);
  expect(mistakes(host('pi', { use: [runner()] }))).toEqual([
    'runner is to log in from gateway, which is no host of the fleet that has this account = Define `serviceAccount` on that host, or name one that has it.',
  ]);
});

test('an sshd that does not let it in is refused', () => {
  expect(mistakes(host('gateway', { use: [runner(), ssh({ allowUsers: ['anna'] })] }))).toEqual([
    "runner is not among allowUsers of sshd, so that its key lets nobody in = Add it: `allowUsers: ['runner']`.",
  ]);
  expect(mistakes(host('gateway', { use: [runner(), ssh({ allowUsers: ['run*'] })] }))).toEqual([]);
});

describe.runIf(available('ssh-keygen'))('what looks for the private key', () => {
  test('finds the one of the public key, no other, and says what is missing', () => {
    const folder = mkdtempSync(join(tmpdir(), 'stead-runner-'));
    const path = join(folder, 'key');
    try {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path]);
      const look = (publicKey: string, privateKeyFile: string) => {
        const evaluation = fleet(host('gateway', { use: [runner({ publicKey, privateKeyFile })] }));
        const { command } = evaluation.host('gateway').get(checks).manual['private key of runner']!;
        // As whoever runs this test.
        const [shell = '', ...words] = command.slice(command.indexOf('--') + 1);
        return spawnSync(shell, words, { encoding: 'utf8' });
      };
      const own = readFileSync(`${path}.pub`, 'utf8').trim();
      expect(look(own, path)).toMatchObject({ status: 0, stdout: '' });
      expect(look(OTHER, path)).toMatchObject({
        status: 1,
        stdout: `${path} is the private key of another public key\n`,
      });
      expect(look(own, `${path}.not`)).toMatchObject({
        status: 1,
        stdout: `${path}.not is not there, or not its own to read\n`,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
