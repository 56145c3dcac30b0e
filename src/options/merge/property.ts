// One key of a merged object: computed now if that runs no user code, else on first read.
import type { At } from './at.ts';
import type { Compiled } from './compile.ts';
import { needsEvaluation, type Input } from './input.ts';

/** Sets `key` of `target`, which is under construction, to what the inputs make. */
export function setProperty(
  target: Record<string, unknown>,
  key: string,
  child: Compiled,
  inputs: readonly Input[],
  at: At,
  parents: readonly Input[],
): void {
  if (child.readsAll || needsEvaluation(inputs)) {
    at.scope.lazy(target, key, at, inputs, () => child.merge(inputs, at, parents));
    return;
  }
  try {
    const value = child.merge(inputs, at, parents);
    if (key === '__proto__') Object.defineProperty(target, key, { value, enumerable: true });
    else target[key] = value;
  } catch (thrown) {
    const error = at.scope.understood(thrown, at, inputs[0]);
    // An error is the option's value: whoever reads it gets it, and the final check reads everything.
    Object.defineProperty(target, key, {
      enumerable: true,
      get() {
        throw error;
      },
    });
  }
}

export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
