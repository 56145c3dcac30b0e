// What can be set about who may do what as somebody else.
import { groupName, line, lines, options, uniqueList, userName, z } from 'stead';

const TAGS = [
  'EXEC',
  'NOEXEC',
  'FOLLOW',
  'NOFOLLOW',
  'LOG_INPUT',
  'NOLOG_INPUT',
  'LOG_OUTPUT',
  'NOLOG_OUTPUT',
  'MAIL',
  'NOMAIL',
  'INTERCEPT',
  'NOINTERCEPT',
  'PASSWD',
  'NOPASSWD',
  'SETENV',
  'NOSETENV',
] as const;

const command = z.object({
  command: z
    .string()
    .regex(/^!?(ALL|list|sudoedit( .+)?|\/\S.*)$/, {
      error: 'ALL or a command by its absolute path, such as /usr/bin/systemctl restart nginx',
    })
    .describe(
      '`ALL`, or a command by its absolute path, with arguments as they are typed; `*` and `?` stand for more.',
    ),
  options: uniqueList(z.enum(TAGS)).describe('Tags of sudoers(5): `NOPASSWD`, `SETENV`.'),
});

const rule = z.object({
  users: uniqueList(z.union([userName(), z.literal('ALL')])).describe('Users who may.'),
  groups: uniqueList(groupName()).describe('Groups whose members may.'),
  host: line().default('ALL').describe('The host on which they may, as sudo knows it.'),
  runAs: z
    .string()
    .regex(/^[^\s()]+$/)
    .default('ALL:ALL')
    .describe('As whom: users, then groups after a colon.'),
  commands: z.array(command).describe('What they may do.'),
});

export const sudo = options(
  'sudo',
  z.object({
    extraRules: z
      .array(rule)
      .describe('Rules in their order: of those that fit, the last one counts, over those of other files.'),
    wheelNeedsPassword: z
      .boolean()
      .default(true)
      .describe(
        'Whether members of the group `sudo`, which Debian lets do everything, give their password for it.',
      ),
    extraConfig: lines().default('').describe('Further lines of sudoers(5), as they are, at the end.'),
  }),
);
