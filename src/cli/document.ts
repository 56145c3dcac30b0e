// Errors and warnings as JSON.
import { SteadError, SteadErrors } from '../options/error.ts';

/** What `--json` prints when a run fails as a whole. */
export function errorDocument(error: unknown): { readonly errors: readonly object[] } {
  const errors = error instanceof SteadErrors ? error.errors : [error];
  return { errors: errors.map(errorData) };
}

/** One error's fields; places are those of the calls, with the keys that lead to the value. */
export function errorData(error: unknown): object {
  if (!(error instanceof SteadError)) return { code: 'internal', message: String(error) };
  const { code, host, option, message, places, hint } = error;
  return { code, host, option, message, places, hint };
}
