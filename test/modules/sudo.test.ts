import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { host, target, users } from 'stead';
import { sudo } from 'stead/modules/sudo';
import { checks } from '../../src/bundle/sets/index.ts';
import { available } from '../setup/programs.ts';
import { fleet, mistakes, text } from './rack.ts';

const FILE = '/etc/sudoers.d/stead';
const ALL = { command: 'ALL', options: ['NOPASSWD' as const] };

const box = (settings: Parameters<typeof sudo>[0], ...more: Parameters<typeof host>[1]['use'] & object[]) =>
  host('box', { use: [sudo(settings), ...more] });

const EVERYTHING = box({
  wheelNeedsPassword: false,
  extraRules: [
    { users: ['runner'], commands: [ALL] },
    {
      users: ['anna'],
      groups: ['ops', 'games'],
      host: 'box',
      runAs: 'www-data',
      commands: [
        { command: '/usr/bin/systemctl restart nginx', options: ['NOPASSWD', 'SETENV'] },
        { command: '/usr/bin/rsync --rsh=ssh a:b,c *' },
        { command: '!/usr/bin/su' },
      ],
    },
  ],
  extraConfig: 'Defaults:anna timestamp_timeout=5',
});

test('rules are written in their order, those of the group sudo first, so that the fleet’s own count', () => {
  expect(text(fleet(EVERYTHING).host('box'), FILE)).toBe(`\
# Written by stead for box; changes made here are lost at the next switch.
%sudo ALL=(ALL:ALL) NOPASSWD: ALL
runner ALL=(ALL:ALL) NOPASSWD: ALL
anna, %ops, %games box=(www-data) NOPASSWD: SETENV: /usr/bin/systemctl restart nginx, /usr/bin/rsync --rsh\\=ssh a\\:b\\,c *, !/usr/bin/su
Defaults:anna timestamp_timeout=5
`);
  expect(text(fleet(box({})).host('box'), FILE)).toBe(
    '# Written by stead for box; changes made here are lost at the next switch.\n',
  );
});

test('a rule for nobody, one that allows nothing, and a command that is no path are refused', () => {
  expect(mistakes(box({ extraRules: [{ commands: [ALL] }] }))).toEqual([
    'this rule of sudo is for nobody = Name `users` or `groups`.',
  ]);
  expect(mistakes(box({ extraRules: [{ users: ['anna'] }] }))).toEqual([
    'this rule of sudo allows nothing = Name its `commands`.',
  ]);
  expect(mistakes(box({ extraRules: [{ users: ['anna'], commands: [{ command: 'systemctl' }] }] }))).toEqual([
    'expected ALL or a command by its absolute path, such as /usr/bin/systemctl restart nginx, got "systemctl"',
  ]);
});

describe('sudoers that lock the deployer out are refused', () => {
  const way = target({ ssh: { address: '10.0.0.1', user: 'admin' } });
  const rule = (command: string, options: 'NOPASSWD'[] = []) => ({
    users: ['admin'],
    commands: [{ command, options }],
  });

  test('where the last rule for the target asks for a password, or forbids', () => {
    const asks =
      "the target logs in as admin and uses sudo without a password, which this rule asks for = Write a rule for that user after it: `commands: [{ command: 'ALL', options: ['NOPASSWD'] }]`.";
    expect(mistakes(box({ extraRules: [rule('ALL')] }, way))).toEqual([asks]);
    expect(mistakes(box({ extraRules: [rule('ALL', ['NOPASSWD']), rule('ALL')] }, way))).toEqual([asks]);
    expect(mistakes(box({ extraRules: [rule('!ALL')] }, way))).toEqual([
      "the target logs in as admin and uses sudo without a password, which this rule forbids = Write a rule for that user after it: `commands: [{ command: 'ALL', options: ['NOPASSWD'] }]`.",
    ]);
    const member = users({ users: { admin: { groups: ['ops'] } } });
    const ofGroup = { groups: ['ops'], commands: [{ command: 'ALL' }] };
    expect(mistakes(box({ extraRules: [ofGroup] }, way, member))).toEqual([asks]);
  });

  test('and not where a later rule allows it, or none speaks of everything, or the target is root', () => {
    expect(mistakes(box({ extraRules: [rule('ALL'), rule('ALL', ['NOPASSWD'])] }, way))).toEqual([]);
    expect(mistakes(box({ extraRules: [rule('/usr/bin/id')] }, way))).toEqual([]);
    const root = target({ ssh: { address: '10.0.0.1', user: 'root' } });
    expect(mistakes(box({ extraRules: [{ users: ['ALL'], commands: [{ command: 'ALL' }] }] }, root))).toEqual(
      [],
    );
  });
});

describe.runIf(available('root', 'visudo'))('the real visudo', () => {
  const visudo = (content: string): number | null => {
    const folder = mkdtempSync(join(tmpdir(), 'stead-sudo-'));
    try {
      writeFileSync(join(folder, 'stead'), content, { mode: 0o440 });
      return spawnSync('visudo', ['-c', '-f', join(folder, 'stead')]).status;
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  test('takes the rules, and refuses broken ones', () => {
    const rules = text(fleet(EVERYTHING).host('box'), FILE);
    expect(visudo(rules)).toBe(0);
    expect(visudo(`${rules}anna ALL=(ALL NOPASSWD\n`)).toBe(1);
  });

  test('the check on the host wants the file to be taken in', () => {
    const [shell = '', ...words] = fleet(box({})).host('box').get(checks).preflight['sudoers']!;
    const folder = mkdtempSync(join(tmpdir(), 'stead-sudo-'));
    const saying = (said: string, code: number) => {
      writeFileSync(join(folder, 'visudo'), `#!/bin/sh\necho '${said}'\nexit ${code}\n`, { mode: 0o755 });
      return spawnSync(shell, words, {
        encoding: 'utf8',
        env: { PATH: `${folder}:${process.env['PATH']}` },
      });
    };
    try {
      expect(saying('/etc/sudoers.d/stead: parsed OK', 0)).toMatchObject({ status: 0, stdout: '' });
      expect(saying('/etc/sudoers: parsed OK', 0)).toMatchObject({
        status: 1,
        stdout: '/etc/sudoers does not include the folder /etc/sudoers.d\n',
      });
      expect(saying('syntax error', 1)).toMatchObject({ status: 1, stdout: 'syntax error\n' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
