// Having a host switch over a connection that may break off while it does.
import { SteadError } from '../options/index.ts';
import {
  attend,
  switchTo,
  type Session,
  type SwitchOptions,
  type SwitchResult,
  type Target,
} from '../targets/index.ts';
import { reopened, RETURN_SECONDS } from './confirm.ts';
import { disposable } from './way.ts';

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
