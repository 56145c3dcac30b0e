// What configuration passes to stead's own functions, checked as the call is made: the compiler may not have looked.
import { SteadError, type ErrorFields, type LabelledPlace } from './error.ts';
import { shown } from './merge/shown.ts';
import { didYouMean, nearest } from './nearest.ts';
import type { Site } from './place.ts';

/** A call of one of stead's functions. */
export interface Call {
  /** As messages name it: `host(…)`. */
  readonly name: string;
  readonly site: Site;
}

/** Where in the call. */
export type Spot = Omit<LabelledPlace, 'place' | 'label'>;

export const IMPORT_CYCLE =
  'An import that is undefined here often comes from two files that import each other.';

export const UNDEFINED_VALUE = 'What stands here is undefined: look for a misspelt key or name in it.';

/** An error of what a call was given. */
export function wrongArgument(
  { name, site }: Call,
  spot: Spot,
  message: string,
  hint: ErrorFields['hint'] & {},
): SteadError {
  return new SteadError({
    code: 'call.argument',
    message: `${name} ${message}`,
    places: [{ place: site.place(), ...spot }],
    hint,
  });
}

/** @throws SteadError where `given`, the settings of a call, is no object or has a key that is not `known` */
export function checkSettings(
  call: Call,
  given: unknown,
  spot: Spot,
  known: readonly string[],
  hint: string,
): asserts given is Readonly<Record<string, unknown>> {
  const keys = spot.keys ?? [];
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw wrongArgument(call, spot, `takes an object of settings, got ${shown(given)}`, hint);
  }
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  const near = nearest(unknown, known).map((name) => `\`${name}\``);
  throw wrongArgument(
    call,
    { ...spot, keys: [...keys, unknown], focus: 'key' },
    `has no setting \`${unknown}\``,
    didYouMean(near) ?? `Known here: ${known.join(', ')}.`,
  );
}
