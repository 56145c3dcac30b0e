// Where the source says what a stack frame only comes near.
import type { LabelledPlace, Place } from '../../options/index.ts';
import { sourceFile } from './file.ts';
import { nodes } from './tree.ts';

/** How many lines apart a name and the place that V8 gives for it may be. */
const NEAR = 3;

/**
 * The spot of a global's name, or of a call such as `Date.now()`, that the code at `place` got to. V8
 * places a call at its last name, and a global that is only looked at somewhere in the expression around it.
 * @param near how many lines apart the two may be
 */
export function mentionSpot(place: Place, what: string, near = NEAR): LabelledPlace {
  const source = sourceFile(place.file);
  if (source === undefined) return { place };
  const words = what.replace('()', '');
  const isNew = words.startsWith('new ');
  const owner = isNew ? '' : words.slice(0, words.lastIndexOf('.') + 1);
  const offset = source.offsetOf(place) - owner.length;
  if (source.text.startsWith(words, offset))
    return source.spot({ start: offset, end: offset + words.length });
  if (isNew || owner !== '') return { place };
  let best: { readonly start: number; readonly end: number } | undefined;
  for (const node of nodes(source.parsed.program)) {
    if (node.type !== 'Identifier' || node.name !== words) continue;
    if (best === undefined || Math.abs(node.start - offset) < Math.abs(best.start - offset)) best = node;
  }
  const spot = best && source.spot(best);
  return spot !== undefined && Math.abs(spot.place.line - place.line) <= near ? spot : { place };
}
