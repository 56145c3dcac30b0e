// Errors and warnings as JSON.
import { SteadError, SteadErrors } from '../options/error.ts';

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

/** One error's fields, its places pointing at the very key or value. */
export async function errorData(error: unknown): Promise<object> {
  if (!(error instanceof SteadError)) return { code: 'internal', message: String(error) };
  const { code, host, option, message } = error;
  const places = [];
  let { hint } = error;
  if (error.places.length > 0) {
    const { advisedError, exactPlaces } = await import('../fleet/index.ts');
    const told = await advisedError(error);
    hint = told.hint;
    for (const { place, label } of await exactPlaces(told.places)) {
      places.push({ ...place, ...(label === undefined ? {} : { label }) });
    }
  }
  return { code, host, option, message, places, hint };
}
