// A job that a host runs for the whole fleet now and then: by a timer or by cron, in the fleet's clone.
import {
  assert,
  checks,
  files,
  packages,
  readSource,
  systemd,
  template,
  users,
  type Contribution,
  type HostView,
} from 'stead';
import { reconcile } from './options.ts';

/** The program that runs stead in the clone. */
export const FLEET_PROGRAM = '/usr/local/lib/stead/fleet';
/** Who may have signed the commits that are taken. */
export const SIGNERS = '/etc/stead/reconcile.signers';

const LOGS = '/var/log/stead';

const program = readSource('./fleet.sh');
const cronTemplate = readSource('./cron.hbs');
const logrotateTemplate = readSource('./logrotate.hbs');

export interface Job {
  /** What its unit, its line of cron and its log are called. */
  readonly name: string;
  /** For people: what it does. */
  readonly description: string;
  readonly scheduler: 'timer' | 'cron';
  readonly calendar: string;
  readonly cron: string;
  readonly jitterSeconds: number;
  /** What stead is told: its verb and arguments. */
  readonly words: readonly string[];
}

/** What makes a host run a job as the user and in the clone that `reconcile` names. */
export function* jobDefinitions(host: HostView, job: Job): Generator<Contribution> {
  const { npm, user } = host.get(reconcile);
  yield packages({ install: ['git', 'openssh-client', 'util-linux', ...npm] });
  yield files({
    paths: {
      [FLEET_PROGRAM]: { mode: '0755', text: program.text },
      [jobFile(job)]: () => [...cloneLines(host, job), ...job.words].map((line) => `${line}\n`).join(''),
    },
  });
  if (job.scheduler === 'timer') yield* byTimer(job, user);
  else yield* byCron(host, job, user);
}

/** The file that tells the program what to do. */
export function jobFile({ name }: Pick<Job, 'name'>): string {
  return `/etc/stead/${name}.job`;
}

/** What the program reads before the words for stead; see fleet.sh. */
function cloneLines(host: HostView, { jitterSeconds, scheduler }: Job): string[] {
  const { repository, branch, folder, deployKeyFile, signedBy } = host.get(reconcile);
  const signers = Object.keys(signedBy).length === 0 ? '-' : SIGNERS;
  // A timer has a delay of its own.
  const jitter = scheduler === 'timer' ? 0 : jitterSeconds;
  return [repository, branch, folder, deployKeyFile ?? '-', signers, String(jitter)];
}

function* byTimer(job: Job, user: string): Generator<Contribution> {
  const { name, description, calendar, jitterSeconds } = job;
  yield systemd({
    units: {
      [`${name}.service`]: {
        sections: {
          Unit: { Description: description, Wants: 'network-online.target', After: 'network-online.target' },
          Service: {
            Type: 'oneshot',
            User: user,
            ExecStart: `${FLEET_PROGRAM} run ${jobFile(job)}`,
            TimeoutStartSec: '12h',
          },
        },
        // It may be the very run that brings the change: it is told, and ends as it began.
        onChange: 'none',
        stopWhenRemoved: false,
        mayFail: true,
      },
      [`${name}.timer`]: {
        sections: {
          Unit: { Description: description },
          Timer: { OnCalendar: calendar, RandomizedDelaySec: `${jitterSeconds}s`, Persistent: true },
        },
        wantedBy: ['timers.target'],
      },
    },
  });
  yield checks({ preflight: { [`${name} calendar`]: ['systemd-analyze', 'calendar', calendar] } });
}

/** Without the user's name, which crontab(1) does not know; its own check is for a user's crontab. */
const WITHOUT_USER = '/^@/ { $2 = ""; print; next } /^[0-9*]/ { $6 = ""; print; next } { print }';

function* byCron(host: HostView, job: Job, user: string): Generator<Contribution> {
  const { name, cron } = job;
  const { group } = host.get(users).users[user] ?? { group: user };
  const log = `${LOGS}/${name}.log`;
  const [table, rotation] = [`/etc/cron.d/${name}`, `/etc/logrotate.d/${name}`];
  yield packages({ install: ['cron', 'logrotate'] });
  yield files({
    paths: {
      [LOGS]: { kind: 'directory', owner: user, group, mode: '0750' },
      // Cron does not see that what a link leads to has changed.
      [table]: {
        kind: 'copy',
        text: template(cronTemplate, {
          host: host.name,
          cron,
          user,
          program: FLEET_PROGRAM,
          job: jobFile(job),
          log,
        }),
      },
      [rotation]: { kind: 'copy', text: template(logrotateTemplate, { host: host.name, log, user, group }) },
    },
  });
  yield checks({
    preflight: {
      [`${name} cron`]: ['sh', '-c', `awk '${WITHOUT_USER}' "$1" | crontab -n -`, 'check', table],
      [`${name} logrotate`]: ['logrotate', '--debug', rotation],
    },
  });
}

/** What is wrong with who runs jobs. */
export function* userProblems(host: HostView): Generator<Contribution> {
  const { user } = host.get(reconcile);
  const account = host.get(users).users[user];
  yield assert(
    account !== undefined,
    {
      message: `${user}, who is to run it, is no user of ${host.name}`,
      hint: 'Add the account with `users` or `serviceAccount`, or name another.',
    },
    [reconcile, 'user'],
    [users, 'users'],
  );
  yield assert(
    account === undefined || !/\/(nologin|false)$/.test(account.shell),
    {
      message: `${user}, who is to run it, has the shell ${account?.shell}, with which cron and git run nothing`,
      hint: 'Give the account a shell such as /bin/sh.',
    },
    [reconcile, 'user'],
    [users, 'users', user, 'shell'],
  );
}
