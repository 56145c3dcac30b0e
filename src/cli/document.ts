// Errors and warnings as JSON.
import { errorData } from '../fleet/error-data.ts';
import { SteadErrors } from '../options/error.ts';

/** What `--json` prints when a run fails as a whole. */
export async function errorDocument(
  error: unknown,
): Promise<{ readonly errors: readonly object[]; readonly warnings?: readonly object[] }> {
  const { errors, warnings } = error instanceof SteadErrors ? error : { errors: [error], warnings: [] };
  return {
    errors: await Promise.all(errors.map(errorData)),
    ...(warnings.length === 0 ? {} : { warnings: await Promise.all(warnings.map(errorData)) }),
  };
}
