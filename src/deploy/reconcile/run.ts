// One reconciling run over built hosts: looked at everywhere before any is switched, tried again where one was away.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeFileAtomic } from '../../bundle/index.ts';
import { SteadError } from '../../options/index.ts';
import { generations, preflight, type CheckResult } from '../../targets/index.ts';
import { admitted } from '../admission.ts';
import { copyBundle } from '../copy.ts';
import { admissionOf, realiseFor, switchHosts, waysOf, type FleetOrder } from '../fleet-switch.ts';
import { heldBack } from '../held.ts';
import type { Outcome } from '../outcome.ts';
import { lackingOutputs } from '../outputs.ts';
import { pooled } from '../pool.ts';
import { storedAs, type Wanted } from '../wanted.ts';
import { disposable, opened, type Way } from '../way.ts';
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
  const answers = await pooled(changed, fleet.jobs, (one) => checked(one, wayTo(one.host), fleet));
  return answers.filter((one) => one !== undefined);
}

async function checked(one: Wanted, way: Way, fleet: FleetOrder): Promise<Outcome | undefined> {
  const { host: name, signature = '' } = one;
  const { watch } = fleet;
  try {
    await using session = disposable(await opened(name, way, watch));
    await admitted(session.open, one, admissionOf(one, fleet), watch);
    const isHeld = heldBack(one, await generations(session.open)) !== undefined;
    if (isHeld && fleet.order.again === false) return undefined;
    const { host, bundle, history } = await one.whole();
    const answer = await copyBundle(session.open, bundle, history, watch);
    // Its checks look at what its units start.
    await realiseFor(fleet)(host, session.open, lackingOutputs(bundle, answer));
    const failed = (await preflight(session.open, storedAs(one), signature)).filter(
      ({ state }) => state === 'failed',
    );
    return failed.length === 0 ? undefined : refusal(name, failed);
  } catch (error) {
    if (!(error instanceof SteadError)) throw error;
    if (/^recipe\.(build|lacks)$/.test(error.code)) return { host: name, state: 'failed', error };
    // The switch of this host meets it again, and says so.
    return undefined;
  }
}

function refusal(host: string, failed: readonly CheckResult[]): Outcome {
  const texts = failed.map(({ name, command, output }) => [`check ${name} failed: ${command}`, ...output]);
  return {
    host,
    state: 'failed',
    error: new SteadError({
      code: 'reconcile.preflight',
      host,
      message: `the new configuration does not pass its checks\n${texts.flat().join('\n')}`,
      hint: 'No host was switched.',
    }),
  };
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
