// The schemas on the way to an option.
import type { z } from 'zod';
import { compile } from './compile.ts';

/** What definitions are merged as: inside wrappers, and on the side of a pipe that users write. */
export function coreOf(schema: z.core.$ZodType): z.core.$ZodTypes {
  const { core } = compile(schema);
  const { def } = core._zod;
  if (def.type !== 'pipe') return core;
  return coreOf(def.in._zod.def.type === 'transform' ? def.out : def.in);
}

/** The schema of a key inside an object, record, list or union. */
export function childSchema(
  { _zod: { def } }: z.core.$ZodTypes,
  key: string | number,
): z.core.$ZodType | undefined {
  switch (def.type) {
    case 'object':
      return Object.hasOwn(def.shape, key) ? def.shape[key] : def.catchall;
    case 'record':
      return def.valueType;
    case 'array':
      return def.element;
    case 'union':
      return def.options
        .map((option) => childSchema(coreOf(option), key))
        .find((found) => found !== undefined);
    default:
      return undefined;
  }
}

/** Those of the keys that are names which users give to entries, innermost first. */
export function entryNames(schema: z.core.$ZodType, keys: readonly (string | number)[]): readonly string[] {
  return keys
    .filter((key, index) => typeof key === 'string' && isRecord(schema, keys.slice(0, index)))
    .reverse() as string[];
}

/** Whether the option that keys lead to is one of named entries. */
export function isRecord(schema: z.core.$ZodType, keys: readonly (string | number)[]): boolean {
  let here: z.core.$ZodType | undefined = schema;
  for (const key of keys) here = here && childSchema(coreOf(here), key);
  return here !== undefined && coreOf(here)._zod.def.type === 'record';
}
