// Objects: each key merged by its own schema; unknown keys refused, or kept where the schema is loose.
import type { z } from 'zod';
import { below, type At } from './at.ts';
import { checksOf } from './check.ts';
import type { Compile, Compiled, Merger } from './compile.ts';
import { removedOption, renamedOption, changedOption, unknownOption, wrongValue } from './errors.ts';
import { childInput, opened, type Input } from './input.ts';
import { isPlainObject, setProperty } from './property.ts';
import { keysOf } from './path.ts';

export function objectMerger(core: z.core.$ZodObject, schema: z.core.$ZodType, compile: Compile): Merger {
  const { shape, catchall } = core._zod.def;
  const keys = Object.keys(shape);
  const known = new Set(keys);
  const children = new Map<string, Compiled>();
  const childOf = (key: string): Compiled => {
    let child = children.get(key);
    if (child === undefined) children.set(key, (child = compile(shape[key]!)));
    return child;
  };
  const free = catchall !== undefined && catchall._zod.def.type !== 'never' ? compile(catchall) : undefined;
  const check = checksOf(schema);

  return {
    emptyValue: true,
    pushesPriorityDown: true,
    merge(inputs, at, parents) {
      for (const input of inputs) {
        if (!isPlainObject(input.value))
          throw wrongValue(at, `an object with ${options(keys)}`, input.value, [input]);
      }
      const target: Record<string, unknown> = {};
      const shownParents = inputs.length > 0 ? inputs : parents;
      for (const key of keys) {
        setProperty(target, key, childOf(key), inputsFor(key, inputs, at), below(at, key), shownParents);
      }
      const others = otherKeys(inputs, known);
      if (others !== undefined) mergeOthers(target, others, inputs, at);
      if (check !== undefined) at.scope.later(() => check(target, inputs, at));
      return Object.freeze(target);
    },
  };

  function mergeOthers(
    target: Record<string, unknown>,
    others: readonly string[],
    inputs: readonly Input[],
    at: At,
  ): void {
    for (const key of others) {
      const given = inputsFor(key, inputs, at);
      if (migrated(key, given, at)) continue;
      if (free !== undefined) {
        setProperty(target, key, free, given, below(at, key), inputs);
        continue;
      }
      const owner = inputs.find((input) => Object.hasOwn(input.value as object, key))!;
      at.scope.report(unknownOption(at, key, keys, owner));
    }
  }
}

/** The inputs that a key gets: from each definition that names it, and what a renamed option sends. */
function inputsFor(key: string, inputs: readonly Input[], at: At): Input[] {
  const result: Input[] = [];
  for (const input of inputs) {
    const object = input.value as Readonly<Record<string, unknown>>;
    if (!Object.hasOwn(object, key)) continue;
    const value = object[key];
    if (value !== undefined) result.push(childInput(input, key, value));
  }
  if (at.scope.migrates) return withMigrations(key, result, at);
  return result;
}

function withMigrations(key: string, inputs: Input[], at: At): Input[] {
  const path = [...keysOf(at.path), key].join('.');
  const migration = at.scope.set.migrations[path];
  const here = below(at, key);
  if (migration?.kind === 'changed') {
    return opened(inputs, here).map((input) => {
      const value = at.scope.call(input, () => migration.convert(input.value));
      if (value !== input.value) at.scope.warn(changedOption(here, migration.advice, input));
      return { ...input, value };
    });
  }
  const moved = at.scope.moved(path);
  return moved.length > 0 ? [...inputs, ...moved] : inputs;
}

/** Handles a key that a migration speaks of; false where none does. */
function migrated(key: string, inputs: readonly Input[], at: At): boolean {
  if (!at.scope.migrates) return false;
  const here = below(at, key);
  const migration = at.scope.set.migrations[keysOf(here.path).join('.')];
  if (migration === undefined || migration.kind === 'changed') return false;
  for (const input of inputs) {
    if (migration.kind === 'removed') at.scope.report(removedOption(here, migration.advice, input));
    else at.scope.warn(renamedOption(here, migration.to, input));
  }
  return true;
}

/** Keys outside the schema, sorted so that the order of definitions does not matter. */
function otherKeys(inputs: readonly Input[], known: ReadonlySet<string>): string[] | undefined {
  let others: Set<string> | undefined;
  for (const input of inputs) {
    for (const key of Object.keys(input.value as object)) {
      if (!known.has(key) && (input.value as Record<string, unknown>)[key] !== undefined) {
        (others ??= new Set()).add(key);
      }
    }
  }
  return others && [...others].sort();
}

function options(keys: readonly string[]): string {
  const shown = keys.slice(0, 4).map((key) => `\`${key}\``);
  return keys.length > shown.length ? `${shown.join(', ')}, …` : shown.join(', ');
}
