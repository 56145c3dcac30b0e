// Reading a value to the last leaf, so that every error in it is found.
import { SteadError } from '../error.ts';

/** Reads every property below `value`; errors are added to `errors` and do not stop the rest. */
export function readDeep(value: unknown, errors: Set<SteadError>): void {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  if (Array.isArray(value)) {
    for (const item of value) readDeep(item, errors);
    return;
  }
  for (const key in value) {
    let inner: unknown;
    try {
      inner = (value as Record<string, unknown>)[key];
    } catch (error) {
      if (!(error instanceof SteadError)) throw error;
      errors.add(error);
      continue;
    }
    if (typeof inner === 'object') readDeep(inner, errors);
  }
}
