// Looks once more at a host that was switched, before others follow it.
import { SteadError } from '../options/index.ts';
import { well, type Target } from '../targets/index.ts';
import type { Watch } from './events.ts';
import type { Outcome } from './outcome.ts';
import { disposable } from './way.ts';

/** The outcome of a host; `unwell` where it was switched and is not well any more. */
export async function gated(outcome: Outcome, target: Target, watch: Watch): Promise<Outcome> {
  const { host, state, generation } = outcome;
  if ((state !== 'switched' && state !== 'unchanged') || generation === undefined) return outcome;
  watch({ kind: 'checking', host });
  try {
    await using session = disposable(await target.open());
    await well(session.open, generation);
    return outcome;
  } catch (cause) {
    if (!(cause instanceof SteadError)) throw cause;
    const error = new SteadError({
      code: 'switch.unwell',
      host,
      message: `it runs generation ${generation}, and is not well: ${cause.message}`,
      hint: `No further host was begun. Mend it and go on, or \`stead rollback ${host}\`.`,
      cause,
    });
    return { ...outcome, state: 'unwell', error };
  }
}
