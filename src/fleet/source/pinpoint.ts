// From the place of a call, and the keys of an option inside it, to the exact spot in the source.
import type { LabelledPlace, Place } from '../../options/index.ts';
import { descend } from './descend.ts';
import { sourceFile } from './file.ts';
import { callAt } from './tree.ts';

/** A spot on one line: where it begins, and how many characters it covers there. */
export interface Spot {
  readonly place: Place;
  readonly length: number;
}

/**
 * The spot in the source that a place means: with `keys`, the value (or with `focus`, the key) that
 * they lead to in the last argument (or in `argument`) of the call that stands there. Where the source computes that
 * value or takes it from another file, the nearest spot around it, at worst the call's name.
 */
export function pinpoint({ place, keys, argument: position = -1, focus, length }: LabelledPlace): Spot {
  const source = sourceFile(place.file);
  if (source === undefined) return { place, length: length ?? 1 };
  if (keys !== undefined) {
    const { program } = source.parsed;
    const argument = callAt(program, source.offsetOf(place), source.text)?.arguments.at(position);
    if (argument !== undefined) return source.spot(descend(argument, { program, keys, focus }));
  }
  const rest = source.line(place.line)?.slice(place.column - 1) ?? '';
  return { place, length: length ?? /^[\w$]+/.exec(rest)?.[0].length ?? 1 };
}
