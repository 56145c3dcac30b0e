// Why an option has its value.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  entries,
  explain,
  fallback,
  force,
  optionPath,
  options,
  parseOptionPath,
  priorityName,
  when,
  type Contribution,
} from '../../../src/options/index.ts';
import { hostOf, line } from '../evaluation.ts';

const set = options(
  'set',
  z.object({
    port: z.int().default(80),
    url: z.string(),
    list: z.array(z.object({ a: z.int() })),
    group: z.object({ a: z.int().default(1), b: z.object({ c: z.int().default(2) }) }),
    sites: entries(z.object({ root: z.string(), index: z.boolean().default(true) }), (_, name) => ({
      root: `/${name}`,
    })),
    log: z
      .discriminatedUnion('kind', [
        z.object({ kind: z.literal('a'), x: z.int() }),
        z.object({ kind: z.literal('b'), x: z.int().default(0) }),
      ])
      .optional(),
    file: z
      .preprocess(
        (value) => (typeof value === 'string' ? { text: value } : value),
        z.object({ text: z.string() }),
      )
      .optional(),
    any: z.unknown(),
  }),
  { defaults: (self) => ({ url: () => `http://${self.port}` }) },
);

/** Each definition as `keys value priority won`. */
function why(keys: (string | number)[], ...use: Contribution[]): string[] {
  return explain(hostOf(...use), set, keys).map(({ place, value, priority, won }) =>
    [
      place.label ?? place.keys?.join('.'),
      typeof value === 'function' ? '() => …' : JSON.stringify(value),
      priorityName(priority),
      ...(won ? ['won'] : []),
    ].join(' '),
  );
}

test('every definition is told, strongest first, and which one won', () => {
  const use = [
    set({ port: fallback(1) }),
    set({ port: 2 }),
    set({ port: force(() => 3) }),
    set({ port: when(false, 4) }),
  ];
  expect(why(['port'], ...use)).toEqual(['port 3 force won', 'port 2 defined', 'port 1 fallback']);
});

test('each is told with its place', () => {
  const at = line() + 1;
  const [one] = explain(hostOf(set({ group: { a: 1 } })), set, ['group', 'a']);
  expect(one!.place).toMatchObject({ place: { file: import.meta.filename, line: at }, keys: ['group', 'a'] });
});

test('nothing is told where the default of the schema holds', () => {
  expect(why(['port'], set({}))).toEqual([]);
  expect(why(['nothing', 'there'], set({}))).toEqual([]);
});

test('a default that the option set computes is told with the option set', () => {
  const [one] = explain(hostOf(set({ port: 5 })), set, ['url']);
  expect(one).toMatchObject({
    value: 'http://5',
    priority: 1500,
    won: true,
    place: { label: 'set computes a default', keys: ['defaults', 'url'] },
  });
  expect(why(['url'], set({ url: 'mine' }))).toEqual([
    'url "mine" defined won',
    'set computes a default "http://80" default',
  ]);
});

test('keys of an object have their own winners', () => {
  const use = [set(force({ group: { a: 1 } })), set({ group: { a: 2, b: { c: 3 } } })];
  expect(why(['group', 'a'], ...use)).toEqual(['group.a 1 force won', 'group.a 2 defined']);
  expect(why(['group', 'b', 'c'], ...use)).toEqual(['group.b.c 3 defined won']);
  expect(why(['group'], ...use)).toEqual([
    'group {"a":1} force won',
    'group {"a":2,"b":{"c":3}} defined won',
  ]);
});

test('what is inside a record or list that lost as a whole has lost', () => {
  const use = [set({ sites: force({ a: {} }) }), set({ sites: { a: { root: '/x' } } })];
  expect(why(['sites', 'a', 'root'], ...use)).toEqual([
    'sites.a.root "/x" defined',
    'set computes a default "/a" default won',
  ]);
});

test('items of a list are told by their place in the merged list', () => {
  const use = [set({ list: [{ a: 1 }, when(false, { a: 0 }), { a: 2 }] }), set({ list: () => [{ a: 3 }] })];
  expect(why(['list', 1], ...use)).toEqual(['list.2 {"a":2} defined won']);
  expect(why(['list', 2, 'a'], ...use)).toEqual(['list.0.a 3 defined won']);
  expect(why(['list', 3], ...use)).toEqual([]);
});

test('definitions of another branch of a union have lost', () => {
  const use = [set({ log: fallback({ kind: 'a', x: 1 }) }), set({ log: { kind: 'b', x: 2 } })];
  expect(why(['log', 'x'], ...use)).toEqual(['log.x 2 defined won', 'log.x 1 fallback']);
});

test('steps before the merge, free-form values and losing thunks are seen through', () => {
  expect(why(['file', 'text'], set({ file: 'x' }))).toEqual(['file.text "x" defined won']);
  expect(why(['any', 'a', 'b'], set({ any: { a: { b: 1 } } }))).toEqual(['any.a.b 1 defined won']);
  const boom = (): never => {
    throw new Error('x');
  };
  expect(why(['port'], set({ port: fallback(boom) }), set({ port: 1 }))).toEqual([
    'port 1 defined won',
    'port () => … fallback',
  ]);
});

test('a key that repeats itself, or that objects have a meaning for', () => {
  expect(why(['any', 'a', 'a'], set({ any: { a: { a: 1 } } }))).toEqual(['any.a.a 1 defined won']);
  expect(why(['any', 'constructor'], set({ any: {} }))).toEqual([]);
  expect(why(['sites', '__proto__', 'root'], set({ sites: { ['__proto__']: { root: 'x' } } }))).toHaveLength(
    2,
  );
});

describe('option paths', () => {
  test.each([
    ['set', ['set']],
    ['set.port', ['set', 'port']],
    ['files.etc."wireguard/wg0.conf".mode', ['files', 'etc', 'wireguard/wg0.conf', 'mode']],
    ['dnsmasq.hosts[2].name', ['dnsmasq', 'hosts', 2, 'name']],
    ['a."say \\"hi\\"".b-c', ['a', 'say "hi"', 'b-c']],
  ])('%s is read and written', (text, keys) => {
    expect(parseOptionPath(text)).toEqual(keys);
    const [name, ...rest] = keys;
    expect(optionPath(String(name), rest)).toBe(text);
  });

  test.each(['', '.', 'a.', 'a..b', 'a."b', 'a[x]', '[1', 'a b"'])('%j is none', (text) => {
    expect(parseOptionPath(text)).toBeUndefined();
  });

  test('priorities have the names that people give them', () => {
    expect([50, 100, 1000, 1500, 7].map(priorityName)).toEqual([
      'force',
      'defined',
      'fallback',
      'default',
      'priority 7',
    ]);
  });
});
