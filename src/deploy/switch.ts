// Switching one host: copy, activate, confirm over a new connection; or roll back.
import { SteadError } from '../options/index.ts';
import type { Bundle } from '../bundle/index.ts';
import {
  generations,
  manualSteps,
  removeAll,
  rollback,
  type Goal,
  type Session,
  type SwitchOptions,
  type SwitchResult,
  type Target,
} from '../targets/index.ts';
import { admitted, type Admission } from './admission.ts';
import { attempt, outcomeOf } from './attempt.ts';
import type { BuiltHost } from './build.ts';
import { confirmed, disposable } from './confirm.ts';
import { bundleStoreName, copyBundle } from './copy.ts';
import { downloaded } from './downloads.ts';
import type { Watch } from './events.ts';
import { heldBack } from './held.ts';
import { whoDeploys } from './here.ts';
import type { Outcome } from './outcome.ts';
import { lackingOutputs, type Realise } from './outputs.ts';
import { picked, type Wish } from './pick.ts';
import { left } from './rollout.ts';
import { activated, opened, type Way } from './way.ts';

/** How a host is to be switched. */
export interface SwitchOrder {
  /** `switch`; `test`: until the next boot; `boot`: from the next boot on. */
  readonly goal: Goal;
  /** Whether the host takes the switch back unless it is confirmed; as its own settings say, where nothing is said. */
  readonly watchdog?: boolean;
  /** The hash of the plan that was looked at: the host does that, or nothing. */
  readonly plan?: string;
  /** Whether units that are to run and do not are started on hosts that run the build already. */
  readonly wake?: boolean;
  /** Whether a build that a host was taken back from is tried there again; without a word it is. */
  readonly again?: boolean;
}

/**
 * Brings a host to a built bundle that it admits. What goes wrong is an outcome; nothing is thrown for it.
 * @param realise brings outputs of recipes that it lacks to it
 * @param turn is waited for when all is copied; the host is left as it is where it says false
 */
export function switchHost(
  { host, bundle, history }: BuiltHost,
  way: Way,
  admission: Admission,
  order: SwitchOrder,
  watch: Watch,
  realise: Realise,
  turn: () => Promise<boolean> = () => Promise.resolve(true),
): Promise<Outcome> {
  const { target } = way;
  return attempt(host.name, async () => {
    await using session = disposable(await opened(host.name, way, watch));
    const name = bundleStoreName(bundle);
    const standingAsked = order.wake === true ? 'awake' : 'standing';
    const ask = order.goal === 'switch' ? standingAsked : undefined;
    const { generation: previous, standing } = await admitted(
      session.open,
      bundle,
      name,
      admission,
      watch,
      ask,
    );
    const before = previous === undefined ? {} : { previous };
    if (previous !== undefined && standing !== undefined) {
      for (const line of standing) watch({ kind: 'output', host: host.name, line });
      history.keep(bundle.manifest);
      const { hash } = bundle.manifest;
      const end = { host: host.name, state: 'unchanged', generation: previous, hash, ...before } as const;
      return await withManualSteps(end, bundle, target, watch);
    }
    if (order.again === false) {
      const held = heldBack(bundle, await generations(session.open));
      if (held !== undefined) return held;
    }
    const answer = await copyBundle(session.open, bundle, history, watch);
    await downloaded(session.open, bundle, answer, admission, watch);
    await realise(host, session.open, lackingOutputs(bundle, answer));
    const { current } = answer;
    // A host that runs the bundle has little to do, and nobody who is reached through it loses his connection.
    if (current?.hash !== bundle.manifest.hash) {
      watch({ kind: 'waiting', host: host.name, for: 'its turn' });
      if (!(await turn())) return left(host.name);
    }
    watch({ kind: 'activating', host: host.name, bundle: name });
    const seconds = watchdogSeconds(bundle, order);
    const { result, isConnected } = await activated(session.open, target, name, seconds, {
      ...order,
      ...recorded(bundle, admission),
      onStderr: (line) => watch({ kind: 'output', host: host.name, line }),
    });
    const { generation, hash, outcome } = result;
    if (outcome !== 'switched' || generation === undefined) {
      const end = outcomeOf(host.name, result);
      const runs = end.state === 'rolled-back' && previous !== undefined ? { generation: previous } : {};
      return await withManualSteps({ ...end, ...before, ...runs }, bundle, target, watch);
    }
    watch({ kind: 'confirming', host: host.name });
    const isNew = generation !== previous;
    const unconfirmed = { host: host.name, generation, hash, isNew, watchdogSeconds: seconds };
    // Awaited here: the old connection is to live until then.
    const end = await confirmed(unconfirmed, target, isConnected ? session.open : undefined);
    return await withManualSteps({ ...end, ...before }, bundle, target, watch);
  });
}

/** What a host records of a switch: who made it, and from where it comes. */
export function recorded({ manifest }: Bundle, { signature }: Admission): SwitchOptions {
  const { commit } = manifest.provenance;
  return {
    by: whoDeploys(),
    ...(commit === null ? {} : { commit }),
    ...(signature === undefined ? {} : { signature }),
  };
}

/** With what is left for a person to do, which the host is asked where there is any such step. */
export async function withManualSteps(
  outcome: Outcome,
  { manifest }: Bundle,
  target: Target,
  watch: Watch,
): Promise<Outcome> {
  const runs = outcome.state === 'switched' || outcome.state === 'unchanged';
  if (!runs || manifest.manual.length === 0) return outcome;
  try {
    await using session = disposable(await target.open());
    return { ...outcome, manual: await manualSteps(session.open) };
  } catch (error) {
    if (!(error instanceof SteadError)) throw error;
    const line = `what is left to do by hand could not be asked: ${error.message}`;
    watch({ kind: 'output', host: outcome.host, line });
    return outcome;
  }
}

/** How long the host waits to be confirmed; a folder never takes itself back. */
function watchdogSeconds({ manifest }: Bundle, { watchdog }: SwitchOrder): number | undefined {
  const { settings } = manifest;
  if (!(watchdog ?? settings['watchdog'] !== 'false')) return undefined;
  return Number(settings['confirmSeconds'] ?? 60);
}

/** Takes a host back to the generation before, or to the one that is wished for. */
export function rollbackHost(
  host: string,
  target: Target,
  wish: Wish | undefined,
  watch: Watch,
): Promise<Outcome> {
  return ordered(host, target, watch, async (session, onStderr) => {
    watch({ kind: 'taking-back', host });
    if (wish === undefined) return rollback(session, whoDeploys(), undefined, onStderr);
    const all = wish.kind === 'number' ? [] : await generations(session);
    return rollback(session, whoDeploys(), picked(host, all, wish), onStderr);
  });
}

/** Takes everything of stead away from a host. */
export function removeHost(host: string, target: Target, watch: Watch): Promise<Outcome> {
  return ordered(host, target, watch, removeAll);
}

/** What comes of an order that takes no build. */
function ordered(
  host: string,
  target: Target,
  watch: Watch,
  order: (session: Session, onStderr: (line: string) => void) => Promise<SwitchResult>,
): Promise<Outcome> {
  return attempt(host, async () => {
    await using session = disposable(await opened(host, { target }, watch));
    return outcomeOf(host, await order(session.open, (line) => watch({ kind: 'output', host, line })));
  });
}
