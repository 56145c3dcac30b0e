// Parsing with zod, its issues turned into errors at the option and the place they speak of.
import { z } from 'zod';
import type { SteadError } from '../error.ts';
import { innerType } from '../kinds.ts';
import type { At } from './at.ts';
import { asynchronousSchema, overwrites, wrongValue } from './errors.ts';
import { missing } from './missing.ts';
import { phrase } from './expected.ts';
import { deepFrozen } from './frozen.ts';
import type { Input } from './input.ts';
import { problems, type Problem } from './problem.ts';

const parameters = { error: phrase, reportInput: true };

type Outcome =
  | { readonly success: true; readonly data: unknown }
  | { readonly success: false; readonly problems: readonly Problem[] };

/**
 * The value that `schema` makes of `value`, frozen.
 * @throws SteadError for the first thing that is wrong in it; what is wrong elsewhere in it is reported
 */
export function parsed(schema: z.core.$ZodType, value: unknown, inputs: readonly Input[], at: At): unknown {
  const result = outcome(schema, value, inputs[0], at);
  if (result.success) return deepFrozen(result.data);
  throw refused(result.problems, inputs, at, schema);
}

/** What `schema` makes of `value`, or what is wrong with it. */
export function outcome(schema: z.core.$ZodType, value: unknown, input: Input | undefined, at: At): Outcome {
  const result = at.scope.call(at, input, () => {
    try {
      return z.safeParse(schema, value, parameters);
    } catch (error) {
      throw error instanceof z.core.$ZodAsyncError ? asynchronousSchema(at) : error;
    }
  });
  return result.success ? result : { success: false, problems: problems(result.error.issues, value) };
}

/** Checks (`.min`, `.refine`, …) that stand on `schema` and its wrappers, to run on a merged value. */
export function checksOf(schema: z.core.$ZodType): Check | undefined {
  const checks: z.core.$ZodCheck<unknown>[] = [];
  for (let layer: z.core.$ZodType | undefined = schema; layer !== undefined; layer = innerType(layer)) {
    checks.push(...((layer._zod.def.checks ?? []) as z.core.$ZodCheck<unknown>[]));
  }
  if (checks.length === 0) return undefined;
  const shell = z.any().check(...checks);
  return (value, inputs, at, parents) => {
    if (checks.some((check) => check._zod.def.check === 'overwrite')) throw overwrites(at);
    const result = outcome(shell, value, inputs[0], at);
    if (result.success) return;
    if (inputs.length === 0) throw missing(at, result.problems[0]!.phrase, parents);
    throw refused(result.problems, inputs, at);
  };
}

/**
 * @param inputs the definitions that made the value; none where it is empty for want of them
 * @param parents definitions of what the option belongs to
 */
type Check = (value: unknown, inputs: readonly Input[], at: At, parents: readonly Input[]) => void;

/**
 * The first problem as an error. Where there are several, all are reported.
 * @param schema what the value as a whole has to fit
 */
export function refused(
  found: readonly Problem[],
  inputs: readonly Input[],
  at: At,
  schema?: z.core.$ZodType,
): SteadError {
  const errors = found.map((problem) => wrongValue(at, problem, inputs, schema));
  if (errors.length > 1) for (const error of errors) at.scope.report(error);
  return errors[0]!;
}

/** The phrase for what a schema accepts, as its own error for an absent value gives it. */
export function expectedOf(schema: z.core.$ZodType, at: At): string {
  const result = outcome(schema, undefined, undefined, at);
  return result.success ? 'a value' : (result.problems[0]?.phrase ?? 'a value');
}
