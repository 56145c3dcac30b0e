// An error as data, for tools.
import { SteadError } from '../options/error.ts';

/** One error's fields, its places pointing at the very key or value. */
export async function errorData(error: unknown): Promise<object> {
  if (!(error instanceof SteadError)) return { code: 'internal', message: String(error) };
  const { code, host, option, message } = error;
  const places = [];
  let { hint } = error;
  if (error.places.length > 0) {
    const { advisedError, exactPlaces } = await import('./exact-place.ts');
    const told = await advisedError(error);
    hint = told.hint;
    for (const { place, label } of await exactPlaces(told.places)) {
      places.push({ ...place, ...(label === undefined ? {} : { label }) });
    }
  }
  return { code, host, option, message, places, hint };
}
