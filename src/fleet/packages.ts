// The package set: what a package's name stands for, and the overlays that change it.
import { z } from 'zod';
import {
  didYouMean,
  nearest,
  readerPlace,
  shown,
  SteadError,
  userPlace,
  type LabelledPlace,
  type Package,
  type PackageSet,
} from '../options/index.ts';
import { packageName, packageVersion } from '../options/values/index.ts';
import { DebianPackage } from './debian-package.ts';
import { guarded } from './hermetic/guarded.ts';
import { EMPTY_LOCK, Pins } from './pins.ts';
import { RecipePackage, type DeclaredRecipe } from './recipe.ts';

/** A Debian package as an overlay may write it. */
export interface DebianSpec {
  readonly kind: 'debian';
  readonly name: string;
  /** A version, or the beginning of one before a `*`: `1.22.*`. Any where nothing is said. */
  readonly version?: string;
}

/** What an overlay may say of a package. */
type PackageChange = Package | DeclaredRecipe | DebianSpec;

/** Packages that an overlay adds or changes; a thunk is run when the package is asked for. */
export type PackageChanges = Readonly<Record<string, PackageChange | (() => PackageChange)>>;

/**
 * Changes to the package set, as in Nix: `final` is the set with all overlays applied, `prev` the set
 * before this one. Reading `final` is for thunks, `name: () => …`, as it needs what overlays return.
 */
export type Overlay = (final: PackageSet, prev: PackageSet) => PackageChanges;

/** An overlay with the place to show when something is wrong with it. */
export interface PlacedOverlay {
  readonly overlay: Overlay;
  /** Of the overlay, or of what `keys` lead to in what it returns. */
  readonly place: (keys?: readonly string[], focus?: 'key') => LabelledPlace;
}

/**
 * The package set that overlays make, each over those before it, on the recipes that there are. Nothing is computed
 * until it is read.
 */
export function packageSet(
  overlays: readonly PlacedOverlay[],
  recipes: () => ReadonlyMap<string, RecipePackage> = () => new Map(),
  pins = new Pins(EMPTY_LOCK),
): PackageSet {
  let top: PackageSet = readable(
    (name) => recipes().get(name)?.pinnedBy(pins) ?? new DebianPackage(name),
    () => [...recipes().keys()],
  );
  const final = readable(
    (name) => top[name]!,
    () => Object.keys(top),
  );
  const making: Making[] = [];
  for (const placed of overlays) top = applied({ ...placed, pins, making }, final, top);
  return final;
}

/** What is wrong with the packages that overlays add or change. */
export function packageErrors(packages: PackageSet): readonly SteadError[] {
  const errors: SteadError[] = [];
  const collect = (read: () => void): void => {
    try {
      read();
    } catch (error) {
      if (!(error instanceof SteadError)) throw error;
      errors.push(error);
    }
  };
  let names: readonly string[] = [];
  collect(() => void (names = Object.keys(packages)));
  for (const name of names) collect(() => void packages[name]);
  // A ring comes up for each package in it.
  return [...new Map(errors.toReversed().map((error) => [placesText(error), error])).values()].reverse();
}

function placesText({ places }: SteadError): string {
  return JSON.stringify(places.map((place) => JSON.stringify(place)).sort());
}

/** An overlay with what recipes in it are to go by. */
interface PinnedOverlay extends PlacedOverlay {
  readonly pins: Pins;
  /** What is being made now, each for the one before it. */
  readonly making: Making[];
}

interface Making {
  readonly name: string;
  readonly overlay: PlacedOverlay;
}

function applied(placed: PinnedOverlay, final: PackageSet, prev: PackageSet): PackageSet {
  const changes = once(
    () =>
      checkedChanges(
        run(() => placed.overlay(final, prev), placed),
        placed,
      ),
    () =>
      new SteadError({
        code: 'overlay.packages',
        message: 'an overlay reads `final` while it still says what it changes',
        places: [{ place: readerPlace() ?? placed.place().place }],
        hint: 'Read it in a thunk, `name: () => final.…`, or read `prev`.',
      }),
  );
  const packages = new Map<string, () => Package>();
  return readable(
    (name) => {
      if (!Object.hasOwn(changes(), name)) return prev[name]!;
      let found = packages.get(name);
      if (found === undefined) packages.set(name, (found = packageOf(name, changes()[name], placed)));
      return found();
    },
    () => [...Object.keys(prev), ...Object.keys(changes())],
  );
}

function packageOf(name: string, given: unknown, placed: PinnedOverlay): () => Package {
  return once(
    () => {
      placed.making.push({ name, overlay: placed });
      try {
        const value = typeof given === 'function' ? run(given as () => unknown, placed) : given;
        return checkedPackage(name, value, placed);
      } finally {
        placed.making.pop();
      }
    },
    () => madeFromItself(placed.making.slice(placed.making.findIndex((one) => one.name === name))),
  );
}

/** @param ring packages that are each made from the next, and the last from the first */
function madeFromItself(ring: readonly Making[]): SteadError {
  const [first, ...others] = ring.map(({ name }) => name);
  const chain =
    others.length === 0
      ? ''
      : `: ${[first, ...others, first].join(' needs ').replaceAll(/ needs (\S+) needs /g, ' needs $1, which needs ')}`;
  return new SteadError({
    code: 'overlay.packages',
    message: `the package ${first} is made from itself${chain}`,
    places: ring.map(({ name, overlay }) => overlay.place([name])),
    hint: `Use \`prev.${first}\` for the package as it was before this overlay.`,
  });
}

/** Runs an overlay's code, which may be read long after the rest of the evaluation. */
function run<T>(code: () => T, placed: PlacedOverlay): T {
  try {
    return guarded(code);
  } catch (error) {
    if (error instanceof SteadError) throw error;
    const place = error instanceof Error ? userPlace(error.stack) : undefined;
    throw new SteadError({
      code: 'overlay.threw',
      message: `an overlay threw ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`,
      places: [place === undefined ? placed.place() : { place }],
      cause: error,
    });
  }
}

/** A value computed on first use; asking for it while it is computed is an error. */
function once<T>(compute: () => T, cycle: () => SteadError): () => T {
  let state: { readonly value: T } | 'running' | undefined;
  return () => {
    if (state === 'running') throw cycle();
    if (state !== undefined) return state.value;
    state = 'running';
    try {
      const value = compute();
      state = { value };
      return value;
    } finally {
      if (state === 'running') state = undefined;
    }
  };
}

function checkedChanges(changes: unknown, placed: PlacedOverlay): PackageChanges {
  if (
    typeof changes === 'object' &&
    changes !== null &&
    !Array.isArray(changes) &&
    !(changes instanceof Promise)
  ) {
    return changes as PackageChanges;
  }
  const isAsync = changes instanceof Promise;
  throw overlayError(
    placed,
    undefined,
    `an overlay returns the packages it changes, as an object; this one ${isAsync ? 'is asynchronous' : `returned ${shown(changes)}`}`,
    {
      hint: isAsync
        ? 'Remove `async`: configuration is computed at once.'
        : 'Write `export default (final, prev) => ({ name: { … } });`.',
    },
  );
}

function checkedPackage(name: string, value: unknown, placed: PinnedOverlay): Package {
  if (value instanceof RecipePackage) return value.pinnedBy(placed.pins);
  if (value instanceof DebianPackage) return value;
  const hint = `Write \`{ kind: 'debian', name: '…' }\`, with the name of a Debian package and, if wanted, its \`version\`, or change \`prev['${name}']\`.`;
  const refuse = (
    keys: readonly string[],
    what: string,
    more: { hint?: string | undefined; focus?: 'key' } = {},
  ): SteadError =>
    overlayError(
      placed,
      [name, ...keys],
      `the overlay's package ${[name, ...keys].join('.')}: ${what}`,
      { hint: more.hint ?? hint },
      more.focus,
    );
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Promise) {
    throw refuse([], `expected an object, got ${shown(value)}`);
  }
  const { kind, name: own, version, ...others } = value as Partial<Record<keyof DebianSpec, unknown>>;
  if (kind === 'recipe') {
    throw overlayError(placed, [name], `the overlay's package ${name} is made of parts of a recipe`, {
      hint: `Change a recipe by its parameters: \`prev['${name}'].override({ … })\`.`,
    });
  }
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    const near = nearest(unknown, ['kind', 'name', 'version']).map((one) => `\`${one}\``);
    throw refuse([unknown], 'packages have no such field', {
      focus: 'key',
      hint: didYouMean(near),
    });
  }
  const wrong = kind === 'debian' ? undefined : { key: 'kind', given: kind, expected: '"debian"' };
  const found =
    wrong ?? misfit('name', own, packageName()) ?? misfit('version', version, packageVersion().optional());
  if (found === undefined) return new DebianPackage(own as string, version as string | undefined);
  throw found.given === undefined
    ? refuse(
        Object.hasOwn(value, found.key) ? [found.key] : [],
        Object.hasOwn(value, found.key) ? 'is undefined' : `has no \`${found.key}\``,
      )
    : refuse([found.key], `expected ${found.expected}, got ${shown(found.given)}`);
}

/** What is wrong with a field of a package. */
function misfit(
  key: string,
  given: unknown,
  schema: z.core.$ZodType,
): { readonly key: string; readonly given: unknown; readonly expected: string } | undefined {
  const result = z.safeParse(schema, given);
  if (result.success) return undefined;
  return { key, given, expected: result.error.issues[0]!.message.replace(/; .*/, '') };
}

function overlayError(
  placed: PlacedOverlay,
  keys: readonly string[] | undefined,
  message: string,
  more: { hint: string },
  focus?: 'key',
): SteadError {
  return new SteadError({ code: 'overlay.packages', message, places: [placed.place(keys, focus)], ...more });
}

/** An object whose every property is found out when it is read. */
function readable(read: (name: string) => Package, names: () => readonly string[]): PackageSet {
  return new Proxy<Record<string, Package>>(Object.create(null) as Record<string, Package>, {
    get: (_, name) => (typeof name === 'string' ? read(name) : undefined),
    has: (_, name) => typeof name === 'string',
    ownKeys: () => [...new Set(names())].sort(),
    getOwnPropertyDescriptor: (_, name) =>
      typeof name === 'string' ? { get: () => read(name), enumerable: true, configurable: true } : undefined,
    set(_, name) {
      throw new TypeError(`the package set is read-only: return ${String(name)} from the overlay instead`);
    },
  });
}
