// Priorities, order, conditions and merges, with the meaning they have in Nix's lib.modules.
import { conditional, isContribution } from './definition.ts';
import type { Contribution, Def, Wrapped } from './types.ts';
import { ORDER, PRIORITY, wrap, type Condition } from './wrapper.ts';

/** Wins over plain definitions (priority 50). On an object, applies to each key that it names. */
export function force<T>(value: Def<NoInfer<T>>): Wrapped<T> {
  return priority(PRIORITY.force, value);
}

/** Holds only where nothing else is defined (priority 1000). */
export function fallback<T>(value: Def<NoInfer<T>>): Wrapped<T> {
  return priority(PRIORITY.fallback, value);
}

/** A value with priority `level`; the smallest level wins, 100 is a plain definition. */
export function priority<T>(level: number, value: Def<NoInfer<T>>): Wrapped<T> {
  return wrap({ kind: 'priority', priority: level, value });
}

/** Puts these list items, or these lines, ahead of those of other definitions (order 500). */
export function before<T>(value: Def<NoInfer<T>>): Wrapped<T> {
  return order(ORDER.before, value);
}

/** Puts these list items, or these lines, behind those of other definitions (order 1500). */
export function after<T>(value: Def<NoInfer<T>>): Wrapped<T> {
  return order(ORDER.after, value);
}

/** Puts these list items, or these lines, at `position`; the smallest comes first, 1000 is plain. */
export function order<T>(position: number, value: Def<NoInfer<T>>): Wrapped<T> {
  return wrap({ kind: 'order', order: position, value });
}

/** Contributions to a host, or the value of an option, that count only where `condition` holds. */
export function when<C extends Contribution>(condition: Condition, contribution: C): C;
export function when<T>(condition: Condition, value: Def<NoInfer<T>>): Wrapped<T>;
export function when(condition: Condition, value: unknown): unknown {
  if (isContribution(value)) return conditional(value, condition);
  return wrap({ kind: 'when', condition, value });
}

/** Several values of one option, as if each stood in a definition of its own. */
export function merge<T>(...values: readonly Def<NoInfer<T>>[]): Wrapped<T> {
  return wrap({ kind: 'merge', values });
}
