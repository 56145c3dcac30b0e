// In which order errors are told, and which of them are one and the same on several hosts.
import type { SteadError } from '../../options/index.ts';
import { sourceFile } from '../source/file.ts';
import { advised } from '../source/thrown.ts';
import { spotsOf, type LabelledSpot } from '../source/spots.ts';

/** An error with every host that has it, and where it stands in the source. */
export interface Told {
  readonly error: SteadError;
  readonly hosts: readonly string[];
  readonly spots: readonly LabelledSpot[];
  /** Those that tell something only where stead's own files are all there is. */
  readonly beside: readonly LabelledSpot[];
}

/** Root causes first; what several hosts have from one definition is told once. */
export function grouped(errors: readonly SteadError[]): readonly Told[] {
  const told: (Told & { readonly hosts: string[] })[] = [];
  const alike = new Map<string, typeof told>();
  for (const error of errors.map(advised).toSorted((a, b) => rank(a) - rank(b))) {
    const { code, message, hint, host } = error;
    const spots = spotsOf(
      error.places.filter((place) => place.beside === undefined),
      { constants: true },
    );
    // Labels differ by host; a place in the source is the same.
    const identity = JSON.stringify([code, message, hint, spots.map(({ place, length }) => [place, length])]);
    const others = alike.get(identity) ?? [];
    const known = others.find((other) => isSameOption(other.error, error));
    if (known === undefined) {
      const beside = spotsOf(error.places.filter((place) => place.beside === true));
      const one = { error, hosts: host === undefined ? [] : [host], spots, beside };
      told.push(one);
      alike.set(identity, [...others, one]);
    } else if (host !== undefined && !known.hosts.includes(host)) known.hosts.push(host);
  }
  return withoutFollowing(told).map((one) => (one.hosts.length > 1 ? { ...one, spots: shared(one) } : one));
}

/** Indices differ by host; what no option is told for is the same where one is. */
function isSameOption({ option: one }: SteadError, { option: other }: SteadError): boolean {
  const indices = /\[\d+\]/g;
  return one === undefined || one.replaceAll(indices, '') === (other ?? one).replaceAll(indices, '');
}

/**
 * Without what is another's repetition: a wrong value that is written once and used by a profile for several options,
 * and what code at one place throws for each option that asks it.
 */
function withoutFollowing(all: readonly Told[]): readonly Told[] {
  const told = new Set<string>();
  return all.filter(({ error: { code, message }, hosts, spots }) => {
    const [first] = spots;
    if (first === undefined || code === 'assertion.failed') return true;
    const isValue = code === 'option.value' && isLiteral(first);
    if (code.startsWith('option.') && !isValue) return true;
    const same = isValue ? [code, first.place] : [message, spots.map(({ place }) => place)];
    const identity = JSON.stringify([hosts, same]);
    return told.size < told.add(identity).size;
  });
}

function isLiteral({ place, length }: LabelledSpot): boolean {
  const text = sourceFile(place.file)
    ?.line(place.line)
    ?.slice(place.column - 1, place.column - 1 + length);
  return text !== undefined && /^(?:'[^']*'|"[^"]*"|-?[\d._]+)$/.test(text);
}

/** Spots with labels that hold for all of the hosts: they speak of the first, unless they tell others from it. */
function shared({ spots, hosts: [first, ...others] }: Told): readonly LabelledSpot[] {
  const names = (label: string | undefined, host: string): boolean =>
    label?.includes(` on ${host} `) === true;
  if (spots.some(({ label }) => others.some((host) => names(label, host)))) return spots;
  return spots.map((spot) => ({ ...spot, label: spot.label?.replaceAll(` on ${first} `, ' ') }));
}

/** What code does comes before what options say; a missing value is often a misspelt one; assertions follow. */
function rank({ code }: SteadError): number {
  if (code === 'assertion.failed') return 3;
  if (code === 'option.missing') return 2;
  return code.startsWith('option.') ? 1 : 0;
}
