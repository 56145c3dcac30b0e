// Unions: the branch is found first, then merged as what it is.
import type { z } from 'zod';
import { below, type At } from './at.ts';
import { compileAnything } from './anything.ts';
import type { Compile, Compiled, Merger } from './compile.ts';
import { alternatives, branches, missing, wrongValue } from './errors.ts';
import { childInput, winners, type Input } from './input.ts';
import { isPlainObject } from './property.ts';
import { scalarMerger } from './scalar.ts';

/** Definitions of a discriminated union must all name the same branch. */
export function discriminatedMerger(core: z.core.$ZodDiscriminatedUnion, compile: Compile): Merger {
  const { discriminator, options } = core._zod.def;
  const branchOf = new Map<unknown, Compiled>();
  for (const option of options) {
    for (const value of option._zod.propValues?.[discriminator] ?? []) branchOf.set(value, compile(option));
  }
  const known = alternatives([...branchOf.keys()].map((value) => JSON.stringify(value) ?? String(value)));
  return {
    emptyValue: false,
    pushesPriorityDown: true,
    merge(inputs, at, parents) {
      const name = branchName(inputs, at, parents);
      return branchOf.get(name)!.merge(inputs, at, parents);
    },
  };

  function branchName(inputs: readonly Input[], at: At, parents: readonly Input[]): unknown {
    for (const input of inputs) {
      if (!isPlainObject(input.value)) {
        throw wrongValue(at, `an object whose \`${discriminator}\` is ${known}`, input.value, [input]);
      }
    }
    const here = below(at, discriminator);
    const naming = inputs.filter(
      (input) => (input.value as Record<string, unknown>)[discriminator] !== undefined,
    );
    const named = winners(
      naming.map((input) =>
        childInput(input, discriminator, (input.value as Record<string, unknown>)[discriminator]),
      ),
      here,
    );
    const [first] = named;
    if (first === undefined) throw missing(here, known, inputs.length > 0 ? inputs : parents);
    if (named.some((input) => input.value !== first.value)) throw branches(at, discriminator, named);
    if (!branchOf.has(first.value)) throw wrongValue(here, known, first.value, [first]);
    return first.value;
  }
}

/** A plain union: objects and lists merge as the one branch that can hold them, all else is a scalar. */
export function unionMerger(core: z.core.$ZodUnion, schema: z.core.$ZodType, compile: Compile): Merger {
  const options = core._zod.def.options.map(compile);
  const only = (...types: string[]): Compiled | undefined => {
    const fitting = options.filter((option) => types.includes(option.core._zod.def.type));
    return fitting.length === 1 ? fitting[0] : undefined;
  };
  const object = only('object', 'record');
  const list = only('array');
  const scalar = scalarMerger(schema, compileAnything(compile));
  return {
    emptyValue: false,
    pushesPriorityDown: false,
    merge(inputs, at, parents) {
      if (object !== undefined && inputs.every((input) => isPlainObject(input.value))) {
        return object.merge(inputs, at, parents);
      }
      if (list !== undefined && inputs.every((input) => Array.isArray(input.value))) {
        return list.merge(inputs, at, parents);
      }
      return scalar.merge(inputs, at, parents);
    },
  };
}
