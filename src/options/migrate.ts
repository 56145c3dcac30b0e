// Options that had another name, are gone, or changed their meaning: what to say, and what to do.

/** What became of an option. */
export type Migration =
  | { readonly kind: 'renamed'; readonly to: string }
  | { readonly kind: 'removed'; readonly advice: string }
  | { readonly kind: 'changed'; readonly advice: string; readonly convert: (old: unknown) => unknown };

/** By the old option's dotted path inside its set: `{ 'tls.cert': renamed('tls.certificate') }`. */
export type Migrations = Readonly<Record<string, Migration>>;

/** The option is called `to` now (a dotted path in the same set); definitions move there with a warning. */
export function renamed(to: string): Migration {
  return { kind: 'renamed', to };
}

/** The option is gone; defining it is an error that gives `advice`, a sentence on what to write instead. */
export function removed(advice: string): Migration {
  return { kind: 'removed', advice };
}

/**
 * The option stays, but old values mean something else: `convert` makes the new value out of an old
 * one and returns the very same value where nothing is to be done; otherwise a warning gives `advice`.
 */
export function changed<Old, New>(convert: (old: Old) => New, advice: string): Migration {
  return { kind: 'changed', advice, convert: convert as (old: unknown) => unknown };
}
