// What the columns of a host's lines may hold.

import { z } from 'zod';
import { unreadable } from './hostLines.ts';

/** A generation's number as it stands in `generations/`. */
export const generationNumber = z.coerce.number().int().positive();
export const hash = z.string().regex(/^[0-9a-z]{32}$/);
/** A whole number of anything. */
export const amount = z.coerce.number().int().nonnegative();
export const absent = z.literal('-').transform((): undefined => undefined);

/** A column as data. Raises SteadError `host.answer` where it holds something else. */
export function read<T>(schema: z.core.$ZodType<T>, value: unknown, verb: string): T {
  const result = z.safeParse(schema, value);
  if (!result.success) throw unreadable(verb, String(value));
  return result.data;
}
