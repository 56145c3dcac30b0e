// Unions: the branch is found first, then merged as what it is.
import type { z } from 'zod';
import type { SteadError } from '../error.ts';
import { below, type At } from './at.ts';
import { compileAnything } from './anything.ts';
import type { Compile, Compiled, Merger } from './compile.ts';
import { branches, unknownOption, wrongKind, wrongValue } from './errors.ts';
import { missing } from './missing.ts';
import { literal } from './expected.ts';
import { childInput, opened, winners, type Input } from './input.ts';
import { isLazy, isPlainObject, ownValue } from './lazy.ts';
import { scalarMerger } from './scalar.ts';
import { alternatives } from './shown.ts';

/**
 * Definitions of a discriminated union must all name the same branch, or none. Where one of them names
 * its branch with a stronger priority, those that name another are out of the game with all their keys.
 */
export function discriminatedMerger(core: z.core.$ZodDiscriminatedUnion, compile: Compile): Merger {
  const { discriminator } = core._zod.def;
  const branchOf = branchesOf(core, compile);
  const names = [...branchOf.keys()];
  const known = alternatives(names.map(literal));
  const expected = `an object whose \`${discriminator}\` is ${known}`;
  return {
    emptyValue: false,
    pushesPriorityDown: true,
    expected,
    runsUserCode: (value) => !isPlainObject(value) || isLazy(ownValue(value, discriminator)),
    merge(inputs, at, parents) {
      for (const input of inputs) {
        if (!isPlainObject(input.value)) throw wrongKind(at, expected, input, core);
      }
      const name = branchName(inputs, at, parents);
      const chosen = inputs.filter((input) => named(input, at).every(({ value }) => value === name));
      return branchOf.get(name)!.merge(chosen, at, parents);
    },
  };

  function branchName(inputs: readonly Input[], at: At, parents: readonly Input[]): unknown {
    const here = below(at, discriminator);
    const naming = winners(inputs.flatMap(discriminatorOf), here);
    const [first] = naming;
    if (first === undefined) throw unnamed(inputs, at, parents);
    if (naming.some((input) => input.value !== first.value)) throw branches(at, discriminator, naming);
    if (branchOf.has(first.value)) return first.value;
    const suggested = names.filter((name) => typeof name === 'string');
    throw wrongValue(
      here,
      { keys: [], phrase: known, sentence: false, value: first.value, known: suggested },
      naming,
    );
  }

  /** Nothing names a branch: because of a misspelt key, or of a key that is missing. */
  function unnamed(inputs: readonly Input[], at: At, parents: readonly Input[]): SteadError {
    const shapes = new Map([...branchOf].map(([name, branch]) => [name, keysOfObject(branch.core)]));
    const keys = [...new Set([...shapes.values()].flat())];
    const given = inputs.flatMap((input) =>
      Object.keys(input.value as object).map((key) => ({ key, input })),
    );
    const [unknown, ...more] = given
      .filter(({ key }) => !keys.includes(key))
      .map(({ key, input }) => unknownOption(at, key, keys, input));
    for (const error of more) at.scope.report(error);
    if (unknown !== undefined) return unknown;
    const fitting = names.filter((name) => given.every(({ key }) => shapes.get(name)!.includes(key)));
    const add =
      given.length > 0 && fitting.length === 1 ? `\`${discriminator}: ${literal(fitting[0])}\`` : undefined;
    return missing(below(at, discriminator), known, inputs.length > 0 ? inputs : parents, add);
  }

  /** The discriminator of one definition, whatever its priority. */
  function named(input: Input, at: At): readonly Input[] {
    return opened(discriminatorOf(input), below(at, discriminator));
  }

  function discriminatorOf(input: Input): Input[] {
    const value = ownValue(input.value as Record<string, unknown>, discriminator);
    return value === undefined ? [] : [childInput(input, discriminator, value)];
  }
}

function keysOfObject(core: z.core.$ZodTypes): string[] {
  const { def } = core._zod;
  return def.type === 'object' ? Object.keys(def.shape) : [];
}

function branchesOf(core: z.core.$ZodDiscriminatedUnion, compile: Compile): ReadonlyMap<unknown, Compiled> {
  const { discriminator, options } = core._zod.def;
  return new Map(
    options.flatMap((option) =>
      [...(option._zod.propValues?.[discriminator] ?? [])].map((value) => [value, compile(option)] as const),
    ),
  );
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
  const branchFor = (inputs: readonly Input[]): Compiled | undefined => {
    if (object !== undefined && inputs.every((input) => isPlainObject(input.value))) return object;
    return list !== undefined && inputs.every((input) => Array.isArray(input.value)) ? list : undefined;
  };
  return {
    emptyValue: false,
    pushesPriorityDown: false,
    runsUserCode: (value) => !(object !== undefined && isPlainObject(value)) && scalar.runsUserCode!(value),
    merge(inputs, at, parents) {
      const branch = branchFor(inputs);
      return (branch ?? scalar).merge(inputs, at, parents);
    },
  };
}
