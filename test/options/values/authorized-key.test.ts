import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { authorizedKey } from '../../../src/options/values/index.ts';
import { available } from '../../setup/programs.ts';
import { table } from './table.ts';

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKKplJM6YWqGkbD//AoH0rkVuzPzqnCkJHUXP7EqrUxF';
const accepted = [
  key,
  `${key} me@laptop`,
  `restrict ${key} me`,
  `from="10.9.9.0/24,!10.9.9.7",command="echo \\"a b\\", c",no-pty ${key}`,
  `No-X11-Forwarding,expiry-time="20271231" ${key}`,
];

describe('lines of authorized_keys', () => {
  table('authorizedKey', authorizedKey(), {
    name: { name: 'line of authorized_keys', example: `from="10.9.9.0/24",no-pty ${key} me@laptop` },
    expected:
      'an SSH public key, such as ssh-ed25519 AAAA… name@host, with or without options of sshd(8) before it',
    accepted,
    refused: [
      [''],
      ['me@laptop'],
      [`formular="x" ${key}`, 'sshd knows no option formular'],
      [`no-pty,nopty ${key}`, 'sshd knows no option nopty'],
      [`from=10.9.9.0/24 ${key}`, 'the option from is written from="…"'],
      [`command ${key}`, 'the option command is written command="…"'],
      [`restrict="yes" ${key}`, 'the option restrict has no value'],
      [`restrict ssh-ed25519 AAAA`, 'the base64 is cut short or damaged'],
      [`${key}\n`, 'there is white space around it or a control character in it'],
      ['AAAAC3NzaC1lZDI1NTE5AAAAIKKplJM6YWqGkbD', 'the key type before the base64 is missing'],
    ],
  });

  test.runIf(available('ssh-keygen'))('that are accepted are lines that ssh-keygen reads', () => {
    for (const line of accepted) {
      expect(spawnSync('ssh-keygen', ['-l', '-f', '-'], { input: `${line}\n` }).status, line).toBe(0);
    }
  });
});
