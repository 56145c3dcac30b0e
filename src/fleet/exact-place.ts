// The exact spot in the source that a place means. The parser behind it is loaded when one is asked for.
import type { LabelledPlace } from '../options/index.ts';
import type { Spot } from './source/pinpoint.ts';

/** As `pinpoint`: the file, line and column of the key or value itself, and the length of what stands there. */
export async function exactPlace(place: LabelledPlace): Promise<Spot> {
  const { pinpoint } = await import('./source/pinpoint.ts');
  return pinpoint(place);
}
