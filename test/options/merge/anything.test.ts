// Free-form values.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { before, force, merge, options, when } from '../../../src/options/index.ts';
import { errorOf, errorsOf, line, placesOf, valueOf } from '../evaluation.ts';

const set = options(
  'set',
  z.object({ any: z.unknown(), settings: z.record(z.string(), z.any()), base: z.int().default(1) }),
);

test('unset, they are undefined', () => {
  expect(valueOf(set, set({}))).toEqual({ any: undefined, settings: {}, base: 1 });
});

test('objects merge by key, lists concatenate, scalars must agree', () => {
  expect(
    valueOf(
      set,
      set({ any: { a: { b: [1], c: 'x' } } }),
      set({ any: { a: { b: before([0]), c: 'x', d: null } } }),
      set({ any: { e: true } }),
    ).any,
  ).toEqual({ a: { b: [0, 1], c: 'x', d: null }, e: true });
});

test('priorities, thunks, when and merge count at any depth', () => {
  const { any } = valueOf(
    set,
    set({ any: { a: force({ x: 1 }), b: when(false, 1), c: merge([1], [2]) } }),
    set({ any: { a: { y: 2 }, d: [() => ({ e: () => 5 }), force(6)] } }),
    set({ any: { f: ({ host }: { host: { get(s: typeof set): { base: number } } }) => host.get(set).base } }),
  );
  expect(any).toEqual({ a: { x: 1 }, c: [1, 2], d: [{ e: 5 }, 6], f: 1 });
});

test('a conflict is shown at the key inside the value', () => {
  const at = line() + 1;
  const error = errorOf(set({ settings: { a: { b: 1 } } }), set({ settings: { a: { b: 2 } } }));
  expect(error).toMatchObject({
    code: 'option.conflict',
    option: 'set.settings.a.b',
    message: 'has 2 different values of the same priority: 1, 2',
    hint: 'Keep one of them, wrap the one that shall win in force(…), or the others in fallback(…).',
  });
  expect(placesOf(error)).toEqual([
    `${at} [settings, a, b] defined as 1`,
    `${at} [settings, a, b] defined as 2`,
  ]);
});

test('values of different kinds conflict', () => {
  expect(errorsOf(set({ any: [1] }), set({ any: { 0: 1 } }))).toEqual([
    'set.any: has 2 different values of the same priority: [1], {"0":1}',
  ]);
  expect(errorsOf(set({ any: 1 }), set({ any: '1' }), set({ any: 1 }))).toEqual([
    'set.any: has 2 different values of the same priority: 1, "1"',
  ]);
});

test('objects of classes are values as they are', () => {
  const date = new Date(0);
  expect(valueOf(set, set({ any: date }), set({ any: new Date(0) })).any).toEqual(date);
  expect(errorsOf(set({ any: new Date(0) }), set({ any: new Date(1) }))).toHaveLength(1);
});
