// The option set `users`: users and groups of a host.
import { z } from 'zod';
import { assert, entries, explain, options, uniqueList, type HostEvaluation } from '../../options/index.ts';
import { absolutePath, authorizedKey, groupName, userName } from '../../options/values/index.ts';
import type { GroupSource, UserSource } from '../source.ts';
import { files } from './files.ts';
import { passwordAssertions, passwordFile } from './passwords.ts';

const id = () => z.int().min(1).max(4_294_967_294);

const user = z.object({
  uid: id().optional().describe('A fixed number; without it the host picks one and keeps it.'),
  group: groupName().describe(
    'The main group: one of its own name where nothing is said. It is made if missing.',
  ),
  groups: uniqueList(groupName()).describe('Further groups.'),
  home: absolutePath().describe(
    'The home folder: /home/NAME, for a system user /var/lib/NAME. A user that the host has already keeps its own where nothing is said.',
  ),
  shell: absolutePath().describe(
    'The login shell: /bin/bash, for a system user /usr/sbin/nologin. A user that the host has already keeps its own where nothing is said.',
  ),
  system: z.boolean().default(true).describe('Whether it is a service’s user rather than a person’s.'),
  authorizedKeys: uniqueList(authorizedKey()).describe(
    'SSH public keys that may log in, each with options of sshd(8) before it or without. With any, they are all that ~/.ssh/authorized_keys holds.',
  ),
  hashedPasswordFile: absolutePath()
    .optional()
    .describe(
      "The file with the hash of its password, one line as crypt(5) has it (`mkpasswd`), or `!` for none: `secretPath(NAME)` of a secret with `neededFor: 'users'`, or a file that the host has. At every switch the password is what it says, whatever `passwd` made of it; what it was before comes back when this leaves.",
    ),
  linger: z.boolean().default(false).describe('Whether its services run from boot on, without a session.'),
});

const group = z.object({
  gid: id().optional().describe('A fixed number; without it the host picks one and keeps it.'),
  system: z.boolean().default(true).describe('Whether it is a service’s group.'),
});

export const users = options(
  'users',
  z.object({
    users: entries(
      user,
      (self, name) => ({
        group: name,
        home: () => (name === 'root' ? '/root' : self.system ? `/var/lib/${name}` : `/home/${name}`),
        shell: () => (name !== 'root' && self.system ? '/usr/sbin/nologin' : '/bin/bash'),
      }),
      userName(),
    ).describe(
      'Users by name. One that leaves stays on the host with its number and files; its keys, its password and the groups it was given go.',
    ),
    groups: entries(group, undefined, groupName()).describe('Groups by name.'),
    strayKeys: z
      .enum(['keep', 'setAside'])
      .default('keep')
      .describe(
        'What becomes of ~/.ssh/authorized_keys and authorized_keys2 of any account of the host that no key is declared for: `setAside` puts them under stead’s own folder at every switch and says so; they are given back when this leaves.',
      ),
  }),
);

users.implement({
  defines: [files],
  *config(self) {
    yield* passwordAssertions(users, self.users);
    for (const [first, second, id] of twins(self.users, ({ uid }) => uid)) {
      yield assert(
        false,
        {
          message: `the users ${first} and ${second} have the same uid, ${id}`,
          hint: 'Give one of them another.',
        },
        [users, 'users', first, 'uid'],
        [users, 'users', second, 'uid'],
      );
    }
    for (const [first, second, id] of twins(self.groups, ({ gid }) => gid)) {
      yield assert(
        false,
        {
          message: `the groups ${first} and ${second} have the same gid, ${id}`,
          hint: 'Give one of them another.',
        },
        [users, 'groups', first, 'gid'],
        [users, 'groups', second, 'gid'],
      );
    }
    for (const [owner, { authorizedKeys, home, group: ownersGroup }] of Object.entries(self.users)) {
      if (authorizedKeys.length === 0) continue;
      const owned = { owner, group: ownersGroup };
      yield files({
        paths: {
          [`${home}/.ssh`]: { kind: 'directory', mode: '0700', ...owned },
          [`${home}/.ssh/authorized_keys`]: {
            kind: 'copy',
            mode: '0600',
            ...owned,
            text: authorizedKeys.map((key) => `${key}\n`).join(''),
          },
        },
      });
    }
  },
});

/** Pairs of names that have the same number. */
function twins<T>(
  all: Readonly<Record<string, T>>,
  numberOf: (one: T) => number | undefined,
): (readonly [string, string, number])[] {
  const first = new Map<number, string>();
  return Object.entries(all).flatMap(([name, one]) => {
    const number = numberOf(one);
    if (number === undefined) return [];
    const other = first.get(number);
    if (other !== undefined) return [[other, name, number] as const];
    first.set(number, name);
    return [];
  });
}

/** The users and groups of a host for the bundle; a user's own group is among them. */
export function accountSources(host: HostEvaluation): { users: UserSource[]; groups: GroupSource[] } {
  const value = host.get(users);
  const groups = new Map(
    Object.entries(value.groups).map(([name, one]): [string, GroupSource] => [
      name,
      { name, gid: one.gid ?? null, system: one.system },
    ]),
  );
  const accounts = Object.entries(value.users).map(([name, one]): UserSource => {
    if (!groups.has(one.group)) groups.set(one.group, { name: one.group, gid: null, system: one.system });
    const { group: own, groups: further, home, shell, system, linger, hashedPasswordFile: hash } = one;
    return {
      name,
      uid: one.uid ?? null,
      group: own,
      groups: further,
      home,
      shell,
      system,
      linger,
      enforced: (['group', 'home', 'shell'] as const).filter((key) => isDefined(host, name, key)),
      passwordFile: hash === undefined ? null : passwordFile(host, hash),
    };
  });
  return { users: accounts, groups: [...groups.values()] };
}

/** Whether a configuration says it, rather than the option set's default. */
function isDefined(host: HostEvaluation, name: string, key: string): boolean {
  return explain(host, users, ['users', name, key]).some(({ priority }) => priority < 1500);
}
