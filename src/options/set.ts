// Declaring an option set, and implementing it.
import type { z } from 'zod';
import type { Migration, Migrations } from './migrate.ts';
import { checkSettings, IMPORT_CYCLE, wrongArgument, type Call } from './arguments.ts';
import { MadeDefinition, type RawDefinition } from './definition.ts';
import { SteadError } from './error.ts';
import { isPlainObject } from './merge/lazy.ts';
import { shown } from './merge/shown.ts';
import { readerPlace, Site } from './place.ts';
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
  /** As an error names the call that was given it. */
  readonly called: string;
  config(self: unknown, context: Context): Iterable<Contribution>;
}

const rawSets = new WeakMap<AnyOptionSet, RawSet>();

/** The engine's side of an option set. */
export function rawSet(set: AnyOptionSet): RawSet {
  const raw = rawSets.get(set);
  if (raw !== undefined) return raw;
  const place = readerPlace();
  throw new SteadError({
    code: 'option-set.unknown',
    message: `expected an option set, got ${shown(set)}`,
    places: place === undefined ? [] : [{ place, keys: [], argument: 0 }],
    hint: set === undefined ? IMPORT_CYCLE : 'Pass what options(…) gave, as it is imported from its module.',
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
 * @throws SteadError `call.argument` for arguments of another kind, here and in what is called of the result
 */
export function options<S extends z.ZodObject>(
  name: string,
  schema: S,
  more: SetOptions<S> = {},
): OptionSet<S> {
  const declared = { name: 'options(…)', site: new Site(options) };
  checkDeclaration(declared, name, schema, more);
  const call = (settings: unknown, second?: unknown): RawDefinition => {
    const site = new Site(call);
    if (typeof second === 'object' && second !== null) throw secondArgument(name, site);
    return new MadeDefinition(set, settings, site);
  };
  const implement = (implementation: Implementation<never>): void => {
    const site = new Site(implement);
    if (raw.implementation !== undefined) throw implementedTwice(raw, raw.implementation.site, site);
    raw.implementation = rawImplementation(implementation, { name: `${name}.implement(…)`, site });
  };
  const set = Object.defineProperties(call, {
    name: { value: name },
    schema: { value: schema },
    implement: { value: implement },
  }) as unknown as OptionSet<S>;
  const raw: RawSet = {
    name,
    schema,
    site: declared.site,
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

/**
 * The engine's side of an implementation.
 * @param call the call that was given it, in its last argument
 * @throws SteadError `call.argument` for what is no implementation
 */
export function rawImplementation(implementation: Implementation<never>, call: Call): RawImplementation {
  const hint = 'Write `{ defines: [ … ], *config(self, context) { yield … } }`.';
  checkSettings(call, implementation, { keys: [] }, ['defines', 'config'], hint);
  const { defines = [], config } = implementation;
  if (typeof config !== 'function') {
    const spot = { keys: config === undefined ? [] : ['config'] };
    const what =
      config === undefined ? 'is given no `config`' : `takes a function as \`config\`, got ${shown(config)}`;
    throw wrongArgument(call, spot, what, 'Write `*config(self, context) { yield … }`.');
  }
  if (!Array.isArray(defines)) {
    throw wrongArgument(
      call,
      { keys: ['defines'] },
      `takes a list of option sets as \`defines\`, got ${shown(defines)}`,
      'Write `defines: [files]`.',
    );
  }
  const wrong = defines.findIndex((set) => !isOptionSet(set));
  if (wrong !== -1) {
    throw wrongArgument(
      call,
      { keys: ['defines', wrong] },
      `takes option sets in \`defines\`, got ${shown(defines[wrong])}`,
      defines[wrong] === undefined
        ? IMPORT_CYCLE
        : 'Name the sets themselves, as they are imported: `defines: [files]`.',
    );
  }
  return {
    defines: [...new Set(defines)],
    site: call.site,
    called: call.name,
    config: (self, context) => implementation.config(self as never, context),
  };
}

function checkDeclaration(call: Call, name: unknown, schema: unknown, more: unknown): void {
  if (typeof name !== 'string' || !/^[A-Za-z][\w-]*$/.test(name)) {
    throw wrongArgument(
      call,
      { keys: [], argument: 0 },
      `takes a name of letters, digits and hyphens first, got ${shown(name)}`,
      "Option paths begin with it: 'wireguard' in wireguard.port.",
    );
  }
  const type = (schema as { _zod?: { def?: { type?: unknown } } } | null | undefined)?._zod?.def?.type;
  if (type !== 'object') {
    const what = isPlainObject(schema)
      ? 'a plain object'
      : type === undefined
        ? shown(schema)
        : `a schema of the type ${String(type)}`;
    throw wrongArgument(
      call,
      schema === undefined ? {} : { keys: [], argument: 1 },
      `takes a z.object({ … }) second, got ${what}`,
      what === 'a plain object'
        ? 'Put z.object(…) around it.'
        : 'Write its options as `z.object({ name: z.string() })`.',
    );
  }
  const hint = 'Write `{ defaults: (self) => ({ … }), migrations: { … } }`.';
  checkSettings(call, more, { keys: [], argument: 2 }, ['defaults', 'migrations'], hint);
}

function secondArgument(name: string, site: Site): SteadError {
  return wrongArgument(
    { name: `${name}(…)`, site },
    { keys: [], argument: 1 },
    'takes one object of settings, and here is a second one',
    `Put them into one, or write two definitions: ${name}({ … }), ${name}({ … }).`,
  );
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
