// Errors that only follow from a misspelt name are not told: what is missing for it, and what is wrong with its group.
import type { Misspelt, SteadError } from '../error.ts';

/** The errors without those that go away once the names in them are right. */
export function withoutFollowing(errors: readonly SteadError[]): readonly SteadError[] {
  const misspelt = Map.groupBy(
    errors.filter((error) => error.misspelt !== undefined),
    ({ host }) => host,
  );
  return errors.filter(
    (error) => misspelt.get(error.host)?.some((other) => follows(error, other.misspelt!)) !== true,
  );
}

/** What the definitions of a whole say together counts once each of its names is one. */
const OF_A_WHOLE: ReadonlySet<string> = new Set(['option.value', 'assertion.failed', 'warning']);

function follows({ code, option }: SteadError, { within, meant }: Misspelt): boolean {
  if (option === undefined) return false;
  return code === 'option.missing' ? meant.includes(option) : option === within && OF_A_WHOLE.has(code);
}
