// Confirming a switch over a new connection; or finding out how the host took it back.
import { setTimeout as sleep } from 'node:timers/promises';
import { SteadError } from '../options/index.ts';
import {
  blame,
  confirm,
  generations,
  rollback,
  status,
  type Session,
  type Target,
} from '../targets/index.ts';
import { whoDeploys } from './here.ts';
import type { Outcome } from './outcome.ts';
import { disposable } from './way.ts';

/** What is to be confirmed. */
export interface Unconfirmed {
  readonly host: string;
  readonly generation: number;
  readonly hash: string | undefined;
  /** Whether another generation ran before: else only what had drifted was put right. */
  readonly isNew: boolean;
  /** How long the host waits before it takes itself back; nothing where it does not. */
  readonly watchdogSeconds: number | undefined;
}

/** Without a watchdog on the host, how long a new connection may take to come about. */
const PATIENCE_SECONDS = 30;

/** After a host's time is over: for it to go back, and for the way to it to be there again. */
export const RETURN_SECONDS = 90;

/** What a host says that is about to take itself back. */
const AWAITED = ['target.unreachable', 'target.authentication'];

/**
 * Connects anew and confirms. A switch that cut the way to the host is no success: the connection that made it
 * takes it back if it still can, else the host does by itself.
 * @param now milliseconds on a clock that only goes forward
 */
export async function confirmed(
  unconfirmed: Unconfirmed,
  target: Target,
  session: Session | undefined,
  now: () => number = () => performance.now(),
): Promise<Outcome> {
  const { host, generation, hash, isNew, watchdogSeconds } = unconfirmed;
  const start = now();
  const seconds = watchdogSeconds === undefined ? PATIENCE_SECONDS : watchdogSeconds * 0.8;
  try {
    await using fresh = disposable(await reopened(target, () => now() - start < seconds * 1000));
    await confirm(fresh.open, generation);
    return { host, state: 'switched', generation, ...(hash === undefined ? {} : { hash }) };
  } catch (cause) {
    if (!(cause instanceof SteadError)) throw cause;
    const back = session === undefined || !isNew ? undefined : await takenBackBy(session, generation);
    if (back !== undefined) return lost(host, cause, back);
    if (watchdogSeconds === undefined) throw cause;
    const deadline = start + (watchdogSeconds + RETURN_SECONDS) * 1000;
    const goesOn = (): boolean => now() < deadline;
    return isNew
      ? tookItselfBack(host, target, generation, cause, goesOn)
      : leftDrifted(host, target, generation, cause, goesOn);
  }
}

/**
 * A new session, tried for as long as `goesOn` says, at least once. A host that lets nobody in is tried again only
 * where `awaited` says that this is to pass.
 * @throws SteadError `target.*` as the last try said
 */
export async function reopened(
  target: Target,
  goesOn: () => boolean,
  awaited: readonly string[] = ['target.unreachable'],
): Promise<Session> {
  for (;;) {
    try {
      return await target.open();
    } catch (error) {
      const passes = error instanceof SteadError && awaited.includes(error.code);
      if (!passes || !goesOn()) throw error;
      await sleep(1000);
    }
  }
}

/** The generation that the old connection brought back, where it still works. */
async function takenBackBy(session: Session, generation: number): Promise<number | undefined> {
  const answer = backFrom(session, generation).catch(() => undefined);
  return Promise.race([answer, sleep(20_000, undefined, { ref: false })]);
}

/** The host may have gone back by itself in the meantime: a second time would be one generation too far. */
async function backFrom(session: Session, generation: number): Promise<number | undefined> {
  const current = (await generations(session)).find((one) => one.current)?.generation;
  if (current !== generation) {
    await blamed(session, generation);
    return current;
  }
  const result = await rollback(session, whoDeploys());
  return result.code === 0 ? result.generation : undefined;
}

function tookItselfBack(
  host: string,
  target: Target,
  generation: number,
  cause: SteadError,
  goesOn: () => boolean,
): Promise<Outcome> {
  return told(target, cause, goesOn, async (session) => {
    const current = (await generations(session)).find((one) => one.current)?.generation;
    if (current === generation) return undefined;
    await blamed(session, generation);
    return lost(host, cause, current);
  });
}

/** A host whose files were put right has what stood there again, where that decides whether it can be reached. */
function leftDrifted(
  host: string,
  target: Target,
  generation: number,
  cause: SteadError,
  goesOn: () => boolean,
): Promise<Outcome> {
  return told(target, cause, goesOn, async (session) => {
    const { drift, watch } = await status(session);
    return watch === undefined && drift.length > 0 ? lost(host, cause, generation) : undefined;
  });
}

/**
 * What a host that goes back by itself comes to tell, asked over new sessions.
 * @throws `cause` where it tells nothing in time; SteadError `target.*` where it does not come back: nothing is known
 *   then but that it is to
 */
async function told(
  target: Target,
  cause: SteadError,
  goesOn: () => boolean,
  outcomeOf: (session: Session) => Promise<Outcome | undefined>,
): Promise<Outcome> {
  for (;;) {
    await using session = disposable(await reopened(target, goesOn, AWAITED));
    const outcome = await outcomeOf(session.open);
    if (outcome !== undefined) return outcome;
    if (!goesOn()) throw cause;
    await sleep(2000);
  }
}

/** So that it is not taken for the end of a deployer that was cut off. */
async function blamed(session: Session, generation: number): Promise<void> {
  try {
    await blame(session, generation);
  } catch (error) {
    // A host that does not hear of it is tried once more by the next nightly run, and takes itself back again.
    if (!(error instanceof SteadError)) throw error;
  }
}

function lost(host: string, cause: SteadError, generation: number | undefined): Outcome {
  return {
    host,
    state: 'rolled-back',
    ...(generation === undefined ? {} : { generation }),
    error: new SteadError({
      code: 'switch.unconfirmed',
      host,
      message: `after the switch it could not be confirmed in time, and was rolled back: ${cause.message}`,
      hint: 'Look at what the new configuration does to the network, the firewall and sshd.',
      cause,
    }),
  };
}
