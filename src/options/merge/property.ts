// One key of a merged object: computed now if that runs no user code, else on first read.
import { below, type At } from './at.ts';
import type { Compiled } from './compile.ts';
import type { Input } from './input.ts';
import { defineCell } from './lazy.ts';

/** Sets `key` of `target`, which is under construction and stands at `at`, to what the inputs make. */
export function setProperty(
  target: Record<string, unknown>,
  key: string,
  child: Compiled,
  inputs: readonly Input[],
  at: At,
  parents: readonly Input[],
): void {
  const here = below(at, key);
  if (child.runsUserCode(inputs)) {
    setLazy(target, key, inputs, here, () => child.merge(inputs, here, parents));
    return;
  }
  try {
    const value = child.merge(inputs, here, parents);
    if (key === '__proto__') Object.defineProperty(target, key, { value, enumerable: true });
    else target[key] = value;
  } catch (error) {
    // An error is the option's value: whoever reads it gets it, and the final check reads everything.
    let told: unknown = error;
    // Where nothing on the host defines the option set, the error shows who reads it.
    let isTold = here.scope.isDefined();
    defineCell(target, key, {
      read() {
        if (!isTold) told = thrownBy(() => child.merge(inputs, here, parents));
        isTold = true;
        throw told;
      },
    });
  }
}

function thrownBy(code: () => unknown): unknown {
  try {
    return code();
  } catch (error) {
    return error;
  }
}

/** Sets `key` of `target` to what `compute` gives when it is first read. */
export function setLazy(
  target: Record<string, unknown>,
  key: string,
  inputs: readonly Input[],
  here: At,
  compute: () => unknown,
): void {
  defineCell(target, key, here.scope.lazy(here, inputs, compute));
}
