// Running implementations: which may define an option set, and what one of them yields.
import { flattened, isDefinition, isNotice, type RawDefinition, type RawNotice } from '../definition.ts';
import { forwarding } from '../merge/computed.ts';
import { wayTo } from '../host.ts';
import { withinReach } from '../place.ts';
import type { RawImplementation } from '../set.ts';
import type { AnyOptionSet } from '../types.ts';
import { notIterable, wrongYield } from './contribution-errors.ts';
import type { HostEvaluation } from './host.ts';
import { push } from './multimap.ts';

/** What running an implementation gave. */
export interface Run {
  readonly definitions: readonly RawDefinition[];
  readonly notices: readonly RawNotice[];
}

/** By option set, the sets whose implementations may define it. */
export type Producers = ReadonlyMap<AnyOptionSet, readonly AnyOptionSet[]>;

/** What may define what, for everything that follows from `own` sets. */
export function producers(
  own: Iterable<AnyOptionSet>,
  implementationOf: (set: AnyOptionSet) => RawImplementation | undefined,
): Producers {
  const result = new Map<AnyOptionSet, AnyOptionSet[]>();
  const reached = new Set(own);
  // Grows while it is walked.
  for (const set of reached) {
    for (const defined of implementationOf(set)?.defines ?? []) {
      push(result, defined, set);
      reached.add(defined);
    }
  }
  return result;
}

const nothing: Run = { definitions: [], notices: [] };

/** Nothing, where a set has no implementation. */
export function run(
  host: HostEvaluation,
  set: AnyOptionSet,
  implementation: RawImplementation | undefined,
): Run {
  if (implementation === undefined) return nothing;
  const definitions: RawDefinition[] = [];
  const notices: RawNotice[] = [];
  // The value is found when a setting is asked for, so that a body that only writes thunks needs none.
  let value: object | undefined;
  const self = forwarding(() => (value ??= host.get(set)));
  const [yielded, items] = withinReach(() => {
    const given: unknown = implementation.config(self, host.context);
    if (!isIterable(given)) throw notIterable(host.name, set, implementation, given);
    return [given, [...given]] as const;
  });
  for (const item of flattened(items)) {
    if (isNotice(item)) notices.push(item);
    else if (isDefinition(item) && implementation.defines.includes(item.set)) {
      definitions.push(item);
    } else throw wrongYield(host.name, set, implementation, item, wayTo(item, yielded));
  }
  return { definitions, notices };
}

/** The definitions of a set among those that an implementation made. */
export function definedBy(made: Run, set: AnyOptionSet): readonly RawDefinition[] {
  return made.definitions.filter((definition) => definition.set === set);
}

function isIterable(value: unknown): value is Iterable<never> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}
