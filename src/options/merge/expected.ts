// What a schema accepts, as the noun phrase that completes "expected …".
import type { z } from 'zod';
import { alternatives } from './shown.ts';

/**
 * The error map for every parse in the engine: a phrase for zod's own checks. Schemas that give a
 * message of their own (all of `values/`) keep it, as zod asks a schema before the parse.
 */
export function phrase(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeName(isInteger(issue.inst) ? 'int' : (issue.expected as string));
    case 'too_small':
      return bound(issue, issue.minimum as number, issue.inclusive === false ? 'more than' : 'at least');
    case 'too_big':
      return bound(issue, issue.maximum as number, issue.inclusive === false ? 'less than' : 'at most');
    case 'invalid_format':
      return format(issue as { format: string; pattern?: string; prefix?: string; suffix?: string });
    case 'not_multiple_of':
      return `a multiple of ${String(issue.divisor)}`;
    case 'unrecognized_keys':
      return `an object without ${alternatives((issue.keys as string[]).map((key) => `\`${key}\``))}`;
    case 'invalid_value':
      return alternatives((issue.values as unknown[]).map(literal));
    case 'invalid_key':
      return `${nested(issue)} as each key`;
    case 'invalid_element':
      return `${nested(issue)} as each value`;
    case 'invalid_union':
      return union(issue as unknown as UnionIssue);
    default:
      return 'a value that its check accepts';
  }
}

/** The phrase and the reason after it, of messages such as "an IPv4 address, such as 10.42.0.1; it ends early". */
export function phraseAndReason(message: string): { readonly phrase: string; readonly reason?: string } {
  const at = message.indexOf('; ');
  return at === -1 ? { phrase: message } : { phrase: message.slice(0, at), reason: message.slice(at + 2) };
}

/** A literal as a schema names it. */
export function literal(value: unknown): string {
  return typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value));
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  array: 'a list',
  tuple: 'a list',
  int: 'an integer',
  record: 'an object',
  map: 'a Map',
  set: 'a Set',
  file: 'a File',
  nan: 'NaN',
  date: 'a Date',
  never: 'nothing here',
  nonoptional: 'a value',
  null: 'null',
  undefined: 'no value',
  void: 'no value',
  custom: 'another value',
};

function typeName(type: string): string {
  return TYPE_NAMES[type] ?? `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`;
}

/** The name of a text format without an article: `e-mail address`. */
export function formatName(format: string | undefined, otherwise: string): string {
  const known = format === undefined ? undefined : FORMATS[format];
  return known === undefined ? otherwise : known.replace(/, such as .*/, '').replace(/^an? /, '');
}

/** Whether a schema or check is for integers; zod asks for a number first, and only then for an integer. */
export function isInteger(schema: unknown): boolean {
  const format: unknown = (schema as { _zod?: { def?: { format?: unknown } } } | undefined)?._zod?.def
    ?.format;
  return typeof format === 'string' && format.includes('int');
}

function bound(issue: z.core.$ZodRawIssue, limit: number | bigint, relation: string): string {
  const amount = issue.exact === true ? `exactly ${limit}` : `${relation} ${limit}`;
  const plural = Number(limit) === 1 ? '' : 's';
  switch (issue.origin as string) {
    case 'string':
      if (issue.inclusive !== false && Number(limit) === 1 && relation === 'at least')
        return 'text that is not empty';
      return `${amount} character${plural}`;
    case 'array':
    case 'set':
    case 'map':
      return `${amount} item${plural}`;
    case 'date':
      return `a date ${relation === 'at least' ? 'from' : relation} ${new Date(Number(limit)).toISOString()}`;
    case 'int':
      return `an integer of ${amount}`;
    default:
      return `a number of ${amount}`;
  }
}

/** zod's own formats. Those that configurations need have helpers in `values/` with better reasons. */
const FORMATS: Readonly<Record<string, string>> = {
  email: 'an e-mail address, such as admin@wildelab.com',
  url: 'a URL, such as https://wildelab.com',
  uuid: 'a UUID, such as 8b2f1c1e-4f0a-4c57-9b0e-6f0d8f1f2a3b',
  guid: 'a GUID, such as 8b2f1c1e-4f0a-4c57-9b0e-6f0d8f1f2a3b',
  ipv4: 'an IPv4 address, such as 10.42.0.1',
  ipv6: 'an IPv6 address, such as fd00:42::1',
  cidrv4: 'an IPv4 network, such as 10.42.0.0/24',
  cidrv6: 'an IPv6 network, such as fd00:42::/64',
  mac: 'a MAC address, such as d8:3a:dd:01:02:03',
  hostname: 'a host name, such as gateway',
  e164: 'a telephone number, such as +4930123456',
  date: 'a date, such as 2026-11-21',
  time: 'a time of day, such as 13:37:00',
  datetime: 'a date and time in UTC, such as 2026-11-21T13:37:00Z',
  duration: 'a duration by ISO 8601, such as PT15M',
  base64: 'base64',
  base64url: 'base64url',
  hex: 'hexadecimal digits',
  jwt: 'a JSON Web Token',
  json_string: 'JSON',
  emoji: 'an emoji',
  lowercase: 'lower-case text',
  uppercase: 'upper-case text',
  template_literal: 'text',
  int32: 'an integer of 32 bits',
  uint32: 'an integer of 32 bits from 0',
  safeint: 'an integer',
  float32: 'a number of 32 bits',
  float64: 'a number',
};

function format(issue: { format: string; pattern?: string; prefix?: string; suffix?: string }): string {
  switch (issue.format) {
    case 'regex':
      return `text matching ${issue.pattern}`;
    case 'starts_with':
      return `text that starts with ${JSON.stringify(issue.prefix)}`;
    case 'ends_with':
      return `text that ends with ${JSON.stringify(issue.suffix)}`;
    case 'includes':
      return `text that contains ${JSON.stringify((issue as { includes?: string }).includes)}`;
    case 'template_literal':
      return `text matching ${issue.pattern}`;
    default:
      return FORMATS[issue.format] ?? `text of the format ${issue.format}`;
  }
}

interface UnionIssue {
  readonly errors: readonly (readonly z.core.$ZodIssue[])[];
  readonly discriminator?: string;
  readonly options?: readonly unknown[];
  readonly inclusive?: false;
}

function union({ errors, discriminator, options, inclusive }: UnionIssue): string {
  if (inclusive === false) return 'a value that fits one of the alternatives only';
  if (discriminator !== undefined) return alternatives((options ?? []).map(literal));
  const phrases = alternatives([...new Set(errors.map(branch))]);
  const reason = commonReason(errors);
  return reason === undefined ? phrases : `${phrases}; ${reason}`;
}

/** What two branches or more say is wrong, or the one that says anything. */
function commonReason(errors: UnionIssue['errors']): string | undefined {
  const reasons = errors.flatMap(([first]) => {
    const reason = first?.path.length === 0 ? phraseAndReason(first.message).reason : undefined;
    return reason === undefined ? [] : [reason];
  });
  const shared = reasons.find((reason, index) => reasons.indexOf(reason) !== index);
  return shared ?? (reasons.length === 1 ? reasons[0] : undefined);
}

/** One branch of a union, by what it wants first. */
function branch(issues: readonly z.core.$ZodIssue[]): string {
  const [first] = issues;
  if (first === undefined) return 'another value';
  const { phrase: wanted } = phraseAndReason(first.message);
  if (first.path.length === 0) return wanted;
  const [key] = first.path;
  if (typeof key === 'number') return `a list of ${wanted}`;
  return `an object whose \`${first.path.map(String).join('.')}\` is ${wanted}`;
}

function nested(issue: z.core.$ZodRawIssue): string {
  const [first] = (issue as unknown as { issues: readonly z.core.$ZodIssue[] }).issues;
  return first === undefined ? 'another value' : phraseAndReason(first.message).phrase;
}
