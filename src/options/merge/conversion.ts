// What to write instead of a value of the wrong kind, where the schema takes one that is near to it.
import { z } from 'zod';
import { isDefinition } from '../definition.ts';
import { wrapperOf } from '../wrapper.ts';
import { shown } from './shown.ts';

/** What is empty where nothing is said. */
const EMPTY: ReadonlySet<string> = new Set(['array', 'object', 'record']);

/** A sentence for the hint of an error; undefined where nothing near would do. */
export function conversion(schema: z.core.$ZodType | undefined, value: unknown): string | undefined {
  if (isDefinition(value)) {
    return 'Write the settings themselves, `{ … }`: definitions stand in `use`, or are yielded by an implementation.';
  }
  if (value instanceof Promise) return 'Configuration is computed at once: write the value itself.';
  if (typeof value === 'string' && value.includes('[object Object]')) {
    return 'An object was made text here: wrappers such as force(…) stand around a whole value, not inside it.';
  }
  if (schema === undefined) return undefined;
  if (value instanceof Date || value instanceof URL) return instanceConversion(schema, value);
  if (isInstance(value)) return PLAIN;
  if (value === null) {
    const isOptional = EMPTY.has((schema as z.core.$ZodTypes)._zod.def.type) || takes(schema, undefined);
    return isOptional
      ? 'Leave it out where there is nothing to say.'
      : 'Write a value, or leave the name out: null is no value.';
  }
  return candidates(value).find(([candidate]) => takes(schema, candidate))?.[1];
}

/** A date or a URL where its text belongs, in one of the forms that a schema may take. */
function instanceConversion(schema: z.core.$ZodType, value: Date | URL): string | undefined {
  const isDate = value instanceof Date;
  if (isDate && Number.isNaN(value.getTime())) return undefined;
  const text = isDate ? value.toISOString() : value.href;
  const forms = isDate ? [text.slice(0, 10), text.replace('.000Z', 'Z'), text] : [text, value.hostname];
  const found = forms.find((form) => takes(schema, form));
  return found === undefined ? PLAIN : `Write its text: ${written(found)}.`;
}

const PLAIN = 'Configuration is plain data: text, numbers, true or false, lists and objects of them.';

/** Whether a value is of a class that somebody wrote, and no plain data. */
function isInstance(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  if (value instanceof Set || value instanceof Map || wrapperOf(value) !== undefined || 'kind' in value)
    return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype !== null && prototype !== Object.prototype;
}

function candidates(value: unknown): (readonly [candidate: unknown, hint: string])[] {
  if (value instanceof Set) return [[[...value], `Write a list: ${written([...value])}.`]];
  if (Array.isArray(value)) {
    return value.length === 1 ? [[value[0], `Write ${written(value[0])} alone, without the list.`]] : [];
  }
  const list = [[value], `Write a list: [${written(value)}].`] as const;
  switch (typeof value) {
    case 'string':
      // Several words may be meant as several items.
      return [...fromText(value), ...(/\s/.test(value) ? [] : [list])];
    case 'number':
    case 'bigint':
      return [
        ...(value == 0 || value == 1 ? [[value == 1, `Write ${value == 1}.`] as const] : []),
        [Number(value), `Write ${Number(value)}.`],
        [String(value), `Write it in quotes: '${value}'.`],
        list,
      ];
    default:
      return [list];
  }
}

function fromText(text: string): (readonly [candidate: unknown, hint: string])[] {
  const number = text.trim() === '' ? NaN : Number(text);
  return [
    ...(Number.isFinite(number) ? [[number, `Write ${number}, without quotes.`] as const] : []),
    ...(/^(true|yes|on)$/i.test(text) ? [asBoolean(true)] : []),
    ...(/^(false|no|off)$/i.test(text) ? [asBoolean(false)] : []),
    ...(/\s/.test(text.trim()) && !/['"]/.test(text)
      ? [[text.trim().split(/\s+/), `Write a list of words: ${written(text.trim().split(/\s+/))}.`] as const]
      : []),
    ...(text.trim() === text
      ? []
      : [[text.trim(), `Leave out the blanks: ${written(text.trim())}.`] as const]),
  ];
}

function asBoolean(value: boolean): readonly [candidate: unknown, hint: string] {
  return [value, `Write ${value}, without quotes.`];
}

/** As TypeScript's own formatting writes it. */
function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(written).join(', ')}]`;
  if (typeof value !== 'string') return shown(value);
  return /['\\\p{Cc}]/u.test(value) ? shown(value) : `'${value}'`;
}

function takes(schema: z.core.$ZodType, value: unknown): boolean {
  try {
    return z.safeParse(schema, value).success;
  } catch {
    // A check that throws takes nothing.
    return false;
  }
}
