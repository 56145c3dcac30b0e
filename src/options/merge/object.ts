// Objects: each key merged by its own schema; unknown keys refused, or kept where the schema is loose.
import type { z } from 'zod';
import type { At } from './at.ts';
import { childrenOf } from './children.ts';
import type { Compile, Compiled, Merger } from './compile.ts';
import { unknownOption, wrongKind } from './errors.ts';
import { childInput, type Input } from './input.ts';
import { isComputing, isPlainObject, ownValue } from './lazy.ts';
import { setProperty } from './property.ts';
import { UNSETTLED } from './quick.ts';

export function objectMerger(core: z.core.$ZodObject, compile: Compile): Merger {
  const { shape, catchall } = core._zod.def;
  const keys = Object.keys(shape);
  const known: ReadonlySet<string> = new Set(keys);
  const children = childrenOf(shape, compile);
  const free = catchall !== undefined && catchall._zod.def.type !== 'never' ? compile(catchall) : undefined;

  return {
    emptyValue: true,
    pushesPriorityDown: true,
    merge(inputs, at, parents) {
      for (const input of inputs) {
        if (!isPlainObject(input.value)) throw wrongKind(at, `an object with ${someOf(keys)}`, input, core);
      }
      const target: Record<string, unknown> = {};
      const shownParents = inputs.length > 0 ? inputs : parents;
      const readable = inputs.every((input) => !isComputing(input.value as object));
      for (const { key, child } of children()) {
        const quick = readable ? quickValue(key, child, inputs) : UNSETTLED;
        if (quick !== UNSETTLED) target[key] = quick;
        else setProperty(target, key, child, inputsFor(key, inputs), at, shownParents);
      }
      for (const key of otherKeys(inputs, known)) {
        if (free !== undefined) setProperty(target, key, free, inputsFor(key, inputs), at, inputs);
        else reportUnknown(key, inputs, at);
      }
      return Object.freeze(target);
    },
  };

  function reportUnknown(key: string, inputs: readonly Input[], at: At): void {
    for (const input of inputs) {
      if (ownValue(input.value as Record<string, unknown>, key) === undefined) continue;
      at.scope.report(unknownOption(at, key, keys, input));
    }
  }
}

/** The value of a key that one definition gives at most, found without looking at where it stands. */
function quickValue(key: string, child: Compiled, inputs: readonly Input[]): unknown {
  let only: unknown;
  for (const input of inputs) {
    const object = input.value as Readonly<Record<string, unknown>>;
    const value = Object.hasOwn(object, key) ? object[key] : undefined;
    if (value === undefined) continue;
    if (only !== undefined) return UNSETTLED;
    only = value;
  }
  return key === '__proto__' ? UNSETTLED : child.quick(only);
}

/** The inputs that a key gets: one from each definition that names it. */
function inputsFor(key: string, inputs: readonly Input[]): Input[] {
  const result: Input[] = [];
  for (const input of inputs) {
    const value = ownValue(input.value as Readonly<Record<string, unknown>>, key);
    if (value !== undefined) result.push(childInput(input, key, value));
  }
  return result;
}

/** Keys outside the schema, sorted so that the order of definitions does not matter. */
function otherKeys(inputs: readonly Input[], known: ReadonlySet<string>): readonly string[] {
  let others: Set<string> | undefined;
  for (const input of inputs) {
    const object = input.value as Readonly<Record<string, unknown>>;
    for (const key of Object.keys(object)) {
      if (!known.has(key) && ownValue(object, key) !== undefined) (others ??= new Set()).add(key);
    }
  }
  return others === undefined ? [] : [...others].sort();
}

function someOf(keys: readonly string[]): string {
  const shown = keys.slice(0, 4).map((key) => `\`${key}\``);
  return keys.length > shown.length ? `${shown.join(', ')}, …` : shown.join(', ');
}
