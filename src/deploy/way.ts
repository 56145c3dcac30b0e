// The way to a host.
import { SteadError } from '../options/error.ts';
import type { Session, Target } from '../targets/index.ts';
import type { Watch } from './events.ts';

/** Where a host is, and where it was when it was last switched: a switch may be what moves it. */
export interface Way {
  readonly target: Target;
  former?(): Promise<Target | undefined>;
}

/** A session to a host, at its address or at the one that it had. @throws SteadError `target.*` */
export async function opened(host: string, way: Way, watch: Watch): Promise<Session> {
  watch({ kind: 'connecting', host, target: way.target.description });
  try {
    return await way.target.open();
  } catch (error) {
    if (!(error instanceof SteadError) || error.code !== 'target.unreachable') throw error;
    const former = await formerTarget(way);
    if (former === undefined) throw error;
    watch({ kind: 'output', host, line: `${error.message}; trying where it was at the last switch` });
    watch({ kind: 'connecting', host, target: former.description });
    return former.open();
  }
}

/** Where a host was when it was last switched, where that is somewhere else. */
export async function formerTarget(way: Way): Promise<Target | undefined> {
  const former = await way.former?.();
  return former?.description === way.target.description ? undefined : former;
}

/** A session that ends with the block it is opened in. */
export function disposable(open: Session): { readonly open: Session } & AsyncDisposable {
  return { open, [Symbol.asyncDispose]: () => open.close() };
}
