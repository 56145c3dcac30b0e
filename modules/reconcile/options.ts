// What can be set about the runs that bring a fleet to its repository's newest commit by themselves.
import {
  absolutePath,
  calendar,
  cron,
  line,
  options,
  packageName,
  sshPublicKey,
  uniqueList,
  url,
  userName,
  users,
  z,
} from 'stead';
import { serviceAccount } from '../serviceAccount/index.ts';

/** When a job runs, and by what: shared with other jobs that are run for a whole fleet. */
export const schedule = {
  scheduler: z
    .enum(['timer', 'cron'])
    .default('timer')
    .describe(
      'What starts it: a timer of systemd, which makes up for a run that was missed and logs to the journal, or cron, which logs to a file in /var/log/stead.',
    ),
  jitterSeconds: z
    .int()
    .min(0)
    .max(86_400)
    .default(600)
    .describe('It begins up to this many seconds later, by chance: not all hosts of the world at once.'),
  hosts: uniqueList(line()).describe('Hosts and @tags that it is for: all, where nothing is said.'),
};

const endpoint = z.object({
  url: url().optional().describe('Its address.'),
  urlFile: absolutePath()
    .optional()
    .describe(
      'A file on the host, which the user can read, that holds its address where that is a secret itself.',
    ),
  tokenFile: absolutePath()
    .optional()
    .describe(
      'A file on the host, which the user can read, that holds a token; sent as `Authorization: Bearer`.',
    ),
});

export const reconcile = options(
  'reconcile',
  z.object({
    repository: line().describe('Where git clones the fleet from: `git@git.example.com:me/rack.git`.'),
    branch: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/)
      .default('main')
      .describe('The branch that the hosts are on.'),
    folder: absolutePath().describe(
      "The clone on the host: `fleet` in the user's home folder, where nothing is said.",
    ),
    user: userName().describe(
      'Who runs it, and logs in to all hosts: that of `serviceAccount`, where nothing is said.',
    ),
    deployKeyFile: absolutePath()
      .optional()
      .describe(
        "The private key on the host that reads the repository: the user's own, where nothing is said.",
      ),
    calendar: calendar()
      .default('*-*-* 03:30:00')
      .describe('When it runs, for a timer: a calendar expression of systemd.'),
    cron: cron().default('30 3 * * *').describe('When it runs, for cron.'),
    ...schedule,
    signedBy: z
      .record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._@+-]*$/), sshPublicKey())
      .describe(
        "SSH public keys by their holders' names. With any, a commit that none of them has signed is not taken; the newest one vouches for those before it.",
      ),
    retries: z
      .int()
      .min(0)
      .max(100)
      .default(2)
      .describe('How often hosts that were away or busy are tried again, once the others are done.'),
    retrySeconds: z.int().min(1).max(3600).default(300).describe('Seconds from one such try to the next.'),
    notify: z
      .object({
        onChange: z
          .boolean()
          .default(false)
          .describe('Whether a run that has switched something is told of, too; one that failed always is.'),
        webhook: endpoint.optional().describe('Gets the report as JSON, with `text` for chat services.'),
        ntfy: endpoint.optional().describe('A topic of ntfy: `https://ntfy.sh/TOPIC`.'),
        mail: z
          .object({
            to: uniqueList(line()).describe('Who gets it.'),
            from: line().optional().describe('Whom it is from: the user, where nothing is said.'),
          })
          .optional()
          .describe(
            "Mail, through the host's sendmail(8): msmtp-mta, nullmailer and all mail servers bring one.",
          ),
      })
      .describe('Who is told how a run went.'),
    npm: uniqueList(packageName()).describe(
      'Packages that bring npm and a Node of any version; the one that stead runs on comes with `npm ci`: `nodejs` and `npm`, where nothing is said.',
    ),
  }),
  {
    defaults: (self, { host }) => ({
      user: () => (host.uses(serviceAccount) ? host.get(serviceAccount).name : 'runner'),
      folder: () => `${host.get(users).users[self.user]?.home ?? `/var/lib/${self.user}`}/fleet`,
      npm: ['nodejs', 'npm'],
    }),
  },
);
