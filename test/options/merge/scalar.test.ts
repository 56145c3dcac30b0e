// Scalars, values that are one although they have parts, and options with rules of their own.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { fallback, force, internal, merge, mergedBy, options, readOnly } from '../../../src/options/index.ts';
import { errorOf, errorsOf, line, placesOf, valueOf } from '../evaluation.ts';

describe('optional, nullable and preset options', () => {
  const set = options(
    'set',
    z.object({
      optional: z.string().optional(),
      nullable: z.string().nullable().default(null),
      nullish: z.int().nullish(),
      preset: z.string().default('x'),
      prefilled: z.string().trim().prefault('  x '),
      exact: z.exactOptional(z.string()),
      caught: z.int().catch(7),
      required: z.string().optional().nonoptional(),
    }),
  );

  test('hold what their schema says where nothing is defined', () => {
    expect(valueOf(set, set({ required: 'r' }))).toEqual({
      optional: undefined,
      nullable: null,
      nullish: undefined,
      preset: 'x',
      prefilled: 'x',
      exact: undefined,
      caught: 7,
      required: 'r',
    });
  });

  test('take null where the schema does, and nowhere else', () => {
    const use = set({ required: 'r', nullish: null, nullable: force('x') });
    expect(valueOf(set, use, set({ nullable: null }))).toMatchObject({ nullish: null, nullable: 'x' });
    expect(errorsOf(set({ required: 'r', optional: null as never }))).toEqual([
      'set.optional: expected a string, got null',
    ]);
    expect(errorsOf(use, set({ nullish: 5 }))).toEqual([
      'set.nullish: has 2 different values of the same priority: null, 5',
    ]);
  });

  test('must be set where they are required', () => {
    const at = line() + 1;
    const error = errorOf(set({}), set({}));
    expect(error).toMatchObject({ option: 'set.required', message: 'is not set; expected a string' });
    expect(placesOf(error)).toEqual([`${at} []`, `${at} []`]);
  });

  test('catch takes any value', () => {
    expect(valueOf(set, set({ required: 'r', caught: 'x' as never })).caught).toBe(7);
  });
});

describe('conflicts', () => {
  const set = options(
    'set',
    z.object({ a: z.string().optional(), tuple: z.tuple([z.string(), z.int()]).optional() }),
  );

  test('show each definition with what it says, and each value once', () => {
    const at = line() + 1;
    const error = errorOf(set({ a: 'x' }), set({ a: 'y' }), set({ a: 'x' }), set({ a: fallback('z') }));
    expect(error).toMatchObject({
      code: 'option.conflict',
      message: 'has 2 different values of the same priority: "x", "y"',
    });
    expect(placesOf(error)).toEqual([
      `${at} [a] defined as "x"`,
      `${at} [a] defined as "y"`,
      `${at} [a] defined as "x"`,
    ]);
  });

  test('between values with parts compare them deeply', () => {
    expect(valueOf(set, set({ tuple: ['a', 1] }), set({ tuple: ['a', () => 1] })).tuple).toEqual(['a', 1]);
    expect(errorsOf(set({ tuple: ['a', 1] }), set({ tuple: ['a', 2] }))).toEqual([
      'set.tuple: has 2 different values of the same priority: ["a",1], ["a",2]',
    ]);
  });
});

describe('values with parts', () => {
  const set = options(
    'set',
    z.object({
      tuple: z.tuple([z.string(), z.object({ a: z.int() })]).optional(),
      map: z.map(z.string(), z.int()).optional(),
      set: z.set(z.int()).optional(),
      both: z.intersection(z.object({ a: z.int() }), z.object({ b: z.int() })).optional(),
      date: z.date().optional(),
      big: z.bigint().optional(),
      bytes: z.instanceof(Uint8Array).optional(),
    }),
  );

  test('are parsed as wholes', () => {
    const value = {
      tuple: ['x', { a: 1 }] as [string, { a: number }],
      map: new Map([['a', 1]]),
      set: new Set([1]),
      date: new Date(0),
      big: 5n,
      bytes: new Uint8Array([1]),
    };
    expect(valueOf(set, set(value))).toEqual({ ...value, both: undefined });
  });

  test('errors point at the part', () => {
    expect(errorsOf(set({ tuple: ['x', { a: 'y' as never }] }))).toEqual([
      'set.tuple[1].a: expected an integer, got "y"',
    ]);
    expect(errorsOf(set({ tuple: ['x'] as never }))).toEqual([
      'set.tuple: expected at least 2 items, got ["x"]',
    ]);
    expect(errorsOf(set({ tuple: [5, { a: 'y' }] as never }))).toEqual([
      'set.tuple[0]: expected a string, got 5',
      'set.tuple[1].a: expected an integer, got "y"',
    ]);
    expect(errorsOf(set({ map: new Map([['a', 'x' as never]]) }))).toEqual([
      'set.map.a: expected an integer, got "x"',
    ]);
    expect(errorsOf(set({ map: new Map([[5 as never, 1]]) }))).toEqual([
      'set.map[5]: expected a string, got 5',
    ]);
    expect(errorsOf(set({ set: new Set([1, 'x' as never]) }))).toEqual([
      'set.set: expected an integer, got "x"',
    ]);
    expect(errorsOf(set({ map: { a: 1 } as never }))).toEqual(['set.map: expected a Map, got {"a":1}']);
  });

  test('that are intersections merge like anything, and are checked by all their types', () => {
    expect(valueOf(set, set({ both: { a: 1, b: () => 2 } })).both).toEqual({ a: 1, b: 2 });
    expect(valueOf(set, set({ both: { a: 1 } as never }), set({ both: { b: 2 } as never })).both).toEqual({
      a: 1,
      b: 2,
    });
    expect(errorsOf(set({ both: { a: 1, b: 'x' as never } }))).toEqual([
      'set.both.b: expected an integer, got "x"',
    ]);
  });
});

describe('mergedBy', () => {
  const set = options(
    'set',
    z.object({
      sum: mergedBy(z.int(), (values) => values.reduce((sum, one) => sum + one, 0)).default(0),
      most: mergedBy(
        z.array(z.int()),
        (lists) => lists.toSorted((a, b) => b.length - a.length)[0]!,
      ).optional(),
    }),
  );

  test('combines the definitions of the winning priority', () => {
    expect(
      valueOf(set, set({ sum: 1 }), set({ sum: () => 2 }), set({ sum: merge(3, fallback(9)) })).sum,
    ).toBe(6);
    expect(valueOf(set, set({ sum: 1 }), set({ sum: force(7) }), set({ sum: force(8) })).sum).toBe(15);
    expect(valueOf(set, set({ most: [1] }), set({ most: [2, () => 3] })).most).toEqual([2, 3]);
    expect(valueOf(set, set({})).sum).toBe(0);
  });

  test('checks the result by the schema, showing every definition', () => {
    const at = line() + 1;
    const error = errorOf(set({ sum: 1.5 }), set({ sum: 2 }));
    expect(error).toMatchObject({ option: 'set.sum', message: 'expected an integer, got 3.5' });
    expect(placesOf(error)).toEqual([`${at} [sum]`, `${at} [sum]`]);
  });

  test('whose function throws is an error at its line', () => {
    const at = line() + 6;
    const throwing = options(
      'throwing',
      z.object({
        a: mergedBy(z.string(), () => {
          throw new TypeError('no');
        }),
      }),
    );
    const error = errorOf(throwing({ a: 'x' }));
    expect(error).toMatchObject({ option: 'throwing.a', message: 'its code threw TypeError: no' });
    expect(placesOf(error)).toEqual([String(at - 1)]);
  });
});

describe('readOnly', () => {
  const set = options(
    'set',
    z.object({
      once: readOnly(z.string()).optional(),
      fixed: readOnly(z.string().default('f')),
      url: readOnly(z.string()),
    }),
    { defaults: () => ({ url: () => 'computed' }) },
  );

  test('takes one definition, of whatever priority', () => {
    expect(valueOf(set, set({ once: force('x') })).once).toBe('x');
    expect(errorOf(set({ once: 'x' }), set({ once: force('x') }))).toMatchObject({
      code: 'option.read-only',
      option: 'set.once',
      message: 'is read-only and is defined 2 times',
      hint: 'Remove all definitions but one.',
    });
  });

  test('takes none where the option set itself says what it is', () => {
    expect(valueOf(set, set({}))).toEqual({ once: undefined, fixed: 'f', url: 'computed' });
    for (const settings of [{ fixed: 'x' }, { url: 'x' }]) {
      expect(errorOf(set(settings))).toMatchObject({
        message: 'is read-only: set itself says what it is',
        hint: 'Remove this definition.',
      });
    }
  });
});

test('internal options behave like others', () => {
  const set = options('set', z.object({ a: internal(z.int()).default(1) }));
  expect(valueOf(set, set({ a: 2 })).a).toBe(2);
});
