import { expect, test } from 'vitest';
import { host, target, users } from 'stead';
import { accessKeys } from 'stead/modules/accessKeys';
import { fleet, mistakes, text } from './rack.ts';

const KEYS = [
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKKplJM6YWqGkbD//AoH0rkVuzPzqnCkJHUXP7EqrUxF',
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8I3M3w6fRAAd1YxGyRmWZ5ld8OO5EyN9jYwJQKc1S9',
] as const;

const shared = accessKeys({
  people: {
    anna: { keys: [`${KEYS[0]} anna@laptop`], accounts: ['root', 'anna'] },
    backup: {
      keys: [KEYS[1]],
      accounts: ['root'],
      hosts: ['nas', '@rack'],
      from: ['10.42.0.0/24', '!10.42.0.9'],
      command: '/usr/bin/rsync --server "$HOME"',
      expires: '2027-12-31',
      restrict: true,
      options: ['pty'],
    },
  },
});
const box = (name: string, tags: string[] = []) => host(name, { tags, use: [shared] });
const ROOT = '/root/.ssh/authorized_keys';
const BACKUP = `restrict,from="10.42.0.0/24,!10.42.0.9",command="/usr/bin/rsync --server \\"$HOME\\"",expiry-time="20271231",pty ${KEYS[1]}\n`;

test('each host gets the keys that are for it, by name or by tag, with what they may do', () => {
  const evaluation = fleet(box('vps'), box('nas'), box('pi', ['rack']));
  expect(text(evaluation.host('vps'), ROOT)).toBe(`${KEYS[0]} anna@laptop\n`);
  expect(text(evaluation.host('nas'), ROOT)).toBe(`${KEYS[0]} anna@laptop\n${BACKUP}`);
  expect(text(evaluation.host('pi'), ROOT)).toBe(`${KEYS[0]} anna@laptop\n${BACKUP}`);
  expect(text(evaluation.host('pi'), '/home/anna/.ssh/authorized_keys')).toBe(`${KEYS[0]} anna@laptop\n`);
  expect(evaluation.host('pi').get(users)).toMatchObject({
    users: { anna: { system: false, shell: '/bin/bash' } },
    strayKeys: 'setAside',
  });
});

test('a person has the account of their own name, and what the host says of it counts', () => {
  const evaluation = fleet(
    host('box', {
      use: [
        accessKeys({ people: { eva: { keys: [KEYS[0]] } }, strays: 'keep' }),
        users({ users: { eva: { home: '/srv/eva' } } }),
      ],
    }),
  );
  expect(text(evaluation.host('box'), '/srv/eva/.ssh/authorized_keys')).toBe(`${KEYS[0]}\n`);
  expect(evaluation.host('box').get(users).strayKeys).toBe('keep');
});

test('people without a key, with another’s key, or for hosts that are none, are refused', () => {
  const of = (people: Parameters<typeof accessKeys>[0]['people'] & object) =>
    mistakes(host('box', { use: [accessKeys({ people })] }));
  expect(of({ anna: {} })).toEqual(['anna has no key = Give `keys`, or leave the person out.']);
  expect(of({ anna: { keys: [`${KEYS[0]} a`] }, eva: { keys: [`${KEYS[0]} b`] } })).toEqual([
    'anna and eva have the same key = A key stands for one person: make a second one with `ssh-keygen -t ed25519`.',
  ]);
  expect(of({ anna: { keys: [KEYS[0]], hosts: ['bux', '@rack'] } })).toEqual([
    'anna is to get to bux, and no host of the fleet has that name = Write the name of a host, or a tag of hosts with @ before it.',
    'anna is to get to @rack, and no host of the fleet has that tag = Write the name of a host, or a tag of hosts with @ before it.',
  ]);
});

test('authorized_keys that lock the deployer out are refused: with strays gone, it must have a key left', () => {
  const at = (strays: 'keep' | 'setAside') =>
    mistakes(
      host('box', {
        use: [
          accessKeys({ people: { anna: { keys: [KEYS[0]] } }, strays }),
          target({ ssh: { address: '10.0.0.1', user: 'root' } }),
        ],
      }),
    );
  expect(at('setAside')).toEqual([
    "the target logs in as root, for whom there is no key: all of its keys on box would be set aside = Give whoever runs stead that account, with a key, or set `strays` to 'keep'.",
  ]);
  expect(at('keep')).toEqual([]);
});
