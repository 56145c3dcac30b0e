// Switching one host: copy, activate, confirm over a new connection; or roll back.
import { hostname, userInfo } from 'node:os';
import { SteadError } from '../options/index.ts';
import type { Bundle } from '../bundle/index.ts';
import {
  attend,
  generations,
  lastLines,
  manualSteps,
  removeAll,
  rollback,
  switchTo,
  type Goal,
  type Session,
  type SwitchOptions,
  type SwitchResult,
  type Target,
} from '../targets/index.ts';
import { admitted, type Admission } from './admission.ts';
import type { BuiltHost } from './build.ts';
import {
  confirmed,
  disposable,
  reopened,
  RETURN_SECONDS,
  tookItselfBack,
  type Unconfirmed,
} from './confirm.ts';
import { bundleStoreName, copyBundle } from './copy.ts';
import type { Watch } from './events.ts';
import type { Gate } from './gate.ts';
import { heldBack } from './held.ts';
import type { Outcome } from './outcome.ts';

/** Where a host is, and where it was when it was last switched: a switch may be what moves it. */
export interface Way {
  readonly target: Target;
  readonly former?: Target;
}

/** How a host is to be switched. */
export interface SwitchOrder {
  /** `switch`; `test`: until the next boot; `boot`: from the next boot on. */
  readonly goal: Goal;
  /** Whether the host takes the switch back unless it is confirmed; as its own settings say, where nothing is said. */
  readonly watchdog?: boolean;
  /** The hash of the plan that was looked at: the host does that, or nothing. */
  readonly plan?: string;
  /** Whether a build that a host was taken back from is tried there again; without a word it is. */
  readonly again?: boolean;
  /** Where it waits for others that are switched with it. */
  readonly gate?: Gate;
}

/** Brings a host to a built bundle that it admits. What goes wrong is an outcome; nothing is thrown for it. */
export function switchHost(
  { host, bundle, history }: BuiltHost,
  way: Way,
  admission: Admission,
  order: SwitchOrder,
  watch: Watch,
): Promise<Outcome> {
  const { target } = way;
  return attempt(host.name, async () => {
    await using session = disposable(await opened(host.name, way, watch));
    const name = bundleStoreName(bundle);
    const previous = await admitted(session.open, bundle, name, admission, watch);
    if (order.again === false) {
      const held = heldBack(bundle, await generations(session.open));
      if (held !== undefined) return held;
    }
    await copyBundle(session.open, bundle, history, watch);
    await order.gate?.prepared();
    watch({ kind: 'activating', host: host.name, bundle: name });
    const { commit } = bundle.manifest.provenance;
    const { signature } = admission;
    const seconds = watchdogSeconds(bundle, order);
    const { result, isConnected } = await activated(session.open, target, name, seconds, {
      ...order,
      by: `${userInfo().username}@${hostname()}`,
      ...(commit === null ? {} : { commit }),
      ...(signature === undefined ? {} : { signature }),
      onStderr: (line) => watch({ kind: 'output', host: host.name, line }),
    });
    const { generation, hash, outcome } = result;
    const before = previous === undefined ? {} : { previous };
    if (outcome !== 'switched' || generation === undefined) {
      return await withManualSteps({ ...outcomeOf(host.name, result), ...before }, bundle, target, watch);
    }
    const unconfirmed = { host: host.name, generation, hash, watchdogSeconds: seconds };
    try {
      await order.gate?.activated();
    } catch (error) {
      if (!(error instanceof SteadError)) throw error;
      return { ...(await takenBack(unconfirmed, target, error, watch)), ...before };
    }
    // Awaited here: the old connection is to live until then.
    const end = await confirmed(unconfirmed, target, isConnected ? session.open : undefined);
    return await withManualSteps({ ...end, ...before }, bundle, target, watch);
  });
}

/** Back from a generation that others could not follow to; by itself, where it cannot be told to. */
async function takenBack(
  { host, generation, watchdogSeconds }: Unconfirmed,
  target: Target,
  cause: SteadError,
  watch: Watch,
): Promise<Outcome> {
  const start = performance.now();
  const back = await rollbackHost(host, target, undefined, watch);
  if (back.state === 'switched') return { ...back, state: 'rolled-back', error: withHost(cause, host) };
  if (watchdogSeconds === undefined) return { ...back, state: 'partial' };
  const seconds = watchdogSeconds + RETURN_SECONDS;
  return tookItselfBack(host, target, generation, cause, () => performance.now() - start < seconds * 1000);
}

/** With what is left for a person to do, which the host is asked where there is any such step. */
async function withManualSteps(
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

/** A session to where a host is, or to where it was when it was last switched. */
export async function opened(host: string, { target, former }: Way, watch: Watch): Promise<Session> {
  watch({ kind: 'connecting', host, target: target.description });
  try {
    return await target.open();
  } catch (error) {
    const isAway = error instanceof SteadError && error.code === 'target.unreachable';
    if (!isAway || former === undefined || former.description === target.description) throw error;
    watch({ kind: 'output', host, line: `${error.message}; trying where it was at the last switch` });
    watch({ kind: 'connecting', host, target: former.description });
    return former.open();
  }
}

/** How long the host waits to be confirmed; a folder never takes itself back. */
function watchdogSeconds({ manifest }: Bundle, { watchdog }: SwitchOrder): number | undefined {
  const { settings } = manifest;
  if (!(watchdog ?? settings['watchdog'] !== 'false')) return undefined;
  return Number(settings['confirmSeconds'] ?? 60);
}

/** Losing the connection does not stop a switch: it is followed, or its end read, over a new one. */
async function activated(
  session: Session,
  target: Target,
  name: string,
  patienceSeconds: number | undefined,
  options: SwitchOptions,
): Promise<{ readonly result: SwitchResult; readonly isConnected: boolean }> {
  try {
    return { result: await switchTo(session, name, options), isConnected: true };
  } catch (error) {
    if (!(error instanceof SteadError) || error.code !== 'target.disconnected') throw error;
    options.onStderr?.(`${error.message}; connecting again`);
    const end = performance.now() + ((patienceSeconds ?? 0) + RETURN_SECONDS) * 1000;
    await using fresh = disposable(await reopened(target, () => performance.now() < end));
    return { result: await attend(fresh.open, options.onStderr), isConnected: false };
  }
}

/** Takes a host back to the generation before, or to the one named. */
export function rollbackHost(
  host: string,
  target: Target,
  generation: number | undefined,
  watch: Watch,
): Promise<Outcome> {
  return ordered(host, target, watch, (session, onStderr) => rollback(session, generation, onStderr));
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

function outcomeOf(host: string, result: SwitchResult): Outcome {
  const known = {
    host,
    ...(result.generation === undefined ? {} : { generation: result.generation }),
    ...(result.hash === undefined ? {} : { hash: result.hash }),
  };
  switch (result.code) {
    case 0:
      return { ...known, state: DONE[result.outcome] };
    case 4:
      return { ...known, state: 'rolled-back', error: refusal(host, 'switch.rolled-back', result) };
    case 5:
      return { ...known, state: 'locked', error: refusal(host, 'switch.locked', result) };
    case 6:
      return { ...known, state: 'partial', error: refusal(host, 'switch.partial', result) };
    default:
      return { ...known, state: 'failed', error: refusal(host, 'switch.failed', result) };
  }
}

/** What a host that did as it was asked says of it. A rollback that was asked for is a switch. */
const DONE: Readonly<Record<SwitchResult['outcome'], Outcome['state']>> = {
  switched: 'switched',
  'rolled-back': 'switched',
  unchanged: 'unchanged',
  staged: 'staged',
  removed: 'removed',
  failed: 'failed',
  partial: 'partial',
};

const HINTS: Readonly<Record<string, string>> = {
  'switch.rolled-back': 'The generation before runs again. Mend the cause and switch again.',
  'switch.locked': 'Wait for the other switch to end, then run this again.',
  'switch.failed': 'Nothing has changed on the host.',
  'switch.partial':
    'Look at it there: `stead-host recover` goes on from where it stands, and so does the next switch.',
};

function refusal(host: string, code: string, { output, code: exit }: SwitchResult): SteadError {
  const said = lastLines(output);
  return new SteadError({
    code,
    host,
    message: said === '' ? `the switch ended with exit code ${exit}` : said,
    hint: HINTS[code] ?? '',
  });
}

async function attempt(host: string, work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SteadError)) throw error;
    const state = error.code === 'host.locked' ? 'locked' : 'failed';
    return { host, state, error: error.host === undefined ? withHost(error, host) : error };
  }
}

function withHost(error: SteadError, host: string): SteadError {
  const { code, message, option, places, hint, cause } = error;
  return new SteadError({
    code,
    host,
    message,
    places,
    ...(option === undefined ? {} : { option }),
    ...(hint === undefined ? {} : { hint }),
    cause,
  });
}
