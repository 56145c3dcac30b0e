// The errors of what hosts use and implementations yield: contributions that are none, or that are not announced.
import { isDefinition, type RawDisabling } from '../definition.ts';
import { SteadError } from '../error.ts';
import type { Host } from '../host.ts';
import { shown } from '../merge/shown.ts';
import type { RawImplementation } from '../set.ts';
import type { AnyOptionSet } from '../types.ts';

/** Something in a host's `use` that is no contribution. */
export function notAContribution(declared: Host, item: unknown): SteadError {
  const set = setName(item);
  return new SteadError({
    code: 'host.use',
    host: declared.name,
    message:
      set === undefined
        ? `\`use\` lists ${described(item)}; expected definitions, such as wireguard({ … })`
        : `\`use\` lists the option set ${set} itself`,
    places: [{ place: declared.site.place(), keys: ['use'] }],
    hint: set === undefined ? notAContributionHint(item) : `Call it: ${set}({ … }).`,
  });
}

/** `disable` inside `when` with a condition that only evaluation could decide. */
export function openDisabling(declared: Host, item: RawDisabling): SteadError {
  return new SteadError({
    code: 'host.disable',
    host: declared.name,
    message: `whether ${item.set.name} is disabled cannot depend on options`,
    places: [{ place: item.site.place() }],
    hint: 'Give the when(…) around it a condition that is true or false, not a function.',
  });
}

/** Something that an implementation yields and may not. */
export function wrongYield(
  host: string,
  set: AnyOptionSet,
  implementation: RawImplementation,
  item: unknown,
): SteadError {
  const yielded = setName(item);
  if (isDefinition(item)) {
    return new SteadError({
      code: 'implementation.undeclared',
      host,
      option: set.name,
      message: `its implementation defines ${item.set.name}, which its \`defines\` does not list`,
      places: [{ place: item.site.place() }],
      hint: `Add ${item.set.name} to \`defines\` of ${set.name}.implement({ … }).`,
    });
  }
  return new SteadError({
    code: 'implementation.yield',
    host,
    option: set.name,
    message:
      yielded === undefined
        ? `its implementation yields ${described(item)}; expected definitions, assertions and warnings`
        : `its implementation yields the option set ${yielded} itself`,
    places: [{ place: implementation.site.place(), label: 'implemented here' }],
    ...(yielded === undefined ? {} : { hint: `Call it: ${yielded}({ … }).` }),
  });
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
    message: `\`config\` of its implementation ${isAsync ? 'is asynchronous' : `gives ${described(result)}`}; expected a list or a generator of contributions`,
    places: [{ place: implementation.site.place(), label: 'implemented here' }],
    hint: isAsync
      ? 'Remove `async`: configuration is computed at once.'
      : 'Write `*config(self, context) { yield … }`.',
  });
}

/** `defines` lists an import that is undefined. */
export function wrongDefines(host: string, set: AnyOptionSet, implementation: RawImplementation): SteadError {
  return new SteadError({
    code: 'implementation.defines',
    host,
    option: set.name,
    message: '`defines` of its implementation lists undefined',
    places: [{ place: implementation.site.place(), label: 'implemented here' }],
    hint: 'An import that is undefined here often comes from two files that import each other.',
  });
}

function setName(item: unknown): string | undefined {
  return typeof item === 'function' && 'schema' in item ? item.name : undefined;
}

function notAContributionHint(item: unknown): string {
  return item === undefined
    ? 'An import that is undefined here often comes from two files that import each other.'
    : 'Wrap settings in the option set that they belong to.';
}

function described(item: unknown): string {
  if (item === undefined || item === null) return String(item);
  if (typeof item === 'object' && (item as { kind?: unknown }).kind === 'disable') return 'disable(…)';
  if (typeof item === 'object' && (item as { kind?: unknown }).kind === 'host') return 'a host';
  return shown(item);
}
