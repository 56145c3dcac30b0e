// The exact spots in the source that places mean. The parser behind it is loaded when one is asked for.
import type { LabelledPlace, SteadError } from '../options/index.ts';
import type { Spot } from './source/pinpoint.ts';
import type { LabelledSpot } from './source/spots.ts';

/** As `pinpoint`: the file, line and column of the key or value itself, and the length of what stands there. */
export async function exactPlace(place: LabelledPlace): Promise<Spot> {
  const { pinpoint } = await import('./source/pinpoint.ts');
  return pinpoint(place);
}

/** As `spotsOf`: the places of an error as they are shown, calls of profiles among them. */
export async function exactPlaces(places: readonly LabelledPlace[]): Promise<readonly LabelledSpot[]> {
  const { spotsOf } = await import('./source/spots.ts');
  return spotsOf(places);
}

/** An error of code that threw, with what to do about it, as `report` tells it. */
export async function advisedError(error: SteadError): Promise<SteadError> {
  const { advised } = await import('./source/thrown.ts');
  return advised(error);
}
