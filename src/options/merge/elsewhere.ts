// Options of a set that have the name which was looked for in another group.
import type { z } from 'zod';
import { innerType } from '../kinds.ts';

/** Groups below groups below groups: deeper than people misplace an option. */
const DEEPEST = 3;

/** The keys that lead to every option called `name`; of a dotted name, those it spells. */
export function elsewhere(schema: z.core.$ZodType, name: string): readonly (readonly string[])[] {
  return paths(schema, []).filter(
    (keys) => keys.at(-1) === name || (keys.length > 1 && keys.join('.') === name),
  );
}

function paths(schema: z.core.$ZodType, above: readonly string[]): (readonly string[])[] {
  let core = schema;
  for (let inner = innerType(core); inner !== undefined; inner = innerType(core)) core = inner;
  const { def } = (core as z.core.$ZodTypes)._zod;
  if (def.type !== 'object' || above.length === DEEPEST) return [];
  return Object.entries(def.shape).flatMap(([key, child]) => [
    [...above, key],
    ...paths(child, [...above, key]),
  ]);
}
