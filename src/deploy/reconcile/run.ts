// One reconciling run over built hosts: looked at everywhere before any is switched, tried again where one was away.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeFileAtomic } from '../../bundle/atomic.ts';
import { switchHosts, waysOf, type FleetOrder } from '../fleet-switch.ts';
import type { Outcome } from '../outcome.ts';
import { pooled } from '../pool.ts';
import type { Wanted } from '../wanted.ts';
import type { ReconcileSettings } from './settings.ts';

const RECORD = join('out', '.reconciled.json');

/**
 * Brings hosts to their builds, in their turns. Where the checks of a build fail on any host, none is switched.
 */
export async function reconcileHosts(
  wanted: readonly Wanted[],
  fleet: FleetOrder,
  settings: Pick<ReconcileSettings, 'retries' | 'retrySeconds'>,
): Promise<readonly Outcome[]> {
  const refused = await refusedBuilds(wanted, fleet);
  if (refused.length > 0) return refused;
  const outcomes = new Map<string, Outcome>();
  const take = async (some: readonly Wanted[]): Promise<void> => {
    for (const outcome of await switchHosts(some, fleet)) outcomes.set(outcome.host, outcome);
  };
  await take(wanted);
  for (let tried = 0; tried < settings.retries; tried++) {
    const away = wanted.filter(({ host }) => mayBeBack(outcomes.get(host)));
    if (away.length === 0) break;
    await sleep(settings.retrySeconds * 1000);
    await take(away);
  }
  const ended = wanted.map(({ host }) => outcomes.get(host)!);
  record(fleet.repository, ended);
  return ended;
}

/** Whether a host was away or busy: it may have come back when the others are done. */
function mayBeBack(outcome: Outcome | undefined): boolean {
  return outcome?.state === 'locked' || outcome?.error?.code === 'target.unreachable';
}

/** Hosts whose build does not pass its checks there; those that cannot be asked are no reason to refuse it. */
async function refusedBuilds(wanted: readonly Wanted[], fleet: FleetOrder): Promise<Outcome[]> {
  const reached = recorded(fleet.repository);
  const wayTo = waysOf(fleet);
  const changed = wanted.filter(({ host, hash }) => reached[host] !== hash);
  if (changed.length === 0) return [];
  const { checked } = await import('./checked.ts');
  const answers = await pooled(changed, fleet.jobs, (one) => checked(one, wayTo(one.host), fleet));
  return answers.filter((one) => one !== undefined);
}

/** Hashes of the builds that hosts were on after the last run. */
function recorded(repository: string): Readonly<Record<string, string>> {
  try {
    return JSON.parse(readFileSync(join(repository, RECORD), 'utf8')) as Record<string, string>;
  } catch {
    // No record: every host is looked at.
    return {};
  }
}

function record(repository: string, outcomes: readonly Outcome[]): void {
  const known = { ...recorded(repository) };
  for (const { host, state, hash } of outcomes) {
    if ((state === 'switched' || state === 'unchanged') && hash !== undefined) known[host] = hash;
    else delete known[host];
  }
  writeFileAtomic(join(repository, RECORD), `${JSON.stringify(known, null, 2)}\n`);
}
