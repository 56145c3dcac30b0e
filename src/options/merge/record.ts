// Records: entries by name, each merged by the value schema; entries sorted by name.
import type { z } from 'zod';
import type { EntryDefaults, Kind } from '../kinds.ts';
import { below, type At } from './at.ts';
import { outcome } from './check.ts';
import type { Compile, Compiled, Merger } from './compile.ts';
import { computedDefaults, type Computed } from './computed.ts';
import { optionError, placeOf, suggestion, wrongKind } from './errors.ts';
import { childInput, conditioned, opened, winners, type Input } from './input.ts';
import { holdsLazy, isLazy, isPlainObject, ownValue } from './lazy.ts';
import type { Problem } from './problem.ts';
import { setLazy, setProperty } from './property.ts';
import { acceptsAnyName } from './quick.ts';
import { shown } from './shown.ts';
import { wrapperOf } from '../wrapper.ts';

/** What the entries of a record are. */
interface Entries {
  readonly value: Compiled;
  /** What names have to fit; undefined where any will do. */
  readonly key?: z.core.$ZodType | undefined;
  /** Entries that are there whether defined or not. */
  readonly names?: readonly string[];
  readonly defaults?: EntryDefaults | undefined;
}

export function recordMerger(core: z.core.$ZodRecord, kind: Kind, compile: Compile): Merger {
  const { keyType, valueType } = core._zod.def;
  const { partial = false } = core._zod.def as { readonly partial?: boolean };
  const entries: Entries = {
    value: compile(valueType),
    key: acceptsAnyName(keyType) ? undefined : keyType,
    // A record whose keys are an enum has an entry for each of them, unless it is partial.
    names: partial ? [] : [...(keyType._zod.values ?? [])].map(String),
    defaults: kind.entryDefaults,
  };
  return {
    emptyValue: true,
    pushesPriorityDown: false,
    runsUserCode: asksConditions,
    merge(inputs, at, parents) {
      for (const input of inputs) {
        if (!isPlainObject(input.value)) throw wrongKind(at, 'an object of named entries', input, core);
      }
      return mergeEntries(inputs, at, entries, parents);
    },
  };
}

/** Objects merged key by key with one schema for all values. */
export function mergeEntries(
  inputs: readonly Input[],
  at: At,
  { value, key: keySchema, names = [], defaults }: Entries,
  parents: readonly Input[] = inputs,
): Record<string, unknown> {
  const given = inputsByKey(inputs, keySchema, at);
  for (const [key, own] of given) if (!exists(own, at, key)) given.delete(key);
  for (const name of names) if (!given.has(name)) given.set(name, []);
  const target: Record<string, unknown> = {};
  for (const key of [...given.keys()].sort()) {
    const own = given.get(key)!;
    const definitions = own.length > 0 ? own : inputs.length > 0 ? inputs : parents;
    if (defaults === undefined && !own.some((input) => isLazy(input.value))) {
      setProperty(target, key, value, own, at, definitions);
      continue;
    }
    const here = below(at, key);
    setLazy(target, key, own, here, () => {
      const given = present(own, value, here);
      if (defaults === undefined) return value.merge(given, here, definitions);
      const computed = entryDefaults(defaults, key, here);
      return computed.bound(value.merge([...given, computed.input], here, definitions));
    });
  }
  return Object.freeze(target);
}

/** The defaults of the entry at `here`, whose own key is `name`. */
export function entryDefaults({ compute, site }: EntryDefaults, name: string, here: At): Computed {
  return computedDefaults(here, { site, argument: 1 }, (self) => compute(self, name, here.scope.context));
}

/** Whether finding out which entries there are asks conditions that are functions. */
export function asksConditions(value: unknown): boolean {
  const wrapper = wrapperOf(value);
  if (wrapper !== undefined) return holdsLazy(value);
  return isPlainObject(value) && Object.keys(value).some((key) => isOpen(ownValue(value, key)));
}

/** An entry that is defined only where conditions hold is there where one of them does. */
function exists(own: readonly Input[], at: At, key: string): boolean {
  return (
    own.some(({ value }) => wrapperOf(value) === undefined) ||
    own.some((input) => conditioned(input, below(at, key)))
  );
}

/** The definitions of an entry that is there: by then its thunks have to give something. */
function present(own: readonly Input[], value: Compiled, at: At): readonly Input[] {
  const given = value.merger().pushesPriorityDown ? opened(own, at) : winners(own, at);
  if (given.length > 0 || own.length === 0 || value.hasDefault) return given;
  throw optionError(at, 'option.empty-entry', {
    message: 'its thunk gives nothing, but what entries there are does not wait for thunks',
    places: own.map((input) => placeOf(input)),
    hint: 'Write `when(() => condition, { … })` instead: the entry is there where the condition holds.',
  });
}

function isOpen(value: unknown): boolean {
  const wrapper = wrapperOf(value);
  if (wrapper === undefined) return false;
  if (wrapper.kind === 'merge') return wrapper.values.some(isOpen);
  return (wrapper.kind === 'when' && typeof wrapper.condition === 'function') || isOpen(wrapper.value);
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
  const [problem] = result.problems as [Problem];
  const because = problem.reason === undefined ? '' : `: ${problem.reason}`;
  const hint = suggestion(problem);
  at.scope.report(
    optionError(at, 'option.key', {
      message: `expected each name to be ${problem.phrase}, got ${shown(key)}${because}`,
      places: [placeOf(input, undefined, 'key')],
      hint,
    }),
  );
  return undefined;
}

/** Keys of an object are text, also where the schema wants numbers. */
function numeric(schema: z.core.$ZodType, key: string): string | number {
  return schema._zod.def.type === 'number' && /^-?\d+(\.\d+)?$/.test(key) ? Number(key) : key;
}
