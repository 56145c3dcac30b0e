// Values and names as error messages show them.
import { wrapperOf } from '../wrapper.ts';

/** Longest text of a value in a message, in characters. */
const LONGEST = 60;

/** A value as an error shows it: JSON-like, at most 60 characters. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case 'function':
      return 'schema' in value ? `the option set ${value.name}` : 'a function';
    case 'bigint':
      return `${value}n`;
    case 'object':
      return value === null ? 'null' : shownObject(value);
    case 'string':
      return cut(withoutPasswords(JSON.stringify(value)));
    default:
      return String(value);
  }
}

/** Text with the passwords in URLs, and with private keys, starred out letter by letter. */
export function withoutPasswords(text: string): string {
  return SECRETS.reduce(
    (masked, secret) =>
      masked.replace(secret, (_, before: string, hidden: string) => before + '*'.repeat(hidden.length)),
    text,
  );
}

/** What leads to a secret, and the secret. */
const SECRETS: readonly RegExp[] = [
  /(:\/\/[^\s:@/"']*:)([^\s@/"']+)(?=@)/g,
  /(-----BEGIN [A-Z ]*PRIVATE KEY-----)([^"'`]+)/g,
  /(AGE-SECRET-KEY-)([0-9A-Z-]+)/g,
];

/** `a`, `a or b`, `a, b or c`; a comma stands before the last where one of them has its own. */
export function alternatives(words: readonly string[]): string {
  if (words.length < 2) return words[0] ?? '';
  const comma = words.some((word) => word.includes(', ')) ? ',' : '';
  return `${words.slice(0, -1).join(', ')}${comma} or ${words.at(-1)}`;
}

function shownObject(value: object): string {
  const { kind, name, set } = value as { kind?: unknown; name?: unknown; set?: { name?: unknown } };
  if ('site' in value && kind === 'definition') return `a definition of ${String(set?.name)}`;
  if ('site' in value && kind === 'disable') return `disable(${String(set?.name)})`;
  if ('site' in value && kind === 'host') return `the host ${String(name)}`;
  if ('_zod' in value) return 'a schema';
  if (value instanceof Promise) return 'a promise';
  if (value instanceof Set) return `a set of ${value.size}`;
  if (value instanceof Map) return `a map of ${value.size}`;
  if (value instanceof RegExp) return String(value);
  const instance = instanceShown(value);
  if (instance !== undefined) return instance;
  try {
    return cut(
      withoutPasswords(JSON.stringify(value, withThunks).replaceAll(JSON.stringify(THUNK), '() => …')),
    );
  } catch {
    // A cycle, or a value that cannot be computed; the kind of thing is all that can be said.
    return Array.isArray(value) ? `a list of ${value.length}` : 'an object';
  }
}

/** What JSON would show as something else: text for a date, plain data for an object of a class. */
function instanceShown(value: object): string | undefined {
  if (value instanceof Date)
    return `a Date, ${Number.isNaN(value.getTime()) ? 'invalid' : value.toISOString()}`;
  if (value instanceof URL) return `a URL, ${cut(withoutPasswords(JSON.stringify(value.href)))}`;
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (value instanceof Error)
    return `${article(value.name)}, ${cut(withoutPasswords(JSON.stringify(value.message)))}`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || Array.isArray(value) || wrapperOf(value) !== undefined) return undefined;
  const { constructor } = value as { constructor?: unknown };
  const name = typeof constructor === 'function' ? constructor.name : '';
  return name === '' || name === 'Object' || 'kind' in value ? undefined : `an object of class ${name}`;
}

function article(name: string): string {
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
}

/** Stands for a thunk inside the JSON; JSON itself leaves out keys whose value is a function. */
const THUNK = '\u0001thunk';

/** Wrappers are shown as what they hold. */
function withThunks(_key: string, value: unknown): unknown {
  const held = unwrapped(value);
  if (typeof held === 'function') return THUNK;
  const { kind, set, site } = (held ?? {}) as { kind?: unknown; set?: { name?: unknown }; site?: unknown };
  if (site !== undefined && kind === 'definition') return `${String(set?.name)}(…)`;
  return typeof held === 'bigint' ? `${held}n` : held;
}

function unwrapped(value: unknown): unknown {
  const wrapper = wrapperOf(value);
  if (wrapper === undefined) return value;
  return unwrapped(wrapper.kind === 'merge' ? wrapper.values[0] : wrapper.value);
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 3).toWellFormed()}…${text.at(-1)}` : text;
}
