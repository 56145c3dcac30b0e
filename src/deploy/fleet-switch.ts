// Switching many hosts: each along its way, and the ways remembered for the next time.
import type { Target } from '../targets/index.ts';
import type { Watch } from './events.ts';
import type { Reachable } from './locate.ts';
import type { Outcome } from './outcome.ts';
import { pooled } from './pool.ts';
import { recordedHosts, recordReachable } from './reachable.ts';
import type { SignedHost } from './sign.ts';
import { switchHost, type SwitchOrder, type Way } from './switch.ts';
import type { Admission } from './admission.ts';

/** What a run over built hosts is told. */
export interface FleetOrder {
  readonly repository: string;
  /** How every host of the fleet is reached. */
  readonly hosts: readonly Reachable[];
  /** The target of a host, given how all of them are reached. */
  locate(hosts: readonly Reachable[]): (name: string) => Target;
  /** How many hosts at a time. */
  readonly jobs: number;
  readonly allowOlder: boolean;
  readonly order: SwitchOrder;
  readonly watch: Watch;
}

/** Brings hosts to their builds. */
export async function switchHosts(
  built: readonly SignedHost[],
  run: FleetOrder,
): Promise<readonly Outcome[]> {
  const wayTo = waysOf(run);
  const outcomes = await pooled(built, run.jobs, (one) =>
    switchHost(one, wayTo(one.host.name), admissionOf(one, run), run.order, run.watch),
  );
  const there = outcomes.filter(({ state }) => state === 'switched' || state === 'unchanged');
  recordReachable(run.repository, run.hosts, new Set(there.map(({ host }) => host)));
  return outcomes;
}

/** What a host is asked when it is to take a build. */
export function admissionOf({ signature }: SignedHost, { allowOlder, repository }: FleetOrder): Admission {
  return { allowOlder, repository, ...(signature === undefined ? {} : { signature }) };
}

/** The way to each host: where it is, and where it was at the last switch. */
export function waysOf({ repository, hosts, locate }: FleetOrder): (name: string) => Way {
  const before = recordedHosts(repository);
  const targetFor = locate(hosts);
  const formerTargetFor = locate(before);
  return (name) => ({
    target: targetFor(name),
    ...(before.some((host) => host.name === name) ? { former: formerTargetFor(name) } : {}),
  });
}
