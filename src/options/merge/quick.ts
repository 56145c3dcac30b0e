// The short way for what most definitions are: plain values, defined once, that fit their schema. What it
// cannot settle, wrong values among it, goes the long way, which gives the same result and all messages.
import { z } from 'zod';
import { innerType, type Kind } from '../kinds.ts';
import { wrapperOf } from '../wrapper.ts';
import { childrenOf } from './children.ts';
import type { Compile } from './compile.ts';
import { isComputing, isPlainObject } from './lazy.ts';

/** What a quick merge gives for a value that needs the long way. */
export const UNSETTLED: unique symbol = Symbol('unsettled');

/** The merged value of one plain definition, frozen; UNSETTLED for anything but that. */
export type Quick = (value: unknown) => unknown;

/** Merges without a short way: their schemas, or their checks, have a say in what the value becomes. */
const never: Quick = () => UNSETTLED;

/** @param core what stands inside the wrappers (`.default()`, `.optional()`, …) of `schema` */
export function quickOf(
  schema: z.core.$ZodType,
  core: z.core.$ZodTypes,
  kind: Kind,
  compile: Compile,
): Quick {
  if (kind.lines === true || kind.merge !== undefined || kind.entryDefaults !== undefined) return never;
  if (kind.readOnly === true) return never;
  for (let layer = schema; layer !== core; layer = innerType(layer)!) if (hasChecks(layer)) return never;
  const { def } = core._zod;
  const checked = hasChecks(core);
  switch (def.type) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'enum':
    case 'literal':
      return quickScalar(core);
    case 'array':
      return checked ? never : quickList(def.element, kind.unique === true, compile);
    case 'record':
      return checked || !acceptsAnyName(def.keyType) ? never : quickRecord(def.valueType, compile);
    case 'object':
      return checked || def.catchall !== undefined ? never : quickObject(def.shape, compile);
    default:
      return never;
  }
}

function quickScalar(core: z.core.$ZodTypes): Quick {
  const { def, run, parse } = core._zod;
  // Where no checks run, and nothing is made another type, the type of the value is all there is to it.
  const isTypeAlone = run === parse && !('coerce' in def && def.coerce === true);
  if (isTypeAlone && (def.type === 'string' || def.type === 'boolean')) {
    return (value) => (typeof value === def.type ? value : UNSETTLED);
  }
  return (value) => {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
      return UNSETTLED;
    try {
      const result = run({ value, issues: [] }, {});
      return result instanceof Promise || result.issues.length > 0 ? UNSETTLED : result.value;
    } catch {
      // The long way meets the same exception, and says whose code threw it.
      return UNSETTLED;
    }
  };
}

function quickList(element: z.core.$ZodType, unique: boolean, compile: Compile): Quick {
  const item = compile(element);
  return (value) => {
    if (!Array.isArray(value)) return UNSETTLED;
    const items: unknown[] = [];
    for (const given of value as unknown[]) {
      const merged = given === undefined ? UNSETTLED : item.quick(given);
      if (merged === UNSETTLED || (unique && typeof merged === 'object')) return UNSETTLED;
      items.push(merged);
    }
    return Object.freeze(unique ? [...new Set(items)] : items);
  };
}

function quickRecord(valueType: z.core.$ZodType, compile: Compile): Quick {
  const entry = compile(valueType);
  return (value) => {
    if (!isReadable(value)) return UNSETTLED;
    const target: Record<string, unknown> = {};
    for (const key of Object.keys(value).sort()) {
      const given = value[key];
      if (given === undefined) continue;
      const merged = key === '__proto__' ? UNSETTLED : entry.quick(given);
      if (merged === UNSETTLED) return UNSETTLED;
      target[key] = merged;
    }
    return Object.freeze(target);
  };
}

function quickObject(shape: z.core.$ZodShape, compile: Compile): Quick {
  const known = new Set(Object.keys(shape));
  const children = childrenOf(shape, compile);
  return (value) => {
    if (!isReadable(value)) return UNSETTLED;
    for (const key of Object.keys(value)) if (!known.has(key)) return UNSETTLED;
    const target: Record<string, unknown> = {};
    for (const { key, child } of children()) {
      const merged = child.quick(Object.hasOwn(value, key) ? value[key] : undefined);
      if (merged === UNSETTLED) return UNSETTLED;
      target[key] = merged;
    }
    return Object.freeze(target);
  };
}

/** A plain object whose keys can be read without running user code. */
function isReadable(value: unknown): value is Readonly<Record<string, unknown>> {
  return isPlainObject(value) && !isComputing(value) && wrapperOf(value) === undefined;
}

function hasChecks(schema: z.core.$ZodType): boolean {
  return (schema._zod.def.checks ?? []).length > 0;
}

/** Whether every text is a name that the schema of a record's keys takes as it is. */
export function acceptsAnyName(schema: z.core.$ZodType): boolean {
  return schema instanceof z.ZodString && !hasChecks(schema);
}
