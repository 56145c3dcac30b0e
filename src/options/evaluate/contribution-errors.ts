// The errors of what hosts use and implementations yield: contributions that are none, or that are not announced.
import { isDefinition } from '../definition.ts';
import { SteadError } from '../error.ts';
import { IMPORT_CYCLE } from '../arguments.ts';
import { isHost, placeInUse, type Host } from '../host.ts';
import { noCondition } from '../merge/errors.ts';
import { shown } from '../merge/shown.ts';
import type { RawImplementation } from '../set.ts';
import type { AnyOptionSet } from '../types.ts';
import type { When } from '../wrapper.ts';

/** Something in a host's `use` that is no contribution. */
export function notAContribution(declared: Host, item: unknown): SteadError {
  const set = setName(item);
  return new SteadError({
    code: 'host.use',
    host: declared.name,
    message:
      set === undefined
        ? `\`use\` lists ${shown(item)}; expected definitions, such as wireguard({ … })`
        : `\`use\` lists the option set ${set} itself`,
    places: [placeInUse(declared, item)],
    hint: set === undefined ? notAContributionHint(item) : `Call it: ${set}({ … }).`,
  });
}

/** `disable` inside `when` with a condition that only evaluation could decide, or that is none. */
export function openDisabling(declared: Host, set: AnyOptionSet, { condition, site }: When): SteadError {
  const host = declared.name;
  if (typeof condition !== 'function') {
    return new SteadError({ code: 'option.condition', host, ...noCondition(site, condition) });
  }
  return new SteadError({
    code: 'host.disable',
    host,
    message: `whether ${set.name} is disabled cannot depend on options`,
    places: [{ place: site.place(), keys: [], argument: 0 }],
    hint: 'Give the when(…) around it a condition that is true or false, not a function.',
  });
}

/**
 * Something that an implementation yields and may not.
 * @param way the indices that lead to it where `config` gives a list
 */
export function wrongYield(
  host: string,
  set: AnyOptionSet,
  implementation: RawImplementation,
  item: unknown,
  way: readonly number[] | undefined,
): SteadError {
  const yielded = setName(item);
  if (isDefinition(item)) {
    return new SteadError({
      code: 'implementation.undeclared',
      host,
      option: set.name,
      message: `its implementation defines ${item.set.name}, which its \`defines\` does not list`,
      places: [{ place: item.site.place() }],
      hint: `Add ${item.set.name} to \`defines\` of ${callOf(implementation, set)}.`,
    });
  }
  return new SteadError({
    code: 'implementation.yield',
    host,
    option: set.name,
    message:
      yielded === undefined
        ? `its implementation yields ${isGenerator(item) ? 'a generator' : shown(item)}; expected definitions, assertions and warnings`
        : `its implementation yields the option set ${yielded} itself`,
    places: [
      way === undefined
        ? { place: implementation.site.place(), keys: ['config'], focus: 'yield' }
        : { place: implementation.site.place(), keys: ['config', ...way] },
    ],
    hint: yielded === undefined ? wrongYieldHint(item) : `Call it: ${yielded}({ … }).`,
  });
}

function callOf({ called }: RawImplementation, { name }: AnyOptionSet): string {
  if (called === 'wrap(…)') return `what wrap(${name}, …) gives`;
  return called === 'replace(…)' ? `replace(${name}, { … })` : `${name}.implement({ … })`;
}

function wrongYieldHint(item: unknown): string {
  if (isGenerator(item)) return 'Write `yield*` to hand on what it yields.';
  if (item === undefined) return 'Yield only where there is something: `if (…) yield files({ … })`.';
  return 'Yield what an option set makes of settings: files({ … }).';
}

function isGenerator(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Symbol.iterator in value && 'next' in value;
}

/** `config` of an implementation gives no list of contributions. */
export function notIterable(
  host: string,
  set: AnyOptionSet,
  implementation: RawImplementation,
  result: unknown,
): SteadError {
  const isAsync =
    typeof result === 'object' && result !== null && (Symbol.asyncIterator in result || 'then' in result);
  return new SteadError({
    code: 'implementation.config',
    host,
    option: set.name,
    message: `\`config\` of its implementation ${isAsync ? 'is asynchronous' : `gives ${shown(result)}`}; expected a list or a generator of contributions`,
    places: [{ place: implementation.site.place(), keys: ['config'], focus: 'key' }],
    hint: isAsync
      ? 'Remove `async`: configuration is computed at once.'
      : 'Write `*config(self, context) { yield … }`.',
  });
}

function setName(item: unknown): string | undefined {
  return typeof item === 'function' && 'schema' in item ? item.name : undefined;
}

function notAContributionHint(item: unknown): string {
  if (item === undefined) return IMPORT_CYCLE;
  if (item === null) return 'Leave it out, or wrap what depends on a condition in when(…).';
  if (typeof item === 'boolean')
    return 'Write when(condition, definition) instead of `condition && definition`.';
  if (typeof item === 'function') return 'Call it, if it is a profile that makes definitions.';
  if (typeof item === 'string') return 'Import the option set of that name, and call it with its settings.';
  if (item instanceof Promise)
    return 'Configuration is computed at once: leave out what makes a promise of it.';
  if (isHost(item))
    return 'A variant of a host is made by extend(host, { use: [ … ] }); what hosts share is a list of definitions.';
  if (typeof item !== 'object') return 'Wrap settings in the option set that they belong to.';
  if (Symbol.iterator in item) return 'Spread it: `...` in front of it.';
  const inner = Object.entries(item).find(
    ([, one]) => isDefinition(one) || (Array.isArray(one) && one.some(isDefinition)),
  );
  if (inner !== undefined) return `Use what is in it, \`.${inner[0]}\`: this is the whole module or object.`;
  return 'Wrap settings in the option set that they belong to.';
}
