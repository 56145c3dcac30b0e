// Values that do not add up: definitions of one priority must agree.
import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import type { SteadError } from '../error.ts';
import type { Kind } from '../kinds.ts';
import type { At } from './at.ts';
import { outcome, parsed, refused } from './check.ts';
import type { Compiled, Merger } from './compile.ts';
import { conflict } from './errors.ts';
import { inOrder, type Input } from './input.ts';
import { holdsLazy } from './lazy.ts';

/** @param anything resolves wrappers and thunks inside values that are objects or lists */
export function scalarMerger(schema: z.core.$ZodType, anything: () => Compiled): Merger {
  return {
    emptyValue: false,
    pushesPriorityDown: false,
    parses: true,
    runsUserCode: holdsLazy,
    merge(inputs, at) {
      const values = inputs.map((input) => resolved(input, at, anything));
      const [first] = values;
      if (values.some((value) => value !== first && !isDeepStrictEqual(value, first)))
        throw conflict(at, inputs);
      return parsed(schema, first, inputs, at);
    },
  };
}

/** Definitions combined by the option's own function. */
export function customMerger(
  schema: z.core.$ZodType,
  combine: NonNullable<Kind['merge']>,
  anything: () => Compiled,
): Merger {
  return {
    emptyValue: false,
    pushesPriorityDown: false,
    parses: true,
    runsUserCode: holdsLazy,
    merge(inputs, at) {
      const ordered = inOrder(inputs);
      const values = ordered.map((input) => resolved(input, at, anything));
      let combined: unknown;
      try {
        combined = at.scope.call(at, inputs[0], () => combine(values));
      } catch (error) {
        throw wrongPart(schema, values, ordered, at) ?? error;
      }
      // Where the function picks one of them, the others have no part in what is wrong with it.
      const picked = ordered.filter((_, index) => isDeepStrictEqual(values[index], combined));
      return parsed(schema, combined, picked.length > 0 ? picked : inputs, at);
    },
  };
}

/** What is wrong with a single one of the values that a function could not combine. */
function wrongPart(
  schema: z.core.$ZodType,
  values: readonly unknown[],
  inputs: readonly Input[],
  at: At,
): SteadError | undefined {
  for (const [index, value] of values.entries()) {
    const result = outcome(schema, value, inputs[index], at);
    if (!result.success) return refused(result.problems, [inputs[index]!], at, schema);
  }
  return undefined;
}

/** Intersections: definitions merged as anything, then parsed as what they are. */
export function intersectionMerger(schema: z.core.$ZodType, anything: () => Compiled): Merger {
  return {
    emptyValue: false,
    pushesPriorityDown: false,
    parses: true,
    readsAll: true,
    merge: (inputs, at, parents) => parsed(schema, anything().merge(inputs, at, parents), inputs, at),
  };
}

function resolved(input: Input, at: At, anything: () => Compiled): unknown {
  if (typeof input.value !== 'object' || input.value === null) return input.value;
  return anything().merge([input], at, [input]);
}
