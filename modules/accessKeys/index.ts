// SSH keys of people, kept in one place: each host gets those that are for it, and no others stay.
import { assert, fallback, target, users, type FleetView, type HostView } from 'stead';
import type { z } from 'zod';
import { accessKeys } from './options.ts';

export { accessKeys } from './options.ts';

type Person = z.output<typeof accessKeys.schema>['people'][string];

accessKeys.implement({
  defines: [users],
  *config(self, { host, fleet }) {
    const people = Object.entries(self.people).filter(([, person]) => isFor(person, host));
    for (const [, person] of people) {
      for (const account of person.accounts) {
        yield users({
          users: {
            [account]: {
              authorizedKeys: person.keys.map((key) => [...restrictions(person), key].join(' ')),
              ...(account === 'root' ? {} : { system: fallback(false) }),
            },
          },
        });
      }
    }
    yield users({ strayKeys: self.strays });
    for (const [name, person] of Object.entries(self.people)) yield* consistency(name, person, host, fleet);
    yield* deployerStays(host);
  },
});

function isFor({ hosts }: Person, host: HostView): boolean {
  return (
    hosts.length === 0 ||
    hosts.some(
      (one) => one === host.name || (host.tags.includes(one.replace(/^@/, '')) && one.startsWith('@')),
    )
  );
}

/** What stands before each of a person's keys, as one word, or nothing. */
function restrictions(person: Person): string[] {
  const words = [
    ...(person.restrict ? ['restrict'] : []),
    ...(person.from.length > 0 ? [`from="${person.from.join(',')}"`] : []),
    ...(person.command === undefined ? [] : [`command="${person.command.replaceAll('"', '\\"')}"`]),
    ...(person.expires === undefined ? [] : [`expiry-time="${person.expires.replaceAll('-', '')}"`]),
    ...person.options,
  ];
  return words.length === 0 ? [] : [words.join(',')];
}

function* consistency(name: string, { keys, hosts }: Person, host: HostView, fleet: FleetView) {
  yield assert(
    keys.length > 0,
    { message: `${name} has no key`, hint: 'Give `keys`, or leave the person out.' },
    [accessKeys, 'people', name],
  );
  for (const one of hosts) {
    yield assert(
      fleet.hosts.some((other) =>
        one.startsWith('@') ? other.tags.includes(one.slice(1)) : other.name === one,
      ),
      {
        message: `${name} is to get to ${one}, and no host of the fleet ${one.startsWith('@') ? 'has that tag' : 'has that name'}`,
        hint: 'Write the name of a host, or a tag of hosts with @ before it.',
      },
      [accessKeys, 'people', name, 'hosts'],
    );
  }
  const other = Object.entries(host.get(accessKeys).people).find(
    ([twin, person]) => twin > name && person.keys.some((key) => keys.some((own) => isSame(key, own))),
  );
  yield assert(
    other === undefined,
    {
      message: `${name} and ${other?.[0]} have the same key`,
      hint: 'A key stands for one person: make a second one with `ssh-keygen -t ed25519`.',
    },
    [accessKeys, 'people', name, 'keys'],
    [accessKeys, 'people', other?.[0] ?? name, 'keys'],
  );
}

/** The comment is not part of a key. */
function isSame(left: string, right: string): boolean {
  return left.split(' ')[1] === right.split(' ')[1];
}

/** With every other key gone, stead itself must still have one. */
function* deployerStays(host: HostView) {
  const user = host.get(target).ssh?.user;
  if (user === undefined || host.get(accessKeys).strays === 'keep') return;
  yield assert(
    () => (host.get(users).users[user]?.authorizedKeys.length ?? 0) > 0,
    {
      message: `the target logs in as ${user}, for whom there is no key: all of its keys on ${host.name} would be set aside`,
      hint: "Give whoever runs stead that account, with a key, or set `strays` to 'keep'.",
    },
    [accessKeys],
    [target, 'ssh', 'user'],
  );
}
