// Warnings of an evaluation as they are told, so that a run which needs no evaluation can tell them again.
import { errorData } from '../fleet/error-data.ts';
import { report } from '../fleet/index.ts';
import type { SteadError } from '../options/index.ts';

/** A warning in every form in which it is told. */
export interface ToldWarning {
  readonly text: string;
  /** The same for a terminal. */
  readonly coloured: string;
  /** For tools. */
  readonly data: object;
}

/** @param repository files are named relative to it */
export function toldWarnings(
  warnings: readonly SteadError[],
  repository: string,
): Promise<readonly ToldWarning[]> {
  const told = (warning: SteadError, colour: boolean): Promise<string> =>
    report(warning, { repository, severity: 'warning', colour });
  return Promise.all(
    warnings.map(async (warning) => ({
      text: await told(warning, false),
      coloured: await told(warning, true),
      data: await errorData(warning),
    })),
  );
}
