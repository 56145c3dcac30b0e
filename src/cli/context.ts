// What verbs get from the outside, and the options that all of them share.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { SteadError } from '../options/error.ts';

/** The parts of a process that the command line uses. */
export interface Process {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  cwd(): string;
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream & {
    readonly isTTY?: boolean;
    readonly columns?: number;
    readonly rows?: number;
  };
}

/** What every verb runs in. */
export interface CliContext {
  readonly process: Process;
  /** The fleet's repository: `--repo`, or the working directory. */
  readonly repository: string;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly colour: boolean;
  /** Version of stead itself. */
  readonly version: string;
  /** Prints a line of results. */
  print(text: string): void;
  /** Prints a line for people, beside the results. */
  note(text: string): void;
}

/** What commander makes of the options below, as declared there. */
interface SharedOptions {
  readonly repo?: string;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** Gives a verb the options that all verbs have. */
export function withSharedOptions(command: Command): Command {
  return command
    .option('--repo <dir>', 'the fleet repository (default: the working directory)')
    .option('--json', 'print one JSON document instead of text')
    .option('--verbose', 'show stack traces of errors');
}

export function contextOf(process: Process, options: unknown, version: string): CliContext {
  const { repo, json = false, verbose = false } = options as SharedOptions;
  return {
    process,
    repository: resolve(process.cwd(), repo ?? '.'),
    json,
    verbose,
    colour: wantsColour(process),
    version,
    print: (text) => void process.stdout.write(`${text}\n`),
    note: (text) => void process.stderr.write(`${text}\n`),
  };
}

/** Whether errors are coloured: on a terminal, unless https://no-color.org says no. */
export function wantsColour(process: Process): boolean {
  return process.stderr.isTTY === true && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
}

/** A whole number of at least one, from the command line. */
export function positiveInteger(name: string): (text: string) => number {
  return (text) => {
    if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text);
    throw new SteadError({
      code: 'usage.number',
      message: `${name} takes a whole number of at least 1, got "${text}"`,
    });
  };
}

/** A number of days from the command line, `30d`, or of weeks. */
export function days(name: string): (text: string) => number {
  return (text) => {
    const [, count, unit] = /^([1-9][0-9]{0,4})([dw])$/.exec(text) ?? [];
    if (count !== undefined) return Number(count) * (unit === 'w' ? 7 : 1);
    throw new SteadError({
      code: 'usage.days',
      message: `${name} takes days or weeks such as 30d or 8w, got "${text}"`,
    });
  };
}
