// Short type names of the value helpers, for the option reference: `IPv4 address`, `port`.
import { z } from 'zod';

/** What the reference prints for the type of a value. */
export interface ValueName {
  /** A noun without article: `IPv4 address`. */
  readonly name: string;
  readonly example?: string;
}

/** Where each helper registers its name. Read it with `valueName`, which also looks inside wrappers. */
export const valueNames = z.registry<ValueName>();

/**
 * The registered name of a schema, looked for inside optional, nullable, default, prefault, catch, readonly and
 * lazy, and on the result side of a pipe (its source side when the result has none).
 * Undefined for a schema that no helper made.
 */
export function valueName(schema: z.core.$ZodType): ValueName | undefined {
  const own = valueNames.get(schema);
  if (own !== undefined) return own;
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'optional':
    case 'nonoptional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'catch':
    case 'readonly':
      return valueName(def.innerType);
    case 'lazy':
      return valueName(def.getter());
    case 'pipe':
      return valueName(def.out) ?? valueName(def.in);
    default:
      return undefined;
  }
}
