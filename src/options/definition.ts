// Definitions, assertions and warnings as the engine sees them.
import { SteadError } from './error.ts';
import { IMPORT_CYCLE, wrongArgument } from './arguments.ts';
import { noCondition } from './merge/errors.ts';
import { shown } from './merge/shown.ts';
import { Site } from './place.ts';
import { rewrapped, wrapperOf, type Condition, type When, type Wrapper } from './wrapper.ts';
import type { AnyOptionSet, Assertion, Context, Definition, Disabling, HostView, Warning } from './types.ts';

/** A definition with its settings, which only the engine reads. */
export interface RawDefinition extends Definition {
  readonly set: AnyOptionSet;
  readonly settings: unknown;
  readonly site: Site;
}

/** What is wrong, alone or with what to do about it, as a sentence. */
export type Statement = string | { readonly message: string; readonly hint: string };

/** An option that an assertion or warning speaks of: an option set and the keys inside it, on this host or another. */
export type OptionReference =
  | readonly [set: AnyOptionSet, ...keys: (string | number)[]]
  | readonly [host: HostView, set: AnyOptionSet, ...keys: (string | number)[]];

export interface RawNotice {
  readonly kind: 'assertion' | 'warning';
  readonly condition: Condition;
  readonly statement: Statement | ((context: Context) => Statement);
  readonly about: readonly OptionReference[];
  readonly site: Site;
}

export interface RawDisabling extends Disabling {
  readonly site: Site;
  /** Around it, where it is no plain `true`: what a host disables has to be known before anything is computed. */
  readonly condition?: When;
}

/** A class, so that no definition passes for an object of settings. */
export class MadeDefinition implements RawDefinition {
  readonly kind = 'definition';
  readonly set: AnyOptionSet;
  readonly settings: unknown;
  readonly site: Site;

  constructor(set: AnyOptionSet, settings: unknown, site: Site) {
    this.set = set;
    this.settings = settings;
    this.site = site;
  }
}

export function isDefinition(value: unknown): value is RawDefinition {
  return value instanceof MadeDefinition;
}

export function isNotice(value: unknown): value is RawNotice {
  return isOurs(value) && (value.kind === 'assertion' || value.kind === 'warning');
}

export function isDisabling(value: unknown): value is RawDisabling {
  return isOurs(value) && value.kind === 'disable';
}

/**
 * Fails the evaluation of the host unless `condition` holds.
 * @param statement what is wrong where it does not; `{ message, hint }` says what to do, too
 * @param about the options the message speaks of: their definitions are shown with it
 */
export function assert(
  condition: RawNotice['condition'],
  statement: RawNotice['statement'],
  ...about: OptionReference[]
): Assertion {
  return notice('assertion', condition, statement, about, new Site(assert));
}

/** Warns, unless `condition` holds; stops nothing. */
export function warn(
  condition: RawNotice['condition'],
  statement: RawNotice['statement'],
  ...about: OptionReference[]
): Warning {
  return notice('warning', condition, statement, about, new Site(warn));
}

/**
 * Takes `set` off the host that uses this: definitions of it are dropped, its implementation does not run.
 * @throws SteadError `call.argument` for what is no option set
 */
export function disable(set: AnyOptionSet): Disabling {
  const site = new Site(disable);
  if (typeof set !== 'function' || !('schema' in set)) {
    throw wrongArgument(
      { name: 'disable(…)', site },
      { keys: [] },
      `takes an option set, got ${shown(set)}`,
      set === undefined ? IMPORT_CYCLE : 'Pass the set itself, as it is imported: disable(nginx).',
    );
  }
  const disabling: RawDisabling = { kind: 'disable', set, site };
  return disabling;
}

/**
 * What a list of contributions holds: nested lists opened, wrappers pushed into the definitions they
 * stand around. A list or a contribution seen twice counts once.
 */
export function flattened(contribution: unknown): readonly unknown[] {
  const found: unknown[] = [];
  flatten(contribution, found, new Set());
  return found;
}

function flatten(contribution: unknown, found: unknown[], seen: Set<unknown>): void {
  if (typeof contribution === 'object' && contribution !== null) {
    if (seen.has(contribution)) return;
    seen.add(contribution);
  }
  const wrapper = wrapperOf(contribution);
  if (Array.isArray(contribution)) {
    for (const item of contribution) flatten(item, found, seen);
  } else if (wrapper === undefined) {
    found.push(contribution);
  } else if (wrapper.kind === 'merge') {
    flatten(wrapper.values, found, seen);
  } else if (wrapper.kind !== 'when' || wrapper.condition !== false) {
    const held: unknown[] = [];
    flatten(wrapper.value, held, seen);
    for (const item of held) found.push(within(wrapper, item));
  }
}

/** A contribution with what was wrapped around it. */
function within(wrapper: Exclude<Wrapper, { kind: 'merge' }>, item: unknown): unknown {
  if (wrapper.kind === 'when' && wrapper.condition === true) return item;
  if (isDefinition(item)) {
    return new MadeDefinition(
      item.set,
      rewrapped(wrapper, () => item.settings),
      item.site,
    );
  }
  if (wrapper.kind !== 'when') return item;
  if (isDisabling(item)) return { ...item, condition: wrapper };
  if (!isNotice(item)) return item;
  const both: Condition = (context) => !holds(wrapper, context) || answer(item.condition, context);
  return { ...item, condition: both };
}

function notice<K extends RawNotice['kind']>(
  kind: K,
  condition: RawNotice['condition'],
  statement: RawNotice['statement'],
  about: readonly OptionReference[],
  site: Site,
): RawNotice & { readonly kind: K } {
  return { kind, condition, statement, about, site };
}

/** Told by the place it remembers, as data of a user may have a `kind`, too. */
function isOurs(value: unknown): value is { readonly kind?: unknown } {
  return typeof value === 'object' && value !== null && (value as { site?: unknown }).site instanceof Site;
}

function holds({ condition, site }: When, context: Context): boolean {
  const result: unknown = answer(condition, context);
  if (typeof result === 'boolean') return result;
  throw new SteadError({ code: 'option.condition', ...noCondition(site, result) });
}

function answer(condition: Condition, context: Context): boolean {
  return typeof condition === 'function' ? condition(context) : condition;
}
