// What each kind of schema says it expects, in the words of an error.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { alternatives, fallback, force, merge, options, shown, when } from '../../../src/options/index.ts';
import { errorOf, errorsOf } from '../evaluation.ts';

/** The error of one option whose schema refuses a value, without the option's path. */
function messageOf(schema: z.core.$ZodType, value: unknown): string[] {
  const set = options('s', z.object({ a: schema }));
  return errorsOf(set({ a: value } as never)).map((text) => text.replace('s.a: ', ''));
}

test.each<[string, z.core.$ZodType, unknown]>([
  ['expected a string, got 5', z.string(), 5],
  ['expected a number, got "x"', z.number(), 'x'],
  ['expected a number, got NaN', z.number(), Number.NaN],
  ['expected a number, got Infinity', z.number(), Number.POSITIVE_INFINITY],
  ['expected an integer, got "x"', z.int(), 'x'],
  ['expected an integer, got 1.5', z.int(), 1.5],
  ['expected an integer, got 1.5', z.number().int(), 1.5],
  ['expected an integer of at most 9007199254740991, got 1e+300', z.int(), 1e300],
  ['expected a number of at least 3, got 1', z.int().min(3), 1],
  ['expected a number of more than 3, got 3', z.number().gt(3), 3],
  ['expected a number of at most 3, got 4', z.number().max(3), 4],
  ['expected a number of less than 3, got 3', z.number().lt(3), 3],
  ['expected a multiple of 5, got 7', z.number().multipleOf(5), 7],
  ['expected a boolean, got "true"', z.boolean(), 'true'],
  ['expected a bigint, got 1', z.bigint(), 1],
  ['expected a Date, got "2026"', z.date(), '2026'],
  ['expected a Map, got []', z.map(z.string(), z.string()), []],
  ['expected a Set, got []', z.set(z.string()), []],
  ['expected a URL, got "x"', z.instanceof(URL), 'x'],
  ['expected null, got 1', z.null(), 1],
  ['expected text that is not empty, got ""', z.string().min(1), ''],
  ['expected at least 3 characters, got "ab"', z.string().min(3), 'ab'],
  ['expected at most 1 character, got "ab"', z.string().max(1), 'ab'],
  ['expected exactly 3 characters, got "ab"', z.string().length(3), 'ab'],
  ['expected at least 1 item, got []', z.array(z.int()).min(1), []],
  ['expected exactly 2 items, got [1]', z.array(z.int()).length(2), [1]],
  ['expected text matching /^a/, got "b"', z.string().regex(/^a/), 'b'],
  ['expected text that starts with "a", got "b"', z.string().startsWith('a'), 'b'],
  ['expected text that ends with "a", got "b"', z.string().endsWith('a'), 'b'],
  ['expected text that contains "a", got "b"', z.string().includes('a'), 'b'],
  ['expected lower-case text, got "B"', z.string().lowercase(), 'B'],
  ['expected upper-case text, got "b"', z.string().uppercase(), 'b'],
  ['expected "a", "b" or "c", got "d"', z.enum(['a', 'b', 'c']), 'd'],
  ['expected "a" or 1, got "b"', z.literal(['a', 1]), 'b'],
  ['expected an e-mail address, such as admin@wildelab.com, got "x"', z.email(), 'x'],
  ['expected a URL, such as https://wildelab.com, got "x"', z.url(), 'x'],
  ['expected a UUID, such as 8b2f1c1e-4f0a-4c57-9b0e-6f0d8f1f2a3b, got "x"', z.uuid(), 'x'],
  ['expected an IPv4 address, such as 10.42.0.1, got "x"', z.ipv4(), 'x'],
  ['expected an IPv6 network, such as fd00:42::/64, got "x"', z.cidrv6(), 'x'],
  ['expected a date, such as 2026-11-21, got "x"', z.iso.date(), 'x'],
  ['expected a date and time in UTC, such as 2026-11-21T13:37:00Z, got "x"', z.iso.datetime(), 'x'],
  ['expected a time of day, such as 13:37:00, got "x"', z.iso.time(), 'x'],
  ['expected a duration by ISO 8601, such as PT15M, got "x"', z.iso.duration(), 'x'],
  ['expected base64, got "%"', z.base64(), '%'],
  ['expected hexadecimal digits, got "x"', z.hex(), 'x'],
  ['expected a JSON Web Token, got "x"', z.jwt(), 'x'],
  ['expected text of the format nanoid, got "x"', z.nanoid(), 'x'],
  ['expected a value that its check accepts, got 5', z.int().refine((value) => value > 5), 5],
  ['expected a value that its check accepts, got 5', z.custom(() => false), 5],
  ['expected an even number, got 5', z.int().refine((value) => value % 2 === 0, 'an even number'), 5],
  ['must be even, got 5', z.int().refine((value) => value % 2 === 0, 'must be even'), 5],
  ['Ports must be even, got 5', z.int().refine((value) => value % 2 === 0, 'Ports must be even'), 5],
  ['expected an even number, got 5: 4 is', z.int().refine(() => false, 'an even number; 4 is'), 5],
  ['expected a list of text, got 5', z.any().refine(Array.isArray, 'a list of text'), 5],
  ['expected "yes" or "no", got "x"', z.stringbool({ truthy: ['yes'], falsy: ['no'] }), 'x'],
])('%s', (message, schema, value) => {
  expect(messageOf(schema, value)).toEqual([message]);
});

test('a choice suggests the nearest of its members', () => {
  const set = options('s', z.object({ a: z.enum(['gateway', 'hub', 'spoke']) }));
  expect(errorOf(set({ a: 'gatewy' as never })).hint).toBe('Did you mean "gateway"?');
  expect(errorOf(set({ a: 'q' as never })).hint).toBeUndefined();
});

test('a default that its own schema refuses is told as the default', () => {
  const set = options('s', z.object({ a: z.int().max(3).prefault(5) }));
  expect(errorOf(set({}))).toMatchObject({
    message: 'expected a number of at most 3, got 5',
    hint: 'This is the default that the option set declares.',
    places: [{ label: 's is declared here' }],
  });
});

test.each<[unknown, string]>([
  ['text', '"text"'],
  ["it's", `"it's"`],
  [5, '5'],
  [-0, '0'],
  [Number.NaN, 'NaN'],
  [5n, '5n'],
  [null, 'null'],
  [undefined, 'undefined'],
  [true, 'true'],
  [Symbol('x'), 'Symbol(x)'],
  [() => 1, 'a function'],
  [[1, 'a'], '[1,"a"]'],
  [{ a: 1, b: { c: [] } }, '{"a":1,"b":{"c":[]}}'],
  [{ a: () => 1, b: 2n }, '{"a":() => …,"b":"2n"}'],
  [{ a: force([when(true, 1)]), b: fallback(() => 1), c: merge(1, 2) }, '{"a":[1],"b":() => …,"c":1}'],
  [new Set([1]), 'a set of 1'],
  [new Map(), 'a map of 0'],
  [/x/, '/x/'],
  [new Date(0), 'a Date, 1970-01-01T00:00:00.000Z'],
  [new Date(NaN), 'a Date, invalid'],
  [new URL('https://a:secret@b.example/'), 'a URL, "https://a:******@b.example/"'],
  [new TypeError('no'), 'a TypeError, "no"'],
  [Buffer.from('abc'), '3 bytes'],
  [new (class Peer {})(), 'an object of class Peer'],
  [Promise.resolve(), 'a promise'],
  ['x'.repeat(100), `"${'x'.repeat(56)}…"`],
  [
    Array.from({ length: 100 }, (_, index) => index),
    '[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,…]',
  ],
])('%# is shown as %2$s', (value, text) => {
  expect(shown(value)).toBe(text);
});

test('a value that holds itself is shown by its kind', () => {
  const list: unknown[] = [];
  list.push(list);
  expect([shown(list), shown({ list })]).toEqual(['a list of 1', 'an object']);
});

test('alternatives read as a sentence does', () => {
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c'], ['a, such as x', 'b']].map(alternatives)).toEqual([
    '',
    'a',
    'a or b',
    'a, b or c',
    'a, such as x, or b',
  ]);
});
