// What a schema accepts, as the noun phrase that completes "expected …".
import type { z } from 'zod';
import { alternatives } from './errors.ts';

/**
 * The error map for every parse in the engine: a phrase for zod's own checks. Schemas that give a
 * message of their own (all of `values/`) keep it, as zod asks a schema before the parse.
 */
export function phrase(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return article(TYPE_NAMES[issue.expected as string] ?? String(issue.expected));
    case 'too_small':
      return bound(issue, issue.inclusive === false ? 'more than' : 'at least', issue.minimum as number);
    case 'too_big':
      return bound(issue, issue.inclusive === false ? 'less than' : 'at most', issue.maximum as number);
    case 'invalid_format':
      return format(issue as { format: string; pattern?: string; prefix?: string; suffix?: string });
    case 'not_multiple_of':
      return `a multiple of ${String(issue.divisor)}`;
    case 'unrecognized_keys':
      return `no ${(issue.keys as string[]).map((key) => `\`${key}\``).join(', ')}`;
    case 'invalid_value':
      return alternatives((issue.values as unknown[]).map((value) => JSON.stringify(value) ?? String(value)));
    case 'invalid_key':
      return 'a valid key';
    case 'invalid_element':
      return 'a valid element';
    case 'invalid_union':
      return union(
        issue as unknown as { errors: z.core.$ZodIssue[][]; discriminator?: string; note?: string },
      );
    default:
      return 'another value';
  }
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  int: 'integer',
  record: 'object',
  map: 'Map',
  set: 'Set',
  file: 'File',
  nan: 'NaN',
  date: 'Date',
};

const WITHOUT_ARTICLE = new Set(['undefined', 'null', 'never', 'NaN', 'unknown', 'any', 'void']);

function article(name: string): string {
  if (WITHOUT_ARTICLE.has(name)) return name === 'never' ? 'nothing here' : name;
  return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`;
}

function bound(issue: z.core.$ZodRawIssue, relation: string, limit: number | bigint): string {
  switch (issue.origin as string) {
    case 'string':
      return `${relation} ${limit} ${Number(limit) === 1 ? 'character' : 'characters'}`;
    case 'array':
    case 'set':
    case 'map':
      return `${relation} ${limit} ${Number(limit) === 1 ? 'item' : 'items'}`;
    default:
      return `a number of ${relation} ${limit}`;
  }
}

function format(issue: { format: string; pattern?: string; prefix?: string; suffix?: string }): string {
  switch (issue.format) {
    case 'regex':
      return `text matching ${issue.pattern}`;
    case 'starts_with':
      return `text that starts with ${JSON.stringify(issue.prefix)}`;
    case 'ends_with':
      return `text that ends with ${JSON.stringify(issue.suffix)}`;
    default:
      return `${article(issue.format)}`;
  }
}

function union(issue: { errors: z.core.$ZodIssue[][]; discriminator?: string; note?: string }): string {
  const phrases = issue.errors.map((errors) => errors[0]?.message ?? '').filter((text) => text !== '');
  return phrases.length > 0 ? alternatives([...new Set(phrases)]) : 'another value';
}
