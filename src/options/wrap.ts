// Priorities, order, conditions and merges, with the meaning they have in Nix's lib.modules.
import { SteadError } from './error.ts';
import { Site } from './place.ts';
import { shown } from './merge/shown.ts';
import type { Def, Uninferred, Wrapped } from './types.ts';
import { ORDER, PRIORITY, wrap, type Condition } from './wrapper.ts';

/** Wins over plain definitions (priority 50). On an object, applies to each key that it names. */
export function force<T = never>(value: Def<Uninferred<T>>): Wrapped<T> {
  return priority(PRIORITY.force, value);
}

/** Holds only where nothing else is defined (priority 1000). */
export function fallback<T = never>(value: Def<Uninferred<T>>): Wrapped<T> {
  return priority(PRIORITY.fallback, value);
}

/** A value with priority `level`; the smallest level wins, 100 is a plain definition. */
export function priority<T = never>(level: number, value: Def<Uninferred<T>>): Wrapped<T> {
  checkNumber('priority', level, priority);
  return wrap({ kind: 'priority', priority: level, value });
}

/** Puts these list items, or these lines, ahead of those of other definitions (order 500). */
export function before<T = never>(value: Def<Uninferred<T>>): Wrapped<T> {
  return order(ORDER.before, value);
}

/** Puts these list items, or these lines, behind those of other definitions (order 1500). */
export function after<T = never>(value: Def<Uninferred<T>>): Wrapped<T> {
  return order(ORDER.after, value);
}

/** Puts these list items, or these lines, at `position`; the smallest comes first, 1000 is plain. */
export function order<T = never>(position: number, value: Def<Uninferred<T>>): Wrapped<T> {
  checkNumber('order', position, order);
  return wrap({ kind: 'order', order: position, value });
}

/** A value, or contributions to a host, that count only where `condition` holds. */
export function when<T = never>(condition: Condition, value: Def<Uninferred<T>>): Wrapped<T> {
  return wrap({ kind: 'when', condition, value, site: new Site(when) });
}

/** Several values of one option, as if each stood in a definition of its own. */
export function merge<T = never>(...values: readonly Def<Uninferred<T>>[]): Wrapped<T> {
  return wrap({ kind: 'merge', values, written: true });
}

/** Code that no compiler has looked at may pass anything, and NaN has no place among priorities. */
function checkNumber(name: string, value: unknown, called: (...args: never[]) => unknown): void {
  if (Number.isFinite(value)) return;
  throw new SteadError({
    code: `option.${name}`,
    message: `${name}(…) takes a number first, got ${shown(value)}`,
    places: [{ place: new Site(called).place(), keys: [], argument: 0 }],
    hint: 'The smallest number wins or comes first: 100 is a plain priority, 1000 a plain order.',
  });
}
