// The option set `users`: users and groups of a host.
import { z } from 'zod';
import { entries, options, uniqueList, type HostEvaluation } from '../../options/index.ts';
import { absolutePath, groupName, userName } from '../../options/values/index.ts';
import type { GroupSource, UserSource } from '../source.ts';

const id = () => z.int().min(1).max(4_294_967_294);

const user = z.object({
  uid: id().optional().describe('A fixed number; without it the host picks one and keeps it.'),
  group: groupName().describe(
    'The main group: one of its own name where nothing is said. It is made if missing.',
  ),
  groups: uniqueList(groupName()).describe('Further groups.'),
  home: absolutePath().describe('The home folder: /home/NAME, for a system user /var/lib/NAME.'),
  shell: absolutePath().describe('The login shell: /bin/bash, for a system user /usr/sbin/nologin.'),
  system: z.boolean().default(true).describe('Whether it is a service’s user rather than a person’s.'),
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
        home: () => (self.system ? `/var/lib/${name}` : `/home/${name}`),
        shell: () => (self.system ? '/usr/sbin/nologin' : '/bin/bash'),
      }),
      userName(),
    ).describe('Users by name.'),
    groups: entries(group, undefined, groupName()).describe('Groups by name.'),
  }),
);

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
    return { ...one, name, uid: one.uid ?? null };
  });
  return { users: accounts, groups: [...groups.values()] };
}
