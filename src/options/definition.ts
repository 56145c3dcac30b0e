// Definitions, assertions and warnings as the engine sees them.
import { Site } from './place.ts';
import type {
  AnyOptionSet,
  Assertion,
  Context,
  Contribution,
  Contributions,
  Definition,
  Disabling,
  HostView,
  Warning,
} from './types.ts';

/** A definition with its settings, which only the engine reads. */
export interface RawDefinition extends Definition {
  readonly set: AnyOptionSet;
  readonly settings: unknown;
  readonly site: Site;
}

/** An option that an assertion or warning speaks of: an option set and the keys inside it, on this host or another. */
export type OptionReference =
  | readonly [set: AnyOptionSet, ...keys: (string | number)[]]
  | readonly [host: HostView, set: AnyOptionSet, ...keys: (string | number)[]];

export interface RawNotice {
  readonly kind: 'assertion' | 'warning';
  readonly condition: boolean | ((context: Context) => boolean);
  readonly message: string | ((context: Context) => string);
  readonly about: readonly OptionReference[];
  readonly site: Site;
}

export interface RawDisabling extends Disabling {
  readonly site: Site;
}

export function isDefinition(value: unknown): value is RawDefinition {
  return (
    typeof value === 'object' &&
    value !== null &&
    (value as { kind?: unknown }).kind === 'definition' &&
    'settings' in value
  );
}

/** The same definition, at the same place, with its settings wrapped once more. */
export function rewrapped(definition: RawDefinition, wrap: (settings: unknown) => unknown): RawDefinition {
  return { ...definition, settings: wrap(definition.settings) };
}

/**
 * Fails the evaluation of the host unless `condition` holds.
 * @param about the options the message speaks of: their definitions are shown with it
 */
export function assert(
  condition: RawNotice['condition'],
  message: RawNotice['message'],
  ...about: OptionReference[]
): Assertion {
  return notice('assertion', condition, message, about, new Site(assert));
}

/** Warns, unless `condition` holds; stops nothing. */
export function warn(
  condition: RawNotice['condition'],
  message: RawNotice['message'],
  ...about: OptionReference[]
): Warning {
  return notice('warning', condition, message, about, new Site(warn));
}

/** Takes `set` off the host that uses this: definitions of it are dropped, its implementation does not run. */
export function disable(set: AnyOptionSet): Disabling {
  const disabling: RawDisabling = { kind: 'disable', set, site: new Site(disable) };
  return disabling;
}

/** What a list of contributions holds, nested lists opened; a list or a contribution seen twice counts once. */
export function* flattened(
  contributions: Contributions,
  seen: Set<unknown> = new Set(),
): Generator<Exclude<Contribution, Contributions>> {
  for (const item of contributions) {
    if (typeof item === 'object' && item !== null) {
      if (seen.has(item)) continue;
      seen.add(item);
    }
    if (Array.isArray(item)) yield* flattened(item as Contributions, seen);
    else yield item as Exclude<Contribution, Contributions>;
  }
}

function notice<K extends RawNotice['kind']>(
  kind: K,
  condition: RawNotice['condition'],
  message: RawNotice['message'],
  about: readonly OptionReference[],
  site: Site,
): RawNotice & { readonly kind: K } {
  return { kind, condition, message, about, site };
}
