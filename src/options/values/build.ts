// How every helper is made: one check, one message, a name for the reference and a pattern for JSON Schema.
import { z } from 'zod';
import { valueNames } from './name.ts';

/** A refusal to which the expected phrase has nothing to add. */
export const mismatch = '';

/** What makes a kind of text. */
export interface TextKind {
  /** Short name for the reference: `IPv4 address`. */
  readonly name: string;
  /** Completes "expected …": `an IPv4 address, such as 10.42.0.1`. Holds no semicolon. */
  readonly expected: string;
  readonly example: string;
  /** Matches every accepted text; it may match more. Goes into the JSON Schema. */
  readonly pattern: RegExp;
  /** Why the text is refused (`mismatch` when the phrase says it all); undefined when it is accepted. */
  readonly problem: (text: string) => string | undefined;
  /** What to add for a value that is no text, such as a number. */
  readonly wrongType?: (input: unknown) => string | undefined;
}

/** A schema for text of one kind. A refused value gives one issue: the expected phrase, `; ` and the reason. */
export function textOf(kind: TextKind): z.ZodString {
  return z
    .string({ error: (issue) => message(kind.expected, kind.wrongType?.(issue.input)) })
    .check((context) => {
      const problem = kind.problem(context.value);
      if (problem === undefined) return;
      context.issues.push({ code: 'custom', message: message(kind.expected, problem), input: context.value });
    })
    .meta({ pattern: kind.pattern.source })
    .register(valueNames, { name: kind.name, example: kind.example });
}

/** The problem function of a kind that its pattern decides; `reason` explains the refusals worth explaining. */
export function byPattern(
  pattern: RegExp,
  reason: (text: string) => string | undefined = () => undefined,
): (text: string) => string | undefined {
  return (text) => (pattern.test(text) ? undefined : (reason(text) ?? mismatch));
}

function message(expected: string, reason: string | undefined): string {
  return reason === undefined || reason === mismatch ? expected : `${expected}; ${reason}`;
}
