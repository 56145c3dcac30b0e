// The type of an option in words.
import type { z } from 'zod';
import { innerType, kindOf } from './kinds.ts';
import { formatName, isInteger, literal } from './merge/expected.ts';
import { valueName } from './values/name.ts';

/** A type in words: `port`, `list of text`, `one of "a", "b"`. What holds itself is shown once. */
export function typeText(schema: z.core.$ZodType, inside: readonly z.core.$ZodType[] = []): string {
  const nullable = layers(schema).some((layer) => layer._zod.def.type === 'nullable');
  const text = valueName(schema)?.name ?? coreText(schema, inside);
  return nullable ? `${text} or null` : text;
}

function coreText(schema: z.core.$ZodType, inside: readonly z.core.$ZodType[]): string {
  const core = coreOf(schema);
  if (inside.includes(core)) return '…';
  const of = (inner: z.core.$ZodType): string => typeText(inner, [...inside, core]);
  const kind = kindOf(schema);
  const { def } = core._zod;
  switch (def.type) {
    case 'string':
      return kind.lines === true ? 'lines of text' : formatName((def as { format?: string }).format, 'text');
    case 'number':
      return isInteger(core) || (def.checks ?? []).some(isInteger) ? 'integer' : 'number';
    case 'bigint':
      return 'integer of any size';
    case 'enum':
      return `one of ${Object.values(def.entries).map(literal).join(', ')}`;
    case 'literal':
      return def.values.map(literal).join(' or ');
    case 'array':
      return `list of ${of(def.element)}${kind.unique === true ? ', each once' : ''}`;
    case 'tuple':
      return `[${def.items.map(of).join(', ')}]`;
    case 'record':
      return `${of(def.valueType)} by name`;
    case 'map':
      return `Map from ${of(def.keyType)} to ${of(def.valueType)}`;
    case 'set':
      return `Set of ${of(def.valueType)}`;
    case 'union':
      return [...new Set(def.options.map(of))].join(' or ');
    case 'intersection':
      return [...new Set([of(def.left), of(def.right)])].join(' and ');
    case 'pipe':
      return of(written(def));
    case 'template_literal':
      return 'text';
    case 'unknown':
    case 'any':
      return 'anything';
    default:
      return def.type;
  }
}

/** The side of a pipe that definitions are written for. */
export function written(def: z.core.$ZodPipeDef): z.core.$ZodType {
  return def.in._zod.def.type === 'transform' ? def.out : def.in;
}

/** A schema and what it wraps (`.default()`, `.optional()`, …), outermost first. */
export function layers(schema: z.core.$ZodType): z.core.$ZodType[] {
  const result = [schema];
  for (let inner = innerType(schema); inner !== undefined; inner = innerType(inner)) result.push(inner);
  return result;
}

export function coreOf(schema: z.core.$ZodType): z.core.$ZodTypes {
  return layers(schema).at(-1) as z.core.$ZodTypes;
}
