// Parsing with zod, its issues turned into errors at the option and the place they speak of.
import { z } from 'zod';
import { SteadError } from '../error.ts';
import { innerType } from '../kinds.ts';
import type { At } from './at.ts';
import { pathText, placeOf, shown, wrongValue } from './errors.ts';
import { phrase } from './expected.ts';
import type { Input } from './input.ts';

const parameters = { error: phrase };

/** The value that `schema` makes of `value`. @throws SteadError `option.value` for the first issue */
export function parsed(schema: z.core.$ZodType, value: unknown, inputs: readonly Input[], at: At): unknown {
  const result = z.safeParse(schema, value, parameters);
  if (result.success) return result.data;
  throw issueError(result.error.issues[0]!, value, inputs, at);
}

/** Checks (`.min`, `.refine`, …) that stand on `schema` and its wrappers, to run on a merged value. */
export function checksOf(
  schema: z.core.$ZodType,
): ((value: unknown, inputs: readonly Input[], at: At) => void) | undefined {
  const checks: z.core.$ZodCheck<unknown>[] = [];
  for (let layer: z.core.$ZodType | undefined = schema; layer !== undefined; layer = innerType(layer)) {
    checks.push(...((layer._zod.def.checks ?? []) as z.core.$ZodCheck<unknown>[]));
  }
  if (checks.length === 0) return undefined;
  const shell = z.any().check(...checks);
  return (value, inputs, at) => void parsed(shell, value, inputs, at);
}

/** The phrase for what a schema accepts, as its own error for an absent value gives it. */
export function expectedOf(schema: z.core.$ZodType): string {
  const result = z.safeParse(schema, undefined, parameters);
  return result.success ? 'a value' : (result.error.issues[0]?.message ?? 'a value');
}

function issueError(issue: z.core.$ZodIssue, value: unknown, inputs: readonly Input[], at: At): SteadError {
  const keys = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
  if (keys.length === 0) return wrongValue(at, issue.message, value, inputs);
  let inner: unknown = value;
  for (const key of keys) inner = (inner as Record<string | number, unknown> | undefined)?.[key];
  let path = at.path;
  for (const key of keys) path = { parent: path, key };
  return new SteadError({
    code: 'option.value',
    host: at.scope.hostName,
    option: pathText({ scope: at.scope, path }),
    message:
      inner === undefined
        ? `is not set; expected ${issue.message}`
        : `expected ${issue.message}, got ${shown(inner)}`,
    places: inputs.map((input) => {
      let inputPath = input.path;
      for (const key of keys) inputPath = { parent: inputPath, key };
      return placeOf({ ...input, path: inputPath });
    }),
  });
}
