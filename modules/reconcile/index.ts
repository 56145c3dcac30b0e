// The fleet keeps itself: a host pulls the repository every night, and switches what changed or drifted.
import { assert, checks, files, json, packages, systemd, type HostView } from 'stead';
import { serviceAccount } from '../serviceAccount/index.ts';
import { FLEET_PROGRAM, jobDefinitions, jobFile, SIGNERS, userProblems, type Job } from './job.ts';
import { reconcile } from './options.ts';

export { jobDefinitions, type Job } from './job.ts';
export { reconcile, schedule } from './options.ts';

/** What runs for the fleet are told beside their words: whom to trust, whom to tell. */
export const RECONCILE_SETTINGS = '/etc/stead/reconcile.json';

reconcile.implement({
  defines: [checks, files, packages, systemd],
  *config(self, { host }) {
    yield* userProblems(host);
    for (const way of ['webhook', 'ntfy'] as const) {
      const endpoint = self.notify[way];
      yield assert(
        endpoint === undefined || (endpoint.url === undefined) !== (endpoint.urlFile === undefined),
        {
          message: `reconcile.notify.${way} has ${endpoint?.url === undefined ? 'neither `url` nor' : 'both `url` and'} \`urlFile\``,
          hint: 'Give it one of them: a file on the host keeps the URL secret.',
        },
        [reconcile, 'notify', way],
      );
    }
    yield assert(
      self.notify.mail === undefined || self.notify.mail.to.length > 0,
      { message: 'reconcile.notify.mail is to nobody', hint: 'Name somebody in `to`, or take `mail` out.' },
      [reconcile, 'notify', 'mail'],
    );
    const job = nightly(host);
    yield* jobDefinitions(host, job);
    yield files({ paths: { [RECONCILE_SETTINGS]: json(settingsOf(host)) } });
    const signers = Object.entries(self.signedBy);
    if (signers.length > 0) {
      const lines = signers.map(([name, key]) => `${name} namespaces="git" ${key}\n`);
      yield files({ paths: { [SIGNERS]: lines.join('') } });
    }
    yield checks({
      manual: {
        'deploy key': {
          command: ['runuser', '-u', self.user, '--', FLEET_PROGRAM, 'reach', jobFile(job)],
          instruction: `Let ${self.user} on ${host.name} read ${self.repository}: give the git host ${deployKey(host)} as a deploy key, and have the git host's own key known, as with \`ssh({ knownHosts: … })\`.`,
        },
      },
    });
  },
});

/** What a person copies to the git host. */
function deployKey(host: HostView): string {
  const { deployKeyFile, user } = host.get(reconcile);
  if (deployKeyFile !== undefined) return `the public half of ${deployKeyFile}`;
  const account = host.uses(serviceAccount) ? host.get(serviceAccount) : undefined;
  return account?.name === user ? `the key ${account.publicKey}` : `the public half of the key of ${user}`;
}

function nightly(host: HostView): Job {
  const { scheduler, calendar, cron, jitterSeconds, hosts } = host.get(reconcile);
  return {
    name: 'stead-reconcile',
    description: 'Brings the fleet to the newest commit of its repository',
    scheduler,
    calendar,
    cron,
    jitterSeconds,
    words: ['reconcile', ...(hosts.length === 0 ? ['--all'] : hosts), '--settings', RECONCILE_SETTINGS],
  };
}

/** What `stead reconcile --settings` reads. */
function settingsOf(host: HostView) {
  const { signedBy, retries, retrySeconds, notify } = host.get(reconcile);
  return {
    ...(Object.keys(signedBy).length === 0 ? {} : { allowedSigners: SIGNERS }),
    retries,
    retrySeconds,
    notify,
  };
}
