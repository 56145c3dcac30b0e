// Switching many hosts: each along its way, and the ways remembered for the next time.
import type { Target } from '../targets/index.ts';
import type { Watch } from './events.ts';
import type { Reachable } from './locate.ts';
import type { Outcome } from './outcome.ts';
import { hostHere } from './here.ts';
import { turnsOf, type Turn } from './ordering.ts';
import { inTurns, isGate, paced, type Pace } from './rollout.ts';
import { recordReachable } from './targets-record.ts';
import type { Realise } from './outputs.ts';
import type { SigningEnvironment } from './sign.ts';
import { switchHost, type SwitchOrder } from './switch.ts';
import type { Wanted } from './wanted.ts';
import type { Way } from './way.ts';
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
  /** Whether hosts are to be the machines that were switched before; they are, where nothing is said. */
  readonly machine?: Admission['machine'];
  readonly order: SwitchOrder;
  /** Whether all hosts are switched or none; neither `order` nor `pace` has a meaning then. */
  readonly atomic?: boolean;
  /** How the run goes from host to host; as many as `jobs` at a time, whoever fails, where nothing is said. */
  readonly pace?: Omit<Pace, 'jobs'>;
  readonly watch: Watch;
  /** The keys that outputs of recipes are signed with where one host builds for another. */
  readonly signing: SigningEnvironment;
}

/** Brings hosts to what they are to run; the outcomes are in the order of `wanted`. */
export async function switchHosts(wanted: readonly Wanted[], run: FleetOrder): Promise<readonly Outcome[]> {
  const start = new Date();
  const turns = turnsOf(
    wanted.map(({ host }) => host),
    run.hosts.map(({ name, stage, settings }) => ({ name, stage, jump: settings.ssh?.jump })),
    hostHere(run.hosts),
  );
  const outcomes = await (run.atomic === true ? allOrNone : oneByOne)(wanted, turns, run);
  const there = outcomes.filter(({ state }) => state === 'switched' || state === 'unchanged');
  await recordReachable(run.repository, run.hosts, new Set(there.map(({ host }) => host)));
  // A run that found nothing to do leaves no trace.
  if (outcomes.some(({ state }) => state !== 'unchanged')) {
    const { recordRun } = await import('./runs.ts');
    const commit = wanted[0]?.commit ?? null;
    recordRun(run.repository, { verb: run.order.goal, start, commit }, outcomes);
  }
  const ends = new Map(outcomes.map((outcome) => [outcome.host, outcome]));
  return wanted.map(({ host }) => ends.get(host)!);
}

async function allOrNone(wanted: readonly Wanted[], turns: readonly Turn[], run: FleetOrder) {
  const { switchTogether } = await import('./together.ts');
  const wayTo = waysOf(run);
  const realise = realiseFor(run);
  const members = await Promise.all(
    wanted.map(async (one) => ({
      built: await one.whole(),
      way: wayTo(one.host),
      admission: admissionOf(one, run),
      realise,
    })),
  );
  const outcomes = await switchTogether(members, turns, run.jobs, run.watch);
  for (const outcome of outcomes) run.watch({ kind: 'ended', host: outcome.host, outcome });
  return outcomes;
}

function oneByOne(wanted: readonly Wanted[], turns: readonly Turn[], run: FleetOrder) {
  const wayTo = waysOf(run);
  const realise = realiseFor(run);
  const pace = { jobs: run.jobs, rolling: false, stopOnFailure: false, canaries: [], ...run.pace };
  const named = new Map(wanted.map((one) => [one.host, one]));
  return inTurns(paced(turns, pace), pace, async (name, turn) => {
    const one = named.get(name)!;
    const way = wayTo(name);
    const { order, watch } = run;
    const switching = { way, admission: admissionOf(one, run), order, watch, realise, turn };
    const outcome = await switchHost(one, switching);
    const end = isGate(name, pace) ? await lookedAtAgain(outcome, way.target, watch) : outcome;
    run.watch({ kind: 'ended', host: name, outcome: end });
    return end;
  });
}

async function lookedAtAgain(outcome: Outcome, target: Target, watch: Watch): Promise<Outcome> {
  const { gated } = await import('./gate.ts');
  return gated(outcome, target, watch);
}

/** What a host is asked when it is to take a build. */
export function admissionOf(
  { signature }: Pick<Wanted, 'signature'>,
  { allowOlder, machine = 'same', repository }: FleetOrder,
): Admission {
  return { allowOlder, machine, repository, ...(signature === undefined ? {} : { signature }) };
}

/** Builds what hosts lack; what does it is loaded only where there is something. */
export function realiseFor({ repository, hosts, locate, signing, watch }: FleetOrder): Realise {
  let shop: Promise<Realise> | undefined;
  return async (host, session, names) => {
    if (names.length === 0) return;
    shop ??= import('./realise.ts').then(({ workshop }) =>
      workshop({ repository, targetOf: locate(hosts), signing, watch }),
    );
    await (
      await shop
    )(host, session, names);
  };
}

/** The way to each host: where it is, and where it was at the last switch, which is looked up when it is asked for. */
export function waysOf({ repository, hosts, locate }: FleetOrder): (name: string) => Way {
  const targetFor = locate(hosts);
  return (name) => ({
    target: targetFor(name),
    former: async () => {
      const { recordedHosts } = await import('./reachable.ts');
      const before = recordedHosts(repository);
      return before.some((host) => host.name === name) ? locate(before)(name) : undefined;
    },
  });
}
