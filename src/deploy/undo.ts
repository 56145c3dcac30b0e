// Taking a host back to a generation that it had; taking everything of stead away from it.
import {
  generations,
  removeAll,
  rollback,
  type Session,
  type SwitchResult,
  type Target,
} from '../targets/index.ts';
import { attempt, outcomeOf } from './attempt.ts';
import type { Watch } from './events.ts';
import { whoDeploys } from './here.ts';
import type { Outcome } from './outcome.ts';
import { picked, type Wish } from './pick.ts';
import { disposable, opened } from './way.ts';

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
