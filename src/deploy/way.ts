// The way to a host, and switching it over one that may break off.
import { SteadError } from '../options/index.ts';
import {
  attend,
  switchTo,
  type Session,
  type SwitchOptions,
  type SwitchResult,
  type Target,
} from '../targets/index.ts';
import { disposable, reopened, RETURN_SECONDS } from './confirm.ts';
import type { Watch } from './events.ts';

/** Where a host is, and where it was when it was last switched: a switch may be what moves it. */
export interface Way {
  readonly target: Target;
  readonly former?: Target;
}

/** A session to a host, at its address or at the one that it had. @throws SteadError `target.*` */
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

/** Losing the connection does not stop a switch: it is followed, or its end read, over a new one. */
export async function activated(
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
