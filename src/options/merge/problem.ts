// What is wrong with a value, from zod's issues.
import type { z } from 'zod';
import { phraseAndReason } from './expected.ts';

/** One thing that is wrong with a value. */
export interface Problem {
  /** Keys that lead to it inside the value. */
  readonly keys: readonly (string | number)[];
  /** Completes "expected …", unless it is a sentence. */
  readonly phrase: string;
  /** The phrase is a whole sentence, as in "must be even". */
  readonly sentence: boolean;
  readonly reason?: string;
  /** The value at the keys. */
  readonly value: unknown;
  /** Names that would have been right, where they can be listed. */
  readonly known?: readonly string[];
}

/** The problems of a value: the first of each spot in it, and all that concern several options together. */
export function problems(issues: readonly z.core.$ZodIssue[], value: unknown): readonly Problem[] {
  const found = issues.flatMap(narrowed).map((issue) => problem(issue, value));
  return found.filter(
    (one, index) => isComposite(one.value) || found.findIndex((other) => sameKeys(one, other)) === index,
  );
}

/** Issues of the one branch of a union that the value was meant for, where there is just one. */
function narrowed(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const fitting = issue.errors.filter((branch) => branch.every((inner) => inner.path.length > 0));
  if (fitting.length !== 1) return [issue];
  return fitting[0]!.flatMap((inner) => narrowed({ ...inner, path: [...issue.path, ...inner.path] }));
}

function problem(issue: z.core.$ZodIssue, whole: unknown): Problem {
  const keys = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
  // A check of an object that speaks of one of its keys has the object as its input.
  const inner = issue.code === 'custom' && keys.length > 0 ? valueAt(whole, keys) : undefined;
  const value = inner ?? issue.input;
  return {
    keys,
    ...phraseAndReason(issue.message),
    sentence: issue.code === 'custom' && isSentence(issue.message, value),
    value,
    ...(issue.code === 'invalid_value'
      ? { known: issue.values.filter((one) => typeof one === 'string') }
      : {}),
  };
}

/** Checks of a schema's own say what is wrong either way: "an even number", "must be even", "a must be below b". */
function isSentence(message: string, value: unknown): boolean {
  const { phrase } = phraseAndReason(message);
  if (/^[A-Z][a-z]+ |\b(must|should|shall|cannot|can't|may not|needs? to)\b/.test(phrase)) return true;
  return isComposite(value) && !/^(an?|one|at|text) /.test(phrase);
}

function isComposite(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function valueAt(value: unknown, keys: readonly (string | number)[]): unknown {
  return keys.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null
        ? (inner as Record<string | number, unknown>)[key]
        : undefined,
    value,
  );
}

function sameKeys(a: Problem, b: Problem): boolean {
  return a.keys.length === b.keys.length && a.keys.every((key, index) => key === b.keys[index]);
}
