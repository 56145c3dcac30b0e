// Records: entries by name, each merged by the value schema; entries sorted by name.
import type { z } from 'zod';
import { PRIORITY, ORDER } from '../wrap.ts';
import { SteadError } from '../error.ts';
import type { Kind } from '../kinds.ts';
import { below, type At } from './at.ts';
import { checksOf, parsed } from './check.ts';
import type { Compile, Compiled, Merger } from './compile.ts';
import { pathText, placeOf, shown, wrongValue } from './errors.ts';
import { childInput, type Input } from './input.ts';
import { isPlainObject, setProperty } from './property.ts';

export function recordMerger(
  core: z.core.$ZodRecord,
  kind: Kind,
  schema: z.core.$ZodType,
  compile: Compile,
): Merger {
  const value = compile(core._zod.def.valueType);
  const keySchema = core._zod.def.keyType;
  const check = checksOf(schema);
  return {
    emptyValue: true,
    pushesPriorityDown: false,
    merge(inputs, at) {
      for (const input of inputs) {
        if (!isPlainObject(input.value))
          throw wrongValue(at, 'an object of named entries', input.value, [input]);
      }
      const target = mergeEntries(inputs, at, value, keySchema, kind.entryDefaults);
      if (check !== undefined) at.scope.later(() => check(target, inputs, at));
      return target;
    },
  };
}

/** Objects merged key by key with one schema for all values. */
export function mergeEntries(
  inputs: readonly Input[],
  at: At,
  value: Compiled,
  keySchema: z.core.$ZodType | undefined,
  defaults: Kind['entryDefaults'],
): Record<string, unknown> {
  const byKey = new Map<string, Input[]>();
  for (const input of inputs) {
    const object = input.value as Readonly<Record<string, unknown>>;
    for (const key of Object.keys(object)) {
      const given = object[key];
      if (given === undefined) continue;
      const child = childInput(input, key, given);
      const list = byKey.get(key);
      if (list === undefined) byKey.set(key, [child]);
      else list.push(child);
    }
  }
  const target: Record<string, unknown> = {};
  for (const key of [...byKey.keys()].sort()) {
    const given = byKey.get(key)!;
    if (keySchema !== undefined && !keyFits(keySchema, key, given, at)) continue;
    const here = below(at, key);
    if (defaults === undefined) {
      setProperty(target, key, value, given, here, given);
      continue;
    }
    const computed = computedDefaults(here, (self) => defaults(self, key, at.scope.context));
    setProperty(target, key, value, [...given, computed.input], here, given);
    computed.bind(() => target[key]);
  }
  return Object.freeze(target);
}

/** Settings computed from the very value they are defaults of, as an input of the weakest priority. */
export function computedDefaults(
  at: At,
  make: (self: unknown) => unknown,
): { readonly input: Input; bind(self: () => unknown): void } {
  let read: (() => unknown) | undefined;
  const self = forwarding(() => {
    if (read !== undefined) return read() as object;
    throw new SteadError({
      code: 'option.early-read',
      host: at.scope.hostName,
      option: pathText(at),
      message: 'a default read another setting before the settings were put together',
      places: [{ place: at.scope.set.site.place(), label: `${at.scope.set.name} is declared here` }],
      hint: 'Write the default as a thunk: `() => self.…`.',
    });
  });
  const source = at.scope.set;
  const input: Input = {
    value: at.scope.call(undefined, () => make(self)),
    priority: PRIORITY.default,
    ranked: true,
    order: ORDER.plain,
    ordered: false,
    source,
    path: undefined,
  };
  return { input, bind: (now) => void (read = now) };
}

/** An object that stands for another one which is found out when a property is asked for. */
export function forwarding(target: () => object): object {
  return new Proxy(Object.create(null) as object, {
    get: (_, key) => Reflect.get(target(), key),
    has: (_, key) => Reflect.has(target(), key),
    ownKeys: () => Reflect.ownKeys(target()),
    getOwnPropertyDescriptor(_, key) {
      const descriptor = Reflect.getOwnPropertyDescriptor(target(), key);
      return descriptor && { ...descriptor, configurable: true };
    },
    set(_, key) {
      throw new TypeError(`configuration is read-only: ${String(key)} cannot be assigned`);
    },
  });
}

function keyFits(schema: z.core.$ZodType, key: string, given: readonly Input[], at: At): boolean {
  try {
    parsed(schema, key, given, at);
    return true;
  } catch (error) {
    if (!(error instanceof SteadError)) throw error;
    at.scope.report(
      new SteadError({
        code: 'option.key',
        host: at.scope.hostName,
        option: pathText(at),
        message: `${error.message.replace(/, got .*/s, '')} as a name, got ${shown(key)}`,
        places: given.map((input) => placeOf(input, undefined, 'key')),
      }),
    );
    return false;
  }
}
