// Evaluating a loaded fleet, hermetically.
import { Evaluation, SteadErrors, type SteadError } from '../options/index.ts';
import { guarded } from './hermetic/guarded.ts';
import type { LoadedFleet } from './load.ts';
import { packageErrors } from './packages.ts';

/** What an evaluation without errors gives: every value computed and checked. */
export interface CheckedFleet {
  readonly evaluation: Evaluation;
  readonly warnings: readonly SteadError[];
}

/** The lazy evaluation of a fleet. Its values run configuration as they are read: read them inside `guarded`. */
export function evaluateFleet(fleet: LoadedFleet): Evaluation {
  return guarded(
    () =>
      new Evaluation(fleet.hosts, {
        implementations: fleet.implementations,
        packages: fleet.packages,
        lock: fleet.pins,
      }),
  );
}

/**
 * Computes every option of every host and every package of an overlay, and runs all assertions, with the guards of hermetic evaluation up.
 * @throws SteadErrors with all that is wrong
 */
export function checkFleet(fleet: LoadedFleet): CheckedFleet {
  return guarded(() => {
    const evaluation = evaluateFleet(fleet);
    const { errors, warnings } = evaluation.check();
    const all = [...packageErrors(fleet.packages), ...errors];
    if (all.length > 0) throw new SteadErrors(all, warnings);
    return { evaluation, warnings };
  });
}
