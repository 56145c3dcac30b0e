// Whether a host takes a bundle, and whether it runs it already: its verb `admit`. Asked before anything else, and on most
// days all that is asked, so that nothing is loaded for it that it can do without.
import { hostLines, single, unreadable } from './hostLines.ts';
import type { Session } from './target.ts';

/** What a host says of a bundle that it would take. */
export interface Admitted {
  readonly generation: number | undefined;
  readonly commit: string | undefined;
  /** Whether the host still knows from which commit it runs, if from any. */
  readonly isRecorded: boolean;
  /** Its machine-id(5). */
  readonly machine: string | undefined;
  /** Where a switch to the bundle would change nothing, and it was asked: what a switch says then. */
  readonly standing: readonly string[] | undefined;
}

export interface AdmitOptions {
  /** Where its store is to be, from the first generation on. */
  readonly storeDir?: string | undefined;
  /** Whether it is to look, too, if it runs the bundle whole; `awake`: with all units that are to run. */
  readonly ask?: 'standing' | 'awake' | undefined;
}

/**
 * Asks whether a host takes a bundle with that signature, before anything is copied; gives what runs there.
 * Raises SteadError `host.admit` with the host's reason: another host, or no signature that it trusts.
 */
export async function admit(
  session: Session,
  bundle: string,
  signature: string | undefined,
  { storeDir, ask }: AdmitOptions = {},
): Promise<Admitted> {
  const more = ask !== undefined ? [storeDir ?? '-', ask] : storeDir === undefined ? [] : [storeDir];
  const lines = await hostLines(session, 'admit', [bundle, ...more], { stdin: signature ?? '' });
  const [generation, commit] = single(lines, 'admit')('current');
  const isRecorded = commit !== 'lost';
  const standing = lines.findIndex(([key]) => key === 'standing');
  return {
    generation: numberIn(generation),
    commit: isRecorded ? textIn(commit) : undefined,
    isRecorded,
    machine: textIn(single(lines, 'admit')('machine')[0]),
    standing: standing < 0 ? undefined : lines.slice(standing + 1).map((line) => line.join('\t')),
  };
}

/** A column, in which a dash says that there is nothing to tell. */
function textIn(column: string | undefined): string | undefined {
  if (column === undefined) throw unreadable('admit', String(column));
  return column === '-' ? undefined : column;
}

function numberIn(column: string | undefined): number | undefined {
  const text = textIn(column);
  if (text !== undefined && !/^[1-9][0-9]*$/.test(text)) throw unreadable('admit', text);
  return text === undefined ? undefined : Number(text);
}
