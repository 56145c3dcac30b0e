// Hosts that are switched as one: all have what they need before any is activated, all are active before any is
// confirmed, and where one fails the others go back. For what only works when all have it, such as new keys of a mesh.
import { admissionOf, waysOf, type FleetOrder } from './fleet-switch.ts';
import { failedElsewhere, meetingOf } from './gate.ts';
import type { Outcome } from './outcome.ts';
import { recordReachable } from './reachable.ts';
import type { SignedHost } from './sign.ts';
import { rollbackHost, switchHost } from './switch.ts';

/** Brings hosts to their builds, all of them or none. */
export async function switchTogether(
  built: readonly SignedHost[],
  run: FleetOrder,
): Promise<readonly Outcome[]> {
  const wayTo = waysOf(run);
  const meeting = meetingOf(built.length);
  const outcomes = await Promise.all(
    built.map(async (one) => {
      const { name } = one.host;
      const order = { ...run.order, gate: meeting.gate };
      const outcome = await switchHost(one, wayTo(name), admissionOf(one, run), order, run.watch);
      if (isThere(outcome)) meeting.leave();
      else meeting.fail(name);
      return outcome;
    }),
  );
  const failed = outcomes.find((outcome) => !isThere(outcome));
  if (failed === undefined) {
    recordReachable(run.repository, run.hosts, new Set(outcomes.map(({ host }) => host)));
    return outcomes;
  }
  return Promise.all(
    outcomes.map(async (outcome) => {
      // Confirmed already when another could not be.
      if (outcome.state !== 'switched') return outcome;
      const { host } = outcome;
      const back = await rollbackHost(host, wayTo(host).target, undefined, run.watch);
      if (!isThere(back)) return { ...back, state: 'partial' as const };
      return { ...back, state: 'rolled-back' as const, error: failedElsewhere(failed.host, host) };
    }),
  );
}

function isThere({ state }: Outcome): boolean {
  return state === 'switched' || state === 'unchanged';
}
