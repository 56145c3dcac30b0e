// In which order errors are told, and which of them are one and the same on several hosts.
import { SteadError } from '../../options/index.ts';

/** An error with every host that has it. */
export interface Told {
  readonly error: SteadError;
  readonly hosts: readonly string[];
}

/** Root causes first; what several hosts have from one definition is told once. */
export function grouped(errors: readonly SteadError[]): readonly Told[] {
  const told = new Map<string, { error: SteadError; hosts: string[] }>();
  for (const error of errors.toSorted((a, b) => rank(a) - rank(b))) {
    const { code, message, hint, places } = error;
    // Labels and indices in option paths differ by host; a place in the source is the same.
    const spots = places.map((one) => ({ ...one, label: undefined }));
    const identity = JSON.stringify([code, message, hint, spots]);
    const known = told.get(identity);
    if (known === undefined)
      told.set(identity, { error, hosts: error.host === undefined ? [] : [error.host] });
    else if (error.host !== undefined && !known.hosts.includes(error.host)) known.hosts.push(error.host);
  }
  return [...told.values()].map((one) => (one.hosts.length > 1 ? { ...one, error: withoutHost(one) } : one));
}

/** The error of the first host with labels that hold for the others as well. */
function withoutHost({ error, hosts: [first, ...others] }: Told): SteadError {
  const names = (label: string | undefined, host: string): boolean =>
    label?.includes(` on ${host} `) === true;
  if (error.places.some(({ label }) => others.some((host) => names(label, host)))) return error;
  const { code, option, message, hint, cause } = error;
  return new SteadError({
    code,
    message,
    ...(option === undefined ? {} : { option }),
    ...(hint === undefined ? {} : { hint }),
    cause,
    places: error.places.map(({ label, ...place }) =>
      label === undefined ? place : { ...place, label: label.replace(` on ${first} `, ' ') },
    ),
  });
}

/** What code does comes before what options say; a missing value is often a misspelt one; assertions follow. */
function rank({ code }: SteadError): number {
  if (code === 'assertion.failed') return 3;
  if (code === 'option.missing') return 2;
  return code.startsWith('option.') ? 1 : 0;
}
