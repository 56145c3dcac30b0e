// Overlays that change what option sets do: implementations wrapped or replaced for a whole fleet.
import type { z } from 'zod';
import {
  isOptionSet,
  rawImplementation,
  rawSet,
  shown,
  Site,
  SteadError,
  userPlace,
  type AnyOptionSet,
  type Implementation,
  type OptionSet,
  type RawImplementation,
} from '../options/index.ts';

/** A change to the implementation of one option set; an overlay exports a list of them as `implementations`. */
export interface Override {
  readonly kind: 'override';
  readonly set: AnyOptionSet;
  readonly site: Site;
  /** The implementation to use in place of `previous`. */
  readonly over: (previous: RawImplementation | undefined) => RawImplementation;
}

/**
 * Puts another implementation around the one that an option set has.
 * @param change gets the implementation so far (its module's, or that of an earlier overlay) and gives
 *   the one to use; `yield* previous.config(self, context)` does what was done before
 */
export function wrap<S extends z.ZodObject>(
  set: OptionSet<S>,
  change: (previous: Implementation<z.output<S>>) => Implementation<z.output<S>>,
): Override {
  const site = new Site(wrap);
  checkSet('wrap(…)', set, site);
  return {
    kind: 'override',
    set,
    site,
    over(previous) {
      if (previous === undefined) throw unimplemented(set, site);
      const { defines, config } = previous;
      const changed = run(() => change({ defines, config } as Implementation<z.output<S>>), site);
      return rawImplementation(changed, { name: 'wrap(…)', site });
    },
  };
}

/** Uses another implementation of an option set than its module declares. */
export function replace<S extends z.ZodObject>(
  set: OptionSet<S>,
  implementation: Implementation<z.output<S>>,
): Override {
  const site = new Site(replace);
  checkSet('replace(…)', set, site);
  const raw = rawImplementation(implementation, { name: 'replace(…)', site });
  return { kind: 'override', set, site, over: () => raw };
}

export function isOverride(value: unknown): value is Override {
  return typeof value === 'object' && value !== null && (value as Partial<Override>).kind === 'override';
}

/** The implementations that stand in for those of modules. Later overrides of a set get the earlier ones. */
export function overridden(overrides: readonly Override[]): ReadonlyMap<AnyOptionSet, RawImplementation> {
  const result = new Map<AnyOptionSet, RawImplementation>();
  for (const { set, over } of overrides) result.set(set, over(result.get(set) ?? rawSet(set).implementation));
  return result;
}

function checkSet(name: string, set: unknown, site: Site): void {
  if (isOptionSet(set)) return;
  throw new SteadError({
    code: 'call.argument',
    message: `${name} takes an option set first, got ${shown(set)}`,
    places: [{ place: site.place(), keys: [], argument: 0 }],
    hint: 'Import it by name from its module; an import that there is not is undefined after `import * as`.',
  });
}

/** What an overlay's function gives. @throws SteadError with the place where it threw */
function run<T>(code: () => T, site: Site): T {
  try {
    return code();
  } catch (cause) {
    if (cause instanceof SteadError) throw cause;
    const place = cause instanceof Error ? userPlace(cause.stack) : undefined;
    throw new SteadError({
      code: 'overlay.threw',
      message: `an overlay threw ${cause instanceof Error ? `${cause.name}: ${cause.message}` : shown(cause)}`,
      places: [{ place: place ?? site.place() }],
      cause,
    });
  }
}

function unimplemented(set: AnyOptionSet, site: Site): SteadError {
  return new SteadError({
    code: 'overlay.unimplemented',
    message: `${set.name} has no implementation that could be wrapped`,
    places: [{ place: site.place() }],
    hint: `Import the module that implements ${set.name}, or use replace(${set.name}, { … }).`,
  });
}
