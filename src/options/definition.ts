// Definitions, assertions and warnings as the engine sees them.
import { SteadError } from './error.ts';
import { Site } from './place.ts';
import { wrap, wrapperOf, type Condition } from './wrapper.ts';
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
  readonly condition: Condition;
  readonly message: string | ((context: Context) => string);
  readonly about: readonly OptionReference[];
  readonly site: Site;
}

export interface RawDisabling extends Disabling {
  readonly site: Site;
}

export function isDefinition(value: unknown): value is RawDefinition {
  return isOurs(value) && value.kind === 'definition';
}

export function isNotice(value: unknown): value is RawNotice {
  return isOurs(value) && (value.kind === 'assertion' || value.kind === 'warning');
}

export function isDisabling(value: unknown): value is RawDisabling {
  return isOurs(value) && value.kind === 'disable';
}

/** Whether a value is something that a host uses or an implementation yields; an empty list may be either. */
export function isContribution(value: unknown): value is Contribution {
  if (Array.isArray(value)) return value.length > 0 && value.every(isContribution);
  return isDefinition(value) || isNotice(value) || isDisabling(value);
}

/** The same contribution, at the same place, where `condition` holds. */
export function conditional(contribution: Contribution, condition: Condition): Contribution {
  if (Array.isArray(contribution)) {
    return (contribution as Contributions).map((one) => conditional(one, condition));
  }
  if (isDefinition(contribution)) {
    const settings = wrap({ kind: 'when', condition, value: contribution.settings });
    return { ...contribution, settings } satisfies RawDefinition as Definition;
  }
  if (isNotice(contribution)) {
    const { condition: own } = contribution;
    const both: Condition = (context) => !holds(condition, context) || holds(own, context);
    return { ...contribution, condition: both } satisfies RawNotice as Assertion | Warning;
  }
  if (typeof condition === 'boolean') return condition ? contribution : [];
  throw new SteadError({
    code: 'contribution.condition',
    message: 'what a host disables cannot depend on its options',
    places: [{ place: (contribution as RawDisabling).site.place() }],
    hint: 'Use when(…) with a condition that is true or false, not a function.',
  });
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
    else if (isEmptyWhen(item)) continue;
    else yield item as Exclude<Contribution, Contributions>;
  }
}

/** `when(…, [])`, which cannot tell whether its list was one of contributions. */
function isEmptyWhen(item: unknown): boolean {
  const wrapper = wrapperOf(item);
  return wrapper?.kind === 'when' && Array.isArray(wrapper.value) && wrapper.value.length === 0;
}

/** Told by the place it remembers, as data of a user may have a `kind`, too. */
function isOurs(value: unknown): value is { readonly kind?: unknown } {
  return typeof value === 'object' && value !== null && (value as { site?: unknown }).site instanceof Site;
}

function holds(condition: Condition, context: Context): boolean {
  return typeof condition === 'function' ? condition(context) : condition;
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
