// What a person has to do on or around a host, which no switch can.
import { SteadError } from '../options/error.ts';
import type { Target } from '../targets/index.ts';
import type { Watch } from './events.ts';
import type { Outcome } from './outcome.ts';
import type { Asked } from './wanted.ts';
import { disposable } from './way.ts';

/** With what is left for a person to do, which the host is asked where there is any such step. */
export async function withManualSteps(
  outcome: Outcome,
  { isManual }: Pick<Asked, 'isManual'>,
  target: Target,
  watch: Watch,
): Promise<Outcome> {
  const runs = outcome.state === 'switched' || outcome.state === 'unchanged';
  if (!runs || !isManual) return outcome;
  const { manualSteps } = await import('../targets/status.ts');
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
