// The lines that a verb of a host prints, as columns.

import { SteadError } from '../options/error.ts';
import { hostCommand, type HostCommandOptions } from './hostCommand.ts';
import type { CommandResult, Session } from './target.ts';

/** Runs a verb and gives the columns of its lines. Raises SteadError `host.<verb>` with what the host says where it fails. */
export async function hostLines(
  session: Session,
  verb: string,
  args: readonly string[],
  options: HostCommandOptions = {},
): Promise<string[][]> {
  const result = await hostCommand(session, verb, args, options);
  if (result.code === 0) return parseLines(result.stdout);
  throw hostError(result, verb);
}

/** What a host that ended a verb with a failure says, as an error. */
export function hostError(result: CommandResult, verb: string): SteadError {
  return new SteadError({
    code: result.code === 5 ? 'host.locked' : `host.${verb}`,
    message: lastLines(result.stderr) || `\`stead-host ${verb}\` ended with exit code ${result.code}`,
    hint: result.code === 5 ? HINTS.locked : verb === 'admit' ? HINTS.admit : HINTS.other,
  });
}

const HINTS = {
  locked: 'Wait for the other switch to end, then run this again.',
  admit:
    'Nothing was copied. "Signing" in the README says how signers are declared, changed and given up; `target` says where a host is.',
  other: 'The host is as it was; run this again once the cause is gone.',
} as const;

/** The columns of each line. */
export function parseLines(stdout: string): string[][] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
}

/** The further columns of the lines whose first one is `key`. */
export function values(lines: readonly string[][], key: string): string[][] {
  return lines.filter((line) => line[0] === key).map((line) => line.slice(1));
}

/** A look-up of lines that must be there, by their first column. */
export function single(lines: readonly string[][], verb: string): (key: string) => string[] {
  return (key) => {
    const found = values(lines, key)[0];
    if (!found) throw unreadable(verb, lines.map((line) => line.join('\t')).join('\n'));
    return found;
  };
}

export function unreadable(verb: string, text: string): SteadError {
  return new SteadError({
    code: 'host.answer',
    message: `the host's answer to \`stead-host ${verb}\` cannot be read: ${JSON.stringify(text.slice(0, 200))}`,
    hint: 'Something prints into every session there, such as a shell profile; it must be silent without a terminal.',
  });
}

/** The end of what a host said, for people: twenty lines, without what each begins with. */
export function lastLines(stderr: string): string {
  return stderr
    .trimEnd()
    .split('\n')
    .slice(-20)
    .map((line) => line.replace(/^stead-host: /, ''))
    .join('\n');
}
