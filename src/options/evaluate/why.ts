// Why an option has its value: every definition of it, with priority and place, and which one won.
import type { z } from 'zod';
import type { LabelledPlace } from '../error.ts';
import { placeOf } from '../merge/errors.ts';
import { below, type At } from '../merge/at.ts';
import { compile } from '../merge/compile.ts';
import { childInput, opened, type Input } from '../merge/input.ts';
import { isPlainObject } from '../merge/property.ts';
import { innerType } from '../kinds.ts';
import { rawSet } from '../set.ts';
import type { AnyOptionSet } from '../types.ts';
import { PRIORITY } from '../wrap.ts';
import type { HostEvaluation } from './host.ts';
import { SetScope } from './scope.ts';

/** One definition of an option. */
export interface Explanation {
  readonly place: LabelledPlace;
  readonly value: unknown;
  readonly priority: number;
  readonly won: boolean;
}

/**
 * Every definition of the option at `keys`, strongest first. Lists, records and objects have several
 * winners, which add up; an empty result means that the default holds.
 */
export function explain(
  host: HostEvaluation,
  set: AnyOptionSet,
  keys: readonly (string | number)[],
): readonly Explanation[] {
  const scope = new SetScope(host, rawSet(set));
  let at: At = { scope, path: undefined };
  let inputs: readonly Input[] = host.inputs(set);
  let schema: z.core.$ZodType | undefined = set.schema;
  scope.migrateFrom(inputs, at);
  for (const key of keys) {
    const pushes = schema !== undefined && compile(schema).merger().pushesPriorityDown;
    const parents: Input[] = pushes ? opened(inputs, at) : strongest(opened(inputs, at));
    schema = schema && childSchema(schema, key);
    inputs = parents.flatMap((input) => {
      const value = valueAt(input.value, key);
      return value === undefined ? [] : [childInput(input, key, value)];
    });
    at = below(at, key);
    inputs = [...inputs, ...scope.moved(keys.slice(0, keys.indexOf(key) + 1).join('.'))];
  }
  const all = opened(inputs, at);
  const best = Math.min(...all.map((input) => input.priority));
  const pushes = schema !== undefined && compile(schema).merger().pushesPriorityDown;
  return all
    .map((input) => ({
      place: placeOf(input),
      value: input.value,
      priority: input.priority,
      won: pushes || input.priority === best,
    }))
    .sort((a, b) => a.priority - b.priority);
}

/** The name people give a priority. */
export function priorityName(priority: number): string {
  const name = Object.entries(PRIORITY).find(([, level]) => level === priority)?.[0];
  return name === undefined ? `priority ${priority}` : name === 'plain' ? 'defined' : name;
}

function strongest(inputs: readonly Input[]): Input[] {
  const best = Math.min(...inputs.map((input) => input.priority));
  return inputs.filter((input) => input.priority === best);
}

function valueAt(value: unknown, key: string | number): unknown {
  if (Array.isArray(value)) return typeof key === 'number' ? value[key] : undefined;
  return isPlainObject(value) ? value[key] : undefined;
}

/** The schema of a key inside an object, record or list schema. */
export function childSchema(schema: z.core.$ZodType, key: string | number): z.core.$ZodType | undefined {
  let core = schema;
  for (let inner = innerType(core); inner !== undefined; inner = innerType(core)) core = inner;
  const { def } = (core as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'object':
      return def.shape[key] ?? def.catchall;
    case 'record':
      return def.valueType;
    case 'array':
      return def.element;
    case 'pipe':
      return childSchema(def.in._zod.def.type === 'transform' ? def.out : def.in, key);
    case 'union':
      return def.options.map((option) => childSchema(option, key)).find((found) => found !== undefined);
    default:
      return undefined;
  }
}
