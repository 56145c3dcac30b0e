// Places of an error as spots in the source, those that a person is to look at first in front.
import type { LabelledPlace } from '../../options/index.ts';
import { pinpoint, pinpointCall, pinpointConstant, type Spot } from './pinpoint.ts';

export interface LabelledSpot extends Spot {
  readonly label: string | undefined;
  readonly made?: LabelledPlace['made'];
}

/**
 * Where the places stand in the source; those that come out at one and the same spot once. Where a profile that is a
 * function makes a value of what it is called with, the call comes first, and the profile after all other definitions.
 * @param options `constants`: both ends of a constant that a value comes through
 */
export function spotsOf(
  places: readonly LabelledPlace[],
  { constants = false }: { readonly constants?: boolean } = {},
): readonly LabelledSpot[] {
  const first: LabelledSpot[] = [];
  const profiles: LabelledSpot[] = [];
  const others: LabelledSpot[] = [];
  for (const labelled of places) {
    const { label, made } = labelled;
    const more = { label, ...(made === undefined ? {} : { made }) };
    const spot = { ...pinpoint(labelled), ...more };
    const call = pinpointCall(labelled);
    if (call !== undefined) {
      const { written, ...caller } = call;
      first.push(...others.splice(0), { ...caller, ...more });
      if (constants && written !== undefined) first.push({ ...written, label: 'written here' });
      profiles.push({ place: spot.place, length: spot.length, label: 'from which it is made here' });
    } else {
      const isMade = label?.startsWith('from which ') === true;
      const constant = constants && !isMade ? pinpointConstant(labelled) : undefined;
      others.push(spot, ...(constant === undefined ? [] : [constant]));
    }
  }
  const bySpot = Map.groupBy([...first, ...profiles, ...others], ({ place, length }) =>
    JSON.stringify([place, length]),
  );
  return [...bySpot.values()].map((same) => {
    const labels = new Set(same.map(({ label }) => label).filter((label) => label !== undefined));
    return { ...same[0]!, label: labels.size === 0 ? undefined : [...labels].join(', ') };
  });
}
