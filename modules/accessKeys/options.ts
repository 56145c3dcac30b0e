// What can be set about whose SSH keys let them in where.
import { entries, line, options, sshPublicKey, uniqueList, userName, z } from 'stead';

const person = z.object({
  keys: uniqueList(sshPublicKey()).describe('Public keys: one for each device.'),
  accounts: uniqueList(userName()).describe(
    'Accounts that they log in to: the one of their own name, where nothing is said.',
  ),
  hosts: uniqueList(z.string().regex(/^@?[a-z0-9][a-z0-9_.-]*$/)).describe(
    'Hosts by name, and by tag as `@rack`: every host that is given this person, where nothing is said.',
  ),
  from: uniqueList(z.string().regex(/^!?[^\s",]+$/)).describe(
    'Addresses, networks and names from which the keys let in: everywhere, where nothing is said.',
  ),
  command: line().optional().describe('The one command that runs, whatever is asked for.'),
  expires: z
    .string()
    .regex(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, { error: 'a day, such as 2027-12-31' })
    .optional()
    .describe('The day on which the keys no longer let in, in the time of the host: `2027-12-31`.'),
  restrict: z.boolean().default(false).describe('Whether forwarding, terminals and ~/.ssh/rc are off.'),
  options: uniqueList(line()).describe('Further options of sshd(8): `permitopen="10.42.0.10:443"`, `pty`.'),
});

export const accessKeys = options(
  'accessKeys',
  z.object({
    people: entries(person, (_self, name) => ({ accounts: [name] }), line()).describe(
      'People, and machines that log in, by name. Say it once, in what all hosts share: who goes from here loses their keys everywhere.',
    ),
    strays: z
      .enum(['setAside', 'keep'])
      .default('setAside')
      .describe(
        'What becomes of keys that nobody here declared: of other accounts of the host, and in ~/.ssh/authorized_keys2. `setAside`: every switch moves them under stead’s own folder and says so.',
      ),
  }),
);
