// Reading a value to the last leaf, so that every error in it is found.
import { SteadError } from '../error.ts';
import { isPlainObject } from '../merge/lazy.ts';

/** Reads every property below `value`; errors are added to `errors` and do not stop the rest. */
export function readDeep(value: unknown, errors: Set<SteadError>): void {
  if (Array.isArray(value)) {
    for (const item of value as unknown[]) if (typeof item === 'object') readDeep(item, errors);
    return;
  }
  if (!isPlainObject(value)) return;
  for (const key of Object.keys(value)) {
    try {
      const inner = value[key];
      if (typeof inner === 'object') readDeep(inner, errors);
    } catch (error) {
      if (!(error instanceof SteadError)) throw error;
      errors.add(error);
    }
  }
}
