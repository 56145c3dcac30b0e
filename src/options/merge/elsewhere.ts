// Options of a set that have the name which was looked for in another group.
import type { z } from 'zod';
import { innerType } from '../kinds.ts';
import { literal } from './expected.ts';

/** Groups below groups below groups: deeper than people misplace an option. */
const DEEPEST = 3;

/** The keys that lead to every option called `name`; of a dotted name, those it spells. */
export function elsewhere(schema: z.core.$ZodType, name: string): readonly (readonly string[])[] {
  return paths(schema, []).filter(
    (keys) => keys.at(-1) === name || (keys.length > 1 && keys.join('.') === name),
  );
}

function paths(schema: z.core.$ZodType, above: readonly string[]): (readonly string[])[] {
  const { def } = coreOf(schema)._zod;
  if (def.type !== 'object' || above.length === DEEPEST) return [];
  return Object.entries(def.shape).flatMap(([key, child]) => [
    [...above, key],
    ...paths(child, [...above, key]),
  ]);
}

/** The branches of the discriminated union at `keys` that have an option called `name`, as `kind: "disk"`. */
export function branchesWith(
  schema: z.core.$ZodType,
  keys: readonly (string | number)[],
  name: string,
): readonly string[] {
  const here = keys.reduce<readonly z.core.$ZodType[]>(
    (all, key) => all.flatMap((one) => childrenOf(one, key)),
    [schema],
  );
  return here.flatMap((one) => {
    const { def } = coreOf(one)._zod;
    if (def.type !== 'union' || !('discriminator' in def)) return [];
    const discriminator = String(def.discriminator);
    return def.options
      .filter((option) => childrenOf(option, name).length > 0)
      .flatMap((option) => [...(option._zod.propValues?.[discriminator] ?? [])])
      .map((value) => `${discriminator}: ${literal(value)}`);
  });
}

/** The schemas that a key has in a schema, whichever of its branches holds. */
function childrenOf(schema: z.core.$ZodType, key: string | number): readonly z.core.$ZodType[] {
  const { def } = coreOf(schema)._zod;
  switch (def.type) {
    case 'object':
      return Object.hasOwn(def.shape, key) ? [def.shape[key]!] : [];
    case 'record':
      return [def.valueType];
    case 'array':
      return [def.element];
    case 'union':
      return def.options.flatMap((option) => childrenOf(option, key));
    default:
      return [];
  }
}

function coreOf(schema: z.core.$ZodType): z.core.$ZodTypes {
  let core = schema;
  for (let inner = innerType(core); inner !== undefined; inner = innerType(core)) core = inner;
  return core as z.core.$ZodTypes;
}
