// What force, when, before, … put around a value, as data.
import type { SourcePath } from './merge/path.ts';
import type { Site } from './place.ts';
import type { Context, Wrapped } from './types.ts';

/** The priorities of Nix's lib.modules; the smallest number wins. */
export const PRIORITY = { force: 50, plain: 100, fallback: 1000, default: 1500 } as const;
/** Where list definitions stand among each other; the smallest number comes first. */
export const ORDER = { before: 500, plain: 1000, after: 1500 } as const;

export type Condition = boolean | ((context: Context) => boolean);

/** A condition around a value. */
export interface When {
  readonly kind: 'when';
  readonly condition: Condition;
  readonly value: unknown;
  /** The call of `when`, whose first argument is the condition. */
  readonly site: Site;
}

/**
 * What a wrapper adds. `merge` holds several values in place of one, `written` where it stands so in the
 * source; `moved` holds one that was written at `path`.
 */
export type Wrapper =
  | { readonly kind: 'priority'; readonly priority: number; readonly value: unknown }
  | { readonly kind: 'order'; readonly order: number; readonly value: unknown }
  | When
  | { readonly kind: 'merge'; readonly values: readonly unknown[]; readonly written?: true }
  | { readonly kind: 'moved'; readonly path: SourcePath | undefined; readonly value: unknown };

/** A class, so that telling a wrapper from a value asks nothing of the value: that might compute it. */
class Box {
  readonly content: Wrapper;
  constructor(content: Wrapper) {
    this.content = content;
  }
}

export function wrap<T>(content: Wrapper): Wrapped<T> {
  return new Box(content) as unknown as Wrapped<T>;
}

/** The wrapper a value carries, if any. */
export function wrapperOf(value: unknown): Wrapper | undefined {
  return value instanceof Box ? value.content : undefined;
}

/** The same wrapper around what `change` makes of each value in it. */
export function rewrapped(wrapper: Wrapper, change: (value: unknown) => unknown): Wrapped<unknown> {
  if (wrapper.kind === 'merge') return wrap({ ...wrapper, values: wrapper.values.map(change) });
  return wrap({ ...wrapper, value: change(wrapper.value) });
}
