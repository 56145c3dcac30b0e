// Records: entries by name, each merged by the value schema; entries sorted by name.
import type { z } from 'zod';
import type { Kind } from '../kinds.ts';
import { below, type At } from './at.ts';
import { outcome } from './check.ts';
import type { Compile, Compiled, Merger } from './compile.ts';
import { computedDefaults } from './computed.ts';
import { optionError, placeOf, wrongKind } from './errors.ts';
import { childInput, type Input } from './input.ts';
import { isPlainObject, ownValue } from './lazy.ts';
import { setLazy, setProperty } from './property.ts';
import { shown } from './shown.ts';

/** What the entries of a record are. */
interface Entries {
  readonly value: Compiled;
  readonly key?: z.core.$ZodType;
  readonly defaults?: Kind['entryDefaults'];
}

export function recordMerger(core: z.core.$ZodRecord, kind: Kind, compile: Compile): Merger {
  const { keyType, valueType } = core._zod.def;
  const entries: Entries = { value: compile(valueType), key: keyType, defaults: kind.entryDefaults };
  return {
    emptyValue: true,
    pushesPriorityDown: false,
    merge(inputs, at, parents) {
      for (const input of inputs) {
        if (!isPlainObject(input.value)) throw wrongKind(at, 'an object of named entries', input);
      }
      return mergeEntries(inputs, at, entries, parents);
    },
  };
}

/** Objects merged key by key with one schema for all values. */
export function mergeEntries(
  inputs: readonly Input[],
  at: At,
  { value, key: keySchema, defaults }: Entries,
  parents: readonly Input[] = inputs,
): Record<string, unknown> {
  const given = inputsByKey(inputs, keySchema, at);
  // A record whose keys are an enum has an entry for each of them.
  for (const key of keySchema?._zod.values ?? []) if (!given.has(String(key))) given.set(String(key), []);
  const target: Record<string, unknown> = {};
  for (const [key, own] of [...given].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const definitions = own.length > 0 ? own : parents;
    if (defaults === undefined) {
      setProperty(target, key, value, own, at, definitions);
      continue;
    }
    const here = below(at, key);
    setLazy(target, key, own, here, () => {
      const computed = computedDefaults(here, (self) => defaults(self, key, at.scope.context));
      return computed.bound(value.merge([...own, computed.input], here, definitions));
    });
  }
  return Object.freeze(target);
}

function inputsByKey(
  inputs: readonly Input[],
  keySchema: z.core.$ZodType | undefined,
  at: At,
): Map<string, Input[]> {
  const byKey = new Map<string, Input[]>();
  for (const input of inputs) {
    const object = input.value as Readonly<Record<string, unknown>>;
    for (const written of Object.keys(object)) {
      const value = ownValue(object, written);
      if (value === undefined) continue;
      const child = childInput(input, written, value);
      const key = keySchema === undefined ? written : fittingKey(keySchema, written, child, at);
      if (key === undefined) continue;
      const list = byKey.get(key);
      if (list === undefined) byKey.set(key, [child]);
      else list.push(child);
    }
  }
  return byKey;
}

/** The key as its schema has it; one that does not fit is reported. */
function fittingKey(schema: z.core.$ZodType, key: string, input: Input, at: At): string | undefined {
  const result = outcome(schema, numeric(schema, key), input, at);
  if (result.success) return String(result.data);
  const [{ phrase, reason }] = result.problems as [(typeof result.problems)[number]];
  at.scope.report(
    optionError(at, 'option.key', {
      message: `expected ${phrase} as a name, got ${shown(key)}${reason === undefined ? '' : `: ${reason}`}`,
      places: [placeOf(input, undefined, 'key')],
    }),
  );
  return undefined;
}

/** Keys of an object are text, also where the schema wants numbers. */
function numeric(schema: z.core.$ZodType, key: string): string | number {
  return schema._zod.def.type === 'number' && /^-?\d+(\.\d+)?$/.test(key) ? Number(key) : key;
}
