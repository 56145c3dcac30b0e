// Declaring an option set, and implementing it.
import type { z } from 'zod';
import type { Migration, Migrations } from './migrate.ts';
import type { RawDefinition } from './definition.ts';
import { SteadError } from './error.ts';
import { shown } from './merge/shown.ts';
import { Site } from './place.ts';
import type { AnyOptionSet, Context, Contribution, Def, Definition, Settings } from './types.ts';

/** A named, typed group of settings: call it to define them, pass it to `get` to read them. */
export interface OptionSet<S extends z.ZodObject = z.ZodObject> extends AnyOptionSet {
  (settings: Def<z.input<S>>): Definition;
  readonly name: string;
  readonly schema: S;
  /**
   * Says what follows from this option set on a host that uses it. At most once for each set;
   * a fleet's overlay may wrap or replace it.
   */
  implement(implementation: Implementation<z.output<S>>): void;
}

/** The generator that turns one option set's merged value into definitions of lower ones. */
export interface Implementation<Self> {
  /** Every option set that `config` may define. Reading one of them inside `config` needs a thunk. */
  readonly defines?: readonly AnyOptionSet[];
  config(self: Self, context: Context): Iterable<Contribution>;
}

/** More about an option set than its schema says. */
export interface SetOptions<S extends z.ZodObject> {
  /** Defaults that follow from other settings; they hold where nothing is defined (priority 1500). */
  readonly defaults?: (self: z.output<S>, context: Context) => Settings<z.input<S>>;
  /** Options that had another name, are gone, or changed their meaning. */
  readonly migrations?: Migrations;
}

/** An option set as the engine sees it. */
export interface RawSet extends AnyOptionSet {
  readonly site: Site;
  readonly defaults: ((self: unknown, context: Context) => unknown) | undefined;
  /** By the keys that lead to the old option. */
  readonly migrations: readonly (readonly [from: readonly string[], migration: Migration])[];
  implementation: RawImplementation | undefined;
}

export interface RawImplementation {
  readonly defines: readonly AnyOptionSet[];
  readonly site: Site;
  config(self: unknown, context: Context): Iterable<Contribution>;
}

const rawSets = new WeakMap<AnyOptionSet, RawSet>();

/** The engine's side of an option set. */
export function rawSet(set: AnyOptionSet): RawSet {
  const raw = rawSets.get(set);
  if (raw !== undefined) return raw;
  throw new SteadError({
    code: 'option-set.unknown',
    message: `expected an option set, got ${shown(set)}`,
    hint: 'An import that is undefined here often comes from two files that import each other.',
  });
}

/** Whether a module's export is an option set. */
export function isOptionSet(value: unknown): value is OptionSet {
  return typeof value === 'function' && rawSets.has(value as unknown as AnyOptionSet);
}

/**
 * Declares an option set.
 * @param name what it is called in option paths: `wireguard` in `wireguard.port`
 * @param schema a zod object: types, descriptions (`.describe`) and defaults of its options
 */
export function options<S extends z.ZodObject>(
  name: string,
  schema: S,
  more: SetOptions<S> = {},
): OptionSet<S> {
  const call = (settings: unknown): RawDefinition => ({
    kind: 'definition',
    set,
    settings,
    site: new Site(call),
  });
  const implement = (implementation: Implementation<never>): void => {
    const site = new Site(implement);
    if (raw.implementation !== undefined) throw implementedTwice(raw, raw.implementation.site, site);
    raw.implementation = rawImplementation(implementation, site);
  };
  const set = Object.defineProperties(call, {
    name: { value: name },
    schema: { value: schema },
    implement: { value: implement },
  }) as unknown as OptionSet<S>;
  const raw: RawSet = {
    name,
    schema,
    site: new Site(options),
    defaults: more.defaults as RawSet['defaults'],
    migrations: Object.entries(more.migrations ?? {}).map(([from, migration]) => [
      from.split('.'),
      migration,
    ]),
    implementation: undefined,
  };
  rawSets.set(set, raw);
  return set;
}

export function rawImplementation(implementation: Implementation<never>, site: Site): RawImplementation {
  return {
    defines: implementation.defines ?? [],
    site,
    config: (self, context) => implementation.config(self as never, context),
  };
}

function implementedTwice(raw: RawSet, first: Site, second: Site): SteadError {
  return new SteadError({
    code: 'implementation.duplicate',
    message: `the option set ${raw.name} is implemented twice`,
    places: [
      { place: first.place(), label: 'implemented here' },
      { place: second.place(), label: 'and here' },
    ],
    hint: 'Keep one; an overlay wraps or replaces the implementation of another module.',
  });
}
