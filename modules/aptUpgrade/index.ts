// Debian's packages of all hosts, upgraded now and then by the host that reconciles the fleet.
import { assert, checks, files, packages, systemd, type HostView } from 'stead';
import { jobDefinitions, reconcile, RECONCILE_SETTINGS, type Job } from '../reconcile/index.ts';
import { aptUpgrade } from './options.ts';

export { aptUpgrade } from './options.ts';

aptUpgrade.implement({
  defines: [checks, files, packages, systemd],
  *config(_self, { host }) {
    yield assert(
      host.uses(reconcile),
      {
        message: `${host.name} upgrades the fleet as the user and in the clone of \`reconcile\`, which it does not use`,
        hint: 'Define `reconcile({ … })` on it, or upgrade the fleet from the host that has it.',
      },
      [aptUpgrade],
    );
    if (host.uses(reconcile)) yield* jobDefinitions(host, weekly(host));
  },
});

function weekly(host: HostView): Job {
  const { scheduler, calendar, cron, jitterSeconds, hosts, restart, returnSeconds } = host.get(aptUpgrade);
  return {
    name: 'stead-upgrade',
    description: 'Upgrades the packages of the fleet, host by host',
    scheduler,
    calendar,
    cron,
    jitterSeconds,
    words: [
      'upgrade',
      ...(hosts.length === 0 ? ['--all'] : hosts),
      '--settings',
      RECONCILE_SETTINGS,
      '--return-seconds',
      String(returnSeconds),
      ...(restart ? [] : ['--no-restart']),
    ],
  };
}
