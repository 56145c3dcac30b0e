// How an option merges when its type alone does not say: data attached to zod schemas.
import { z } from 'zod';
import { Site } from './place.ts';
import type { Context, Settings } from './types.ts';

/** What a schema carries beside its type. zod hands it on to the copies that `.describe` makes. */
export interface Kind {
  readonly lines?: boolean;
  readonly unique?: boolean;
  readonly whole?: boolean;
  readonly readOnly?: boolean;
  readonly internal?: boolean;
  readonly merge?: (values: readonly unknown[]) => unknown;
  readonly entryDefaults?: EntryDefaults;
}

export interface EntryDefaults {
  compute(self: unknown, name: string, context: Context): unknown;
  /** The call of `entries`. */
  readonly site: Site;
}

const kinds = z.registry<{ kind: unknown }>();

/** What the schema, or a schema it wraps (`.default`, `.optional`, …), carries. */
export function kindOf(schema: z.core.$ZodType): Kind {
  let kind: Kind = {};
  for (let layer: z.core.$ZodType | undefined = schema; layer !== undefined; layer = innerType(layer)) {
    kind = { ...attached(layer), ...kind };
  }
  return kind;
}

/** Text whose definitions are joined with newlines, in order. */
export function lines(): z.ZodString {
  return withKind(z.string(), { lines: true });
}

/** A list without repetitions: definitions add up, equal items count once, the first stays. */
export function uniqueList<T extends z.core.$ZodType>(item: T): z.ZodArray<T> {
  const list = z.array(item);
  return withKind(list, { unique: true });
}

/** A list or record that is one value, such as a command: its definitions do not add up, they must agree. */
export function whole<S extends z.core.$ZodType>(schema: S): S {
  return withKind(schema, { whole: true });
}

/** Merges definitions of the winning priority by `combine`; its result is then checked by the schema. */
export function mergedBy<S extends z.core.$ZodType>(
  schema: S,
  combine: (values: readonly z.input<S>[]) => z.input<S>,
): S {
  return withKind(schema, { merge: combine as Kind['merge'] & {} });
}

/** An option that may be defined once only: nothing can override what its one definition says. */
export function readOnly<S extends z.core.$ZodType>(schema: S): S {
  return withKind(schema, { readOnly: true });
}

/** An option that users do not set: it stays out of the reference. */
export function internal<S extends z.core.$ZodType>(schema: S): S {
  return withKind(schema, { internal: true });
}

/**
 * A record of submodules: each entry has the settings of `value`. Which entries there are is known before
 * thunks run; one that is there on a condition is written with `when`.
 * @param defaults what an entry's settings are where nothing is defined; may read the entry's own key
 * (`name`) and, in thunks, its other settings (`self`)
 */
export function entries<V extends z.core.$ZodType, K extends z.ZodString = z.ZodString>(
  value: V,
  defaults?: (self: z.output<V>, name: string, context: Context) => Settings<z.output<V>>,
  key?: K,
): z.ZodRecord<K, V> {
  const record = z.record(key ?? (z.string() as K), value);
  if (defaults === undefined) return record;
  const compute = defaults as unknown as EntryDefaults['compute'];
  return withKind(record, { entryDefaults: { compute, site: new Site(entries) } });
}

/** The schema inside `.default()`, `.optional()` and the like. */
export function innerType(schema: z.core.$ZodType): z.core.$ZodType | undefined {
  const def = (schema as z.core.$ZodTypes)._zod.def;
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'nonoptional':
    case 'readonly':
    case 'catch':
      return def.innerType;
    case 'lazy':
      // Not `def.getter()`, which may make another schema each time.
      return (schema as z.core.$ZodLazy)._zod.innerType;
    default:
      return undefined;
  }
}

function attached(schema: z.core.$ZodType): Kind {
  return (kinds.get(schema)?.kind ?? {}) as Kind;
}

/** A copy, so that a schema shared between options keeps its own kind. */
function withKind<S extends z.core.$ZodType>(schema: S, kind: Kind): S {
  const copy = z.clone(schema, schema._zod.def, { parent: true });
  kinds.add(copy, { kind: { ...attached(schema), ...kind } });
  return copy;
}
