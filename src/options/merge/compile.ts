// From a zod schema to the function that merges definitions of it: made once for each schema.
import type { z } from 'zod';
import { innerType, kindOf, type Kind } from '../kinds.ts';
import type { At } from './at.ts';
import { expectedOf, parsed } from './check.ts';
import { missing, readOnlyTwice, wrongValue } from './errors.ts';
import { opened, winners, type Input } from './input.ts';
import { mergerOf } from './mergers.ts';

/** How one kind of schema merges. */
export interface Merger {
  /** Nothing defined is a value (`{}`, `[]`), or the errors of what is missing inside. */
  readonly emptyValue: boolean;
  /** A priority on the whole means each of its keys, and takes nothing from other definitions' keys. */
  readonly pushesPriorityDown: boolean;
  /** Merging reads the whole value, so it has to wait until someone asks. */
  readonly readsAll?: boolean;
  /**
   * The value that the inputs make together; wrappers are opened and the winners picked.
   * @param parents definitions of the enclosing object, shown when something is not set
   * @throws SteadError when they do not fit the schema or each other
   */
  merge(inputs: readonly Input[], at: At, parents: readonly Input[]): unknown;
}

/** A schema made ready to merge definitions. */
export interface Compiled {
  /** The schema without `.default()`, `.optional()` and the like. */
  readonly core: z.core.$ZodTypes;
  readonly kind: Kind;
  readonly readsAll: boolean;
  merger(): Merger;
  /** As `Merger.merge`, from inputs as they come; none at all gives the default. */
  merge(inputs: readonly Input[], at: At, parents: readonly Input[]): unknown;
}

export type Compile = (schema: z.core.$ZodType) => Compiled;

const compiled = new WeakMap<z.core.$ZodType, Compiled>();

export function compile(schema: z.core.$ZodType): Compiled {
  let result = compiled.get(schema);
  if (result === undefined) compiled.set(schema, (result = compileNow(schema)));
  return result;
}

function compileNow(schema: z.core.$ZodType): Compiled {
  const { core, hasDefault, nullable } = unwrapped(schema);
  const kind = kindOf(schema);
  // Made on first use: a recursive schema meets itself here.
  let made: Merger | undefined;
  const merger = (): Merger => (made ??= mergerOf(core, kind, schema, compile));
  let cachedDefault: { readonly value: unknown } | undefined;

  const absent = (at: At, parents: readonly Input[]): unknown => {
    if (hasDefault) {
      cachedDefault ??= { value: deepFrozen(parsed(schema, undefined, [], at)) };
      return cachedDefault.value;
    }
    if (merger().emptyValue) return merger().merge([], at, parents);
    throw missing(at, expectedOf(core), parents);
  };

  return {
    core,
    kind,
    get readsAll() {
      return core._zod.def.type === 'pipe' && merger().readsAll === true;
    },
    merger,
    merge(inputs, at, parents) {
      if (inputs.length === 0) return absent(at, parents);
      const candidates = merger().pushesPriorityDown ? opened(inputs, at) : winners(inputs, at);
      if (candidates.length === 0) return absent(at, parents);
      if (kind.readOnly === true && candidates.length > 1) throw readOnlyTwice(at, candidates);
      if (nullable && candidates.some((input) => input.value === null)) {
        const other = candidates.find((input) => input.value !== null);
        if (other !== undefined)
          throw wrongValue(at, 'null, as another definition says', other.value, candidates);
        return null;
      }
      return merger().merge(candidates, at, parents);
    },
  };
}

/** What stands inside the wrappers, and what they add. */
function unwrapped(schema: z.core.$ZodType): {
  core: z.core.$ZodTypes;
  hasDefault: boolean;
  nullable: boolean;
} {
  let core = schema;
  let hasDefault = false;
  let nullable = false;
  for (let inner = innerType(core); inner !== undefined; inner = innerType(core)) {
    const { type } = (core as z.core.$ZodTypes)._zod.def;
    if (type === 'default' || type === 'prefault' || type === 'optional' || type === 'catch')
      hasDefault = true;
    if (type === 'nullable') nullable = true;
    core = inner;
  }
  return { core: core as z.core.$ZodTypes, hasDefault, nullable };
}

function deepFrozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value) && !ArrayBuffer.isView(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFrozen(inner);
  }
  return value;
}
