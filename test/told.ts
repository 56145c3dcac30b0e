// An error as tests hold it: what is wrong, and what to do about it.
import type { SteadError } from '../src/options/index.ts';

/** `what is wrong = What to do.`; without the second part where an error says nothing of it. */
export function told({ message, hint }: SteadError): string {
  return hint === undefined ? message : `${message} = ${hint}`;
}
