// Objects and free-form settings.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { force, options } from '../../../src/options/index.ts';
import { errorOf, errorsOf, hostOf, line, placesOf, valueOf } from '../evaluation.ts';

const set = options(
  'set',
  z
    .object({
      tls: z.object({
        cert: z.string(),
        key: z.string().default('k'),
        deep: z.object({ on: z.boolean().default(true) }),
      }),
      maybe: z.object({ a: z.int(), b: z.int().default(2) }).optional(),
      orNull: z
        .object({ a: z.int().default(1) })
        .nullable()
        .default(null),
      preset: z.object({ a: z.int().default(1), b: z.int().default(2) }).default({ a: 10, b: 20 }),
      prefilled: z.object({ a: z.int().default(1) }).prefault({ a: 5 }),
    })
    .partial({ tls: true }),
);

describe('objects merge by key', () => {
  test('from all definitions, at every depth, with the defaults of each key', () => {
    const { tls } = valueOf(set, set({ tls: { cert: 'c' } }), set({ tls: { deep: { on: false } } }));
    expect(tls).toEqual({ cert: 'c', key: 'k', deep: { on: false } });
  });

  test('an optional object is undefined until something in it is defined', () => {
    expect(valueOf(set, set({})).maybe).toBeUndefined();
    expect(valueOf(set, set({ maybe: { a: 1 } })).maybe).toEqual({ a: 1, b: 2 });
    expect(errorsOf(set({ maybe: { b: 1 } }))).toEqual(['set.maybe.a: is not set; expected an integer']);
  });

  test('a default of the whole object holds until something in it is defined', () => {
    expect(valueOf(set, set({})).preset).toEqual({ a: 10, b: 20 });
    expect(valueOf(set, set({ preset: { a: 3 } })).preset).toEqual({ a: 3, b: 2 });
    expect(valueOf(set, set({})).prefilled).toEqual({ a: 5 });
  });

  test('null is a value where the schema has it, and competes by priority', () => {
    expect(valueOf(set, set({})).orNull).toBeNull();
    expect(valueOf(set, set({ orNull: { a: 2 } })).orNull).toEqual({ a: 2 });
    expect(valueOf(set, set({ orNull: { a: 2 } }), set({ orNull: force(null) })).orNull).toBeNull();
    expect(valueOf(set, set({ orNull: null }), set({ orNull: force({ a: 3 }) })).orNull).toEqual({ a: 3 });
    expect(errorsOf(set({ orNull: null }), set({ orNull: { a: 3 } }))).toEqual([
      'set.orNull: has 2 different values of the same priority: null, {"a":3}',
    ]);
    expect(errorsOf(set({ tls: null as never }))).toEqual([
      'set.tls: expected an object with `cert`, `key`, `deep`, got null',
    ]);
  });

  test('a missing value is shown at the object that lacks it', () => {
    const at = line() + 1;
    const error = errorOf(set({ tls: { key: 'x' } }));
    expect(error).toMatchObject({
      code: 'option.missing',
      option: 'set.tls.cert',
      message: 'is not set; expected a string',
      hint: 'Add `cert` here, or in another definition of set on this host.',
    });
    expect(placesOf(error)).toEqual([`${at} [tls]`]);
  });

  test('an unknown option is an error at its key, once for each definition of it', () => {
    const at = line() + 1;
    const error = errorOf(set({ tls: { cert: 'c', kee: 'x' } as never }));
    expect(error).toMatchObject({
      code: 'option.unknown',
      option: 'set.tls.kee',
      message: 'set.tls has no option `kee`',
      hint: 'Did you mean `key` or `deep`?',
    });
    expect(error.places).toMatchObject([{ keys: ['tls', 'kee'], focus: 'key', place: { line: at } }]);
    expect(errorOf(set({ zzzzzzzz: 1 } as never)).hint).toBe(
      'Known here: tls, maybe, orNull, preset, prefilled.',
    );
    expect(errorsOf(set({ tsl: 1 } as never), set({ tsl: 2 } as never))).toHaveLength(2);
    expect(errorsOf(set({ tsl: undefined } as never))).toEqual([]);
  });

  test('what is no plain object is refused', () => {
    expect(errorsOf(set({ tls: 'x' as never }))).toEqual([
      'set.tls: expected an object with `cert`, `key`, `deep`, got "x"',
    ]);
    expect(errorsOf(set({ tls: new Map() as never }))).toEqual([
      'set.tls: expected an object with `cert`, `key`, `deep`, got a map of 0',
    ]);
    expect(errorsOf(set(5 as never))).toEqual([
      'set: expected an object with `tls`, `maybe`, `orNull`, `preset`, …, got 5',
    ]);
  });

  test('definitions with a null prototype are objects', () => {
    const tls = Object.assign(Object.create(null) as object, { cert: 'c' });
    expect(valueOf(set, set({ tls: tls as never })).tls?.cert).toBe('c');
  });
});

describe('checks of a whole object', () => {
  const range = options(
    'range',
    z.object({
      limits: z
        .object({ low: z.int(), high: z.int() })
        .refine(({ low, high }) => low < high, 'low must be below high')
        .refine(({ high }) => high < 100, { path: ['high'], message: 'a number below 100' }),
    }),
  );

  test('run on the merged value', () => {
    expect(valueOf(range, range({ limits: { low: 1 } }), range({ limits: { high: 2 } })).limits.high).toBe(2);
  });

  test('show all definitions, or the one option that they speak of', () => {
    const at = line() + 1;
    const error = errorOf(range({ limits: { low: 3 } }), range({ limits: { high: 2 } }));
    expect(error).toMatchObject({ option: 'range.limits', message: 'low must be below high' });
    expect(placesOf(error)).toEqual([`${at} [limits]`, `${at} [limits]`]);
    expect(errorsOf(range({ limits: { low: 3, high: 200 } }))).toEqual([
      'range.limits.high: expected a number below 100, got 200',
    ]);
  });

  test('do not speak where a value in it has an error of its own', () => {
    expect(errorsOf(range({ limits: { low: 'x' as never, high: 2 } }))).toEqual([
      'range.limits.low: expected an integer, got "x"',
    ]);
  });

  test('may read values that thunks give', () => {
    const use = range({ limits: { low: ({ host }) => host.get(range).limits.high - 1, high: 5 } });
    expect(valueOf(range, use).limits.low).toBe(4);
  });
});

describe('free-form objects', () => {
  const loose = options(
    'loose',
    z.object({
      settings: z.looseObject({ port: z.int().default(1), tags: z.array(z.string()).optional() }),
      ints: z.object({ a: z.string().optional() }).catchall(z.int()),
      settled: z.strictObject({ a: z.int().optional() }),
    }),
  );

  test('keep keys outside the schema, merged like anything, and type the known ones', () => {
    const { settings } = valueOf(
      loose,
      loose({ settings: { extra: { list: [1], x: () => 1 }, port: 2 } }),
      loose({ settings: { extra: { list: [2], y: force(2) }, more: true } }),
    );
    expect(settings).toEqual({ port: 2, tags: undefined, extra: { list: [1, 2], x: 1, y: 2 }, more: true });
    expect(errorsOf(loose({ settings: { port: 'x' as never } }))).toEqual([
      'loose.settings.port: expected an integer, got "x"',
    ]);
    expect(errorsOf(loose({ settings: { x: 1 } }), loose({ settings: { x: 2 } }))).toEqual([
      'loose.settings.x: has 2 different values of the same priority: 1, 2',
    ]);
  });

  test('check other keys by the catchall', () => {
    expect(valueOf(loose, loose({ ints: { a: 'x', b: 2 } as never })).ints).toEqual({ a: 'x', b: 2 });
    expect(errorsOf(loose({ ints: { b: 'x' } as never }))).toEqual([
      'loose.ints.b: expected an integer, got "x"',
    ]);
  });

  test('strict ones refuse them', () => {
    expect(errorsOf(loose({ settled: { b: 1 } as never }))).toEqual([
      'loose.settled.b: loose.settled has no option `b`',
    ]);
  });
});

describe('recursive schemas', () => {
  const node = z.object({
    name: z.string().default('x'),
    get children() {
      return z.array(node);
    },
    get byName() {
      return z.record(z.string(), node).optional();
    },
  });
  const tree = options('tree', z.object({ root: node, json: z.json().optional() }));

  test('with getters merge to any depth', () => {
    const { root } = valueOf(
      tree,
      tree({ root: { children: [{ name: 'a', children: [{ name: () => 'b' }] }] } }),
      tree({ root: { byName: { k: { name: 'c' } } } }),
    );
    expect(root.children[0]?.children[0]?.name).toBe('b');
    expect(root.byName?.['k']?.name).toBe('c');
    expect(errorsOf(tree({ root: { children: [{ children: [{ name: 1 as never }] }] } }))).toEqual([
      'tree.root.children[0].children[0].name: expected a string, got 1',
    ]);
  });

  test('with z.lazy, such as any JSON, merge by what they hold', () => {
    const { json } = valueOf(tree, tree({ json: { a: [1], b: 'x' } }), tree({ json: { a: [2], c: null } }));
    expect(json).toEqual({ a: [1, 2], b: 'x', c: null });
  });

  test('stand deep nesting', () => {
    type Nested = { children: Nested[] };
    let value: Nested = { children: [] };
    for (let depth = 0; depth < 200; depth += 1) value = { children: [value] };
    expect(errorsOf(tree({ root: value as never }))).toEqual([]);
  });
});

describe('merged values', () => {
  const frozen = options(
    'frozen',
    z.object({
      object: z.object({ list: z.array(z.object({ a: z.int() })) }),
      record: z.record(z.string(), z.int()),
      any: z.unknown(),
      tuple: z.tuple([z.object({ a: z.int() })]).optional(),
      preset: z.object({ a: z.array(z.int()) }).default({ a: [1] }),
      made: z.object({ a: z.int() }).transform(({ a }) => ({ list: [a] })),
    }),
  );

  test('cannot be changed, at any depth', () => {
    const value = hostOf(
      frozen({
        object: { list: [{ a: 1 }] },
        record: { x: 1 },
        any: { y: [1] },
        tuple: [{ a: 1 }],
        made: { a: 1 },
      }),
    ).get(frozen) as never as Record<string, any>;
    const changes: (() => void)[] = [
      () => (value['object'] = 1),
      () => (value['object'].list = []),
      () => value['object'].list.push({ a: 2 }),
      () => (value['object'].list[0].a = 2),
      () => (value['record'].y = 2),
      () => delete value['record'].x,
      () => value['any'].y.push(2),
      () => (value['tuple'][0].a = 2),
      () => value['preset'].a.push(2),
      () => value['made'].list.push(2),
    ];
    for (const change of changes) expect(change).toThrow(TypeError);
  });

  test('leave the objects of definitions as they were', () => {
    const settings = { list: [{ a: 1 }] };
    expect(valueOf(frozen, frozen({ object: settings, made: { a: 1 } })).object).toEqual(settings);
    expect([Object.isFrozen(settings), Object.isFrozen(settings.list)]).toEqual([false, false]);
  });
});
