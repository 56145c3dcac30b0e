import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { knownKeys } from '../../src/targets/knownHosts.ts';
import { available } from '../setup/programs.ts';
import { makeKey } from './sshd.ts';

if (available('ssh-keygen')) {
  describe('keys that a known_hosts file has for a server', () => {
    const NAMES = [
      'web.example',
      'WEB.example',
      'web2.example',
      '10.42.0.1',
      '[10.42.0.1]:2222',
      '[web.example]:2222',
      'db.internal',
      'secret.internal',
      'host1',
      'host12',
      'hostX',
      'fd00::1',
      'other',
    ];

    test.each(['plain', 'hashed'])('are those that ssh-keygen finds, where names are %s', (how) => {
      const { file, keys } = sample();
      if (how === 'hashed') execFileSync('ssh-keygen', ['-H', '-f', file], { stdio: 'ignore' });
      const found = NAMES.map((name) => knownKeys(name, file).map(({ blob }) => keys.indexOf(blob)));
      expect(found).toEqual(NAMES.map((name) => foundBySshKeygen(name, file, keys)));
      expect(new Set(found.flat())).toEqual(new Set(keys.keys()));
    });

    test('are revoked where the line says so, and those of authorities are none', () => {
      const { file, keys } = sample();
      writeFileSync(
        file,
        [
          `@revoked web.example ssh-ed25519 ${keys[0]}`,
          `@cert-authority *.example ssh-ed25519 ${keys[1]}`,
          `web.example ssh-ed25519 ${keys[2]} a comment`,
          '',
        ].join('\n'),
      );
      expect(knownKeys('web.example', file)).toEqual([
        { type: 'ssh-ed25519', blob: keys[0], revoked: true },
        { type: 'ssh-ed25519', blob: keys[2], revoked: false },
      ]);
    });

    test('are none where the file is not there, or holds something else', () => {
      const { file, folder } = sample();
      writeFileSync(file, '# web.example ssh-ed25519 AAAA\nweb.example\n\n|1|broken\n');
      expect(knownKeys('web.example', file)).toEqual([]);
      expect(knownKeys('web.example', join(folder, 'missing'))).toEqual([]);
      expect(knownKeys('web.example', folder)).toEqual([]);
    });
  });
}

/** A file with a line for each of some keys, and its names: alone, several, patterns, exceptions, ports. */
function sample(): { readonly folder: string; readonly file: string; readonly keys: readonly string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'stead-known-hosts-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const names = [
    'web.example',
    'Web2.Example,10.42.0.1',
    '[10.42.0.1]:2222',
    '[web.example]:2222,[10.42.0.1]:2222',
    '*.internal,!secret.internal',
    'host?',
    'fd00::1',
  ];
  const keys = names.map((_, index) => makeKey(join(folder, `key${index}`)).split(' ')[1]!);
  const file = join(folder, 'known_hosts');
  writeFileSync(file, names.map((name, index) => `${name} ssh-ed25519 ${keys[index]}\n`).join(''));
  return { folder, file, keys };
}

/** Of each line that it finds, which key it is; it wants names as ssh asks for them, in lower case. */
function foundBySshKeygen(name: string, file: string, keys: readonly string[]): number[] {
  const { stdout } = spawnSync('ssh-keygen', ['-F', name.toLowerCase(), '-f', file], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => keys.indexOf(line.split(' ')[2]!));
}
