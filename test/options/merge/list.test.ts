// Lists and lines.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  after,
  before,
  fallback,
  force,
  lines,
  merge,
  options,
  uniqueList,
  when,
} from '../../../src/options/index.ts';
import { errorOf, errorsOf, foundIn, line, placesOf, valueOf } from '../evaluation.ts';
import { host } from '../../../src/options/index.ts';

const set = options(
  'set',
  z.object({
    list: z.array(z.int()),
    objects: z.array(z.object({ name: z.string(), port: z.int().default(1) })),
    unique: uniqueList(z.string()),
    uniqueObjects: uniqueList(z.object({ a: z.int(), b: z.int().default(2) })),
    nested: z.array(z.array(z.int())),
    optional: z.array(z.string()).optional(),
    base: z.int().default(5),
  }),
);

describe('lists', () => {
  test('add up in the order of their definitions', () => {
    expect(valueOf(set, set({ list: [1, 2] }), set({ list: [3] })).list).toEqual([1, 2, 3]);
  });

  test('are empty where nothing is defined, unless the schema says otherwise', () => {
    const value = valueOf(set, set({}));
    expect([value.list, value.objects, value.optional]).toEqual([[], [], undefined]);
  });

  test('take items that are thunks, conditions, merges or wrapped', () => {
    const { list } = valueOf(
      set,
      set({ list: [1, () => 2, when(false, 3), when(() => true, 4), merge(5, 6), force(7)] }),
    );
    expect(list).toEqual([1, 2, 4, 5, 6, 7]);
  });

  test('take items whose thunks read the same option set', () => {
    const { list } = valueOf(set, set({ list: [({ host }) => host.get(set).base], base: 9 }));
    expect(list).toEqual([9]);
  });

  test('of lists take thunks at any depth', () => {
    expect(valueOf(set, set({ nested: [[({ host }) => host.get(set).base]] })).nested).toEqual([[5]]);
  });

  test('of objects fill in the defaults of each', () => {
    expect(valueOf(set, set({ objects: [{ name: 'a' }, { name: 'b', port: () => 2 }] })).objects).toEqual([
      { name: 'a', port: 1 },
      { name: 'b', port: 2 },
    ]);
  });

  test('errors point at the item, in the merged list and in the source', () => {
    const at = line() + 1;
    const error = errorOf(set({ list: [1] }), set({ list: [2, 'x' as never] }));
    expect(error).toMatchObject({ option: 'set.list[2]', message: 'expected an integer, got "x"' });
    expect(placesOf(error)).toEqual([`${at} [list, 1]`]);
    expect(errorsOf(set({ objects: [{ name: 'a' }, { name: 1 as never }] }))).toEqual([
      'set.objects[1].name: expected a string, got 1',
    ]);
    expect(errorsOf(set({ objects: [{ port: 1 }] }))).toEqual([
      'set.objects[0].name: is not set; expected a string',
    ]);
    expect(errorsOf(set({ objects: [{ name: 'a', prot: 1 } as never] }))).toEqual([
      'set.objects[0].prot: set.objects[0] has no option `prot`',
    ]);
  });

  test('every wrong item is reported', () => {
    expect(errorsOf(set({ list: ['x' as never, 2, null as never] }))).toEqual([
      'set.list[0]: expected an integer, got "x"',
      'set.list[2]: expected an integer, got null',
    ]);
  });

  test('anything else than a list is refused', () => {
    expect(errorsOf(set({ list: 5 as never }), set({ list: [1] }))).toEqual([
      'set.list: expected a list, got 5',
    ]);
    expect(errorsOf(set({ list: { 0: 1 } as never }))).toEqual(['set.list: expected a list, got {"0":1}']);
    expect(errorsOf(set({ list: null as never }))).toEqual(['set.list: expected a list, got null']);
  });

  test('checks of the whole list see all definitions, and name what is missing where there is none', () => {
    const checked = options('checked', z.object({ list: z.array(z.int()).min(2).max(3) }));
    expect(valueOf(checked, checked({ list: [1] }), checked({ list: [2] })).list).toEqual([1, 2]);
    expect(errorsOf(checked({ list: [1] }))).toEqual(['checked.list: expected at least 2 items, got [1]']);
    expect(errorsOf(checked({ list: [1, 2, 3, 4] }))).toEqual([
      'checked.list: expected at most 3 items, got [1,2,3,4]',
    ]);
    expect(errorsOf(checked({}))).toEqual(['checked.list: is not set; expected at least 2 items']);
  });

  test('checks of the whole list may look at values that thunks give', () => {
    const checked = options(
      'checked',
      z.object({
        base: z.int(),
        list: z
          .array(z.object({ port: z.int() }))
          .refine((list) => list.every(({ port }) => port > 10), 'ports above 10'),
      }),
    );
    const port = ({ host }: { host: { get(s: typeof checked): { base: number } } }) => host.get(checked).base;
    expect(valueOf(checked, checked({ base: 11, list: [{ port }] })).list).toEqual([{ port: 11 }]);
    expect(errorsOf(checked({ base: 1, list: [{ port }] }))).toEqual(['checked.list: ports above 10']);
  });
});

describe('uniqueList', () => {
  test('counts equal items once; the first stays', () => {
    expect(valueOf(set, set({ unique: ['a', 'b', 'a'] }), set({ unique: ['b', 'c'] })).unique).toEqual([
      'a',
      'b',
      'c',
    ]);
  });

  test('compares objects by their merged values, whatever the order of keys', () => {
    const { uniqueObjects } = valueOf(
      set,
      set({ uniqueObjects: [{ a: 1, b: 2 }, { b: 2, a: () => 1 }, { a: 1 }, { a: 2 }] }),
    );
    expect(uniqueObjects).toEqual([
      { a: 1, b: 2 },
      { a: 2, b: 2 },
    ]);
  });

  test('keeps numbers and text of the same look apart', () => {
    const mixed = options('mixed', z.object({ items: uniqueList(z.union([z.string(), z.int()])) }));
    expect(valueOf(mixed, mixed({ items: [1, '1', 1] })).items).toEqual([1, '1']);
  });
});

describe('lines', () => {
  const text = options('text', z.object({ lines: lines().default(''), required: lines().optional() }));

  test('are joined with newlines, in the order asked for', () => {
    expect(
      valueOf(text, text({ lines: 'b' }), text({ lines: after('c\n') }), text({ lines: before(() => 'a') }))
        .lines,
    ).toBe('a\nb\nc');
  });

  test('a stronger definition stands alone', () => {
    expect(
      valueOf(text, text({ lines: 'b' }), text({ lines: force('a') }), text({ lines: fallback('c') })).lines,
    ).toBe('a');
  });

  test('hold the default where nothing is defined, and take text only', () => {
    expect(valueOf(text, text({}))).toEqual({ lines: '', required: undefined });
    expect(errorsOf(text({ lines: ['a'] as never }))).toEqual(['text.lines: expected text, got ["a"]']);
  });

  test('keep their meaning when described or given a default later', () => {
    const described = options('described', z.object({ text: lines().describe('Text.').default('x') }));
    expect(valueOf(described, described({ text: 'a' }), described({ text: 'b' })).text).toBe('a\nb');
  });
});

test('one list per host: definitions shared by two hosts make two lists', () => {
  const shared = set({ list: [({ host }) => (host.name === 'a' ? 1 : 2)] });
  expect(foundIn(host('a', { use: [shared] }), host('b', { use: [shared] }))).toEqual([]);
});
