// In which order errors are told, and which of them are one and the same on several hosts.
import type { SteadError } from '../../options/index.ts';

/** An error with every host that has it. */
export interface Told {
  readonly error: SteadError;
  readonly hosts: readonly string[];
}

/** Root causes first; what several hosts have from one definition is told once. */
export function grouped(errors: readonly SteadError[]): readonly Told[] {
  const told = new Map<string, { error: SteadError; hosts: string[] }>();
  for (const error of errors.toSorted((a, b) => rank(a) - rank(b))) {
    const { code, option, message, hint, places } = error;
    const identity = JSON.stringify([code, option, message, hint, places]);
    const known = told.get(identity);
    if (known === undefined)
      told.set(identity, { error, hosts: error.host === undefined ? [] : [error.host] });
    else if (error.host !== undefined && !known.hosts.includes(error.host)) known.hosts.push(error.host);
  }
  return [...told.values()];
}

/** What code does comes before what options say; a missing value is often a misspelt one; assertions follow. */
function rank({ code }: SteadError): number {
  if (code === 'assertion.failed') return 3;
  if (code === 'option.missing') return 2;
  return code.startsWith('option.') ? 1 : 0;
}
