// How a run over several hosts ended, and the exit code that says so.
import type { SteadError } from '../options/index.ts';
import type { ManualStep } from '../targets/index.ts';
import type { Answer } from './inspect.ts';

/** The exit codes of the command line; see design.md, section 6. */
export const EXIT = {
  done: 0,
  failed: 1,
  input: 2,
  partial: 3,
  rolledBack: 4,
  locked: 5,
  torn: 6,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** How it went on one host. */
export interface Outcome {
  readonly host: string;
  readonly state:
    | 'switched'
    | 'unchanged'
    | 'prepared'
    | 'staged'
    | 'removed'
    /** Not tried again, since the host was taken back from this very build before. */
    | 'held'
    | 'failed'
    /** It runs the new generation, and is not well any more. */
    | 'unwell'
    | 'rolled-back'
    | 'locked'
    | 'partial'
    /** It was not begun, or not gone on with, because of another host. */
    | 'left';
  /** The generation that runs now, where it is known. */
  readonly generation?: number;
  /** The one that ran before, where the host had one: the same where a switch has only put right what had drifted. */
  readonly previous?: number;
  readonly hash?: string;
  /** What is left for a person to do. */
  readonly manual?: readonly ManualStep[];
  readonly error?: SteadError;
}

/** The one exit code of a switch or rollback. */
export function exitCode(outcomes: readonly Outcome[]): ExitCode {
  // What was left as it was says nothing that the host which it was left for does not say.
  return together(outcomes.filter(({ state }) => state !== 'left').map(codeOf));
}

/** Whether a host is as it was asked to be. */
export function isGood(outcome: Outcome): boolean {
  return outcome.state !== 'left' && codeOf(outcome) === EXIT.done;
}

/** The one exit code of a question to hosts, some of whose answers may be bad news. */
export function answersExitCode<T>(
  answers: readonly Answer<T>[],
  isGood: (value: T) => boolean = () => true,
): ExitCode {
  return together(answers.map((answer) => codeOfAnswer(answer, isGood)));
}

function codeOfAnswer<T>(answer: Answer<T>, isGood: (value: T) => boolean): ExitCode {
  if ('value' in answer) return isGood(answer.value) ? EXIT.done : EXIT.failed;
  return answer.error.code === 'host.locked' ? EXIT.locked : EXIT.failed;
}

/** One exit code for several: theirs where all have the same. */
export function together(all: readonly ExitCode[]): ExitCode {
  const codes = new Set(all);
  if (codes.size === 0) return EXIT.done;
  if (codes.size === 1) return [...codes][0]!;
  return EXIT.partial;
}

function codeOf(outcome: Outcome): ExitCode {
  switch (outcome.state) {
    case 'switched':
    case 'unchanged':
    case 'prepared':
    case 'staged':
    case 'removed':
    case 'held':
      return EXIT.done;
    case 'failed':
    case 'left':
      return EXIT.failed;
    case 'unwell':
      return EXIT.partial;
    case 'rolled-back':
      return EXIT.rolledBack;
    case 'locked':
      return EXIT.locked;
    case 'partial':
      return EXIT.torn;
    default:
      return outcome.state satisfies never;
  }
}
