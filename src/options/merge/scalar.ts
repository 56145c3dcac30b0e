// Values that do not add up: definitions of one priority must agree.
import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import type { Kind } from '../kinds.ts';
import type { At } from './at.ts';
import { parsed } from './check.ts';
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
      const values = inOrder(inputs).map((input) => resolved(input, at, anything));
      const combined = at.scope.call(at, inputs[0], () => combine(values));
      return parsed(schema, combined, inputs, at);
    },
  };
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
