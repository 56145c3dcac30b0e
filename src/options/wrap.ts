// Priorities, order, conditions and merges as values, with the meaning they have in Nix's lib.modules.
import type { Context, Def, Definition, Wrapped } from './types.ts';
import { isDefinition, rewrapped } from './definition.ts';

/** The priorities of the design; the smallest number wins. */
export const PRIORITY = { force: 50, plain: 100, fallback: 1000, default: 1500 } as const;
/** Where list definitions stand among each other; the smallest number comes first. */
export const ORDER = { before: 500, plain: 1000, after: 1500 } as const;

export type Condition = boolean | ((context: Context) => boolean);

/** What a wrapper adds; `merge` holds several values in place of one. */
export type Wrapper =
  | { readonly kind: 'priority'; readonly priority: number; readonly value: unknown }
  | { readonly kind: 'order'; readonly order: number; readonly value: unknown }
  | { readonly kind: 'when'; readonly condition: Condition; readonly value: unknown }
  | { readonly kind: 'merge'; readonly values: readonly unknown[] };

const wrapper = Symbol('stead wrapper');
interface Boxed {
  readonly [wrapper]: Wrapper;
}

/** The wrapper a value carries, if any. */
export function wrapperOf(value: unknown): Wrapper | undefined {
  return typeof value === 'object' && value !== null ? (value as Partial<Boxed>)[wrapper] : undefined;
}

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

/** A definition, a list of them, or a value that counts only where `condition` holds. */
export function when(condition: Condition, definition: Definition): Definition;
export function when(condition: Condition, definitions: readonly Definition[]): readonly Definition[];
export function when<T>(condition: Condition, value: Def<NoInfer<T>>): Wrapped<T>;
export function when(condition: Condition, value: unknown): unknown {
  if (isDefinition(value))
    return rewrapped(value, (inner) => wrap({ kind: 'when', condition, value: inner }));
  if (Array.isArray(value) && value.length > 0 && value.every(isDefinition)) {
    return value.map((definition) => when(condition, definition));
  }
  return wrap({ kind: 'when', condition, value });
}

/** Several values of one option, as if each stood in a definition of its own. */
export function merge<T>(...values: readonly Def<NoInfer<T>>[]): Wrapped<T> {
  return wrap({ kind: 'merge', values });
}

function wrap<T>(content: Wrapper): Wrapped<T> {
  const box: Boxed = { [wrapper]: content };
  return box as unknown as Wrapped<T>;
}
