// preprocess, transform, pipe and codecs.
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { fallback, force, options } from '../../../src/options/index.ts';
import { errorOf, errorsOf, line, placesOf, valueOf } from '../evaluation.ts';
import { throwing } from '../fixtures/throwing.ts';

describe('transform', () => {
  const set = options(
    'set',
    z.object({
      scalar: z.string().transform((text) => text.length),
      preset: z
        .string()
        .default('abc')
        .transform((text) => text.length),
      list: z
        .array(z.int())
        .min(1)
        .transform((list) => list.reduce((sum, one) => sum + one, 0)),
      object: z.object({ a: z.int(), b: z.int().default(2) }).transform(({ a, b }) => a * b),
      record: z.record(z.string(), z.int()).transform((record) => Object.keys(record)),
      maybe: z
        .array(z.string())
        .optional()
        .transform((list) => list?.join(',')),
      chained: z
        .array(z.string())
        .transform((list) => list.length)
        .pipe(z.int().max(2)),
      base: z.int().default(3),
    }),
  );
  const good = set({ scalar: 'x', list: [1], object: { a: 1 }, chained: [] });

  test('applies to the merged value', () => {
    expect(
      valueOf(set, good, set({ list: [2] }), set({ object: { b: 5 } }), set({ record: { x: 1 } })),
    ).toMatchObject({
      scalar: 1,
      preset: 3,
      list: 3,
      object: 5,
      record: ['x'],
      maybe: undefined,
    });
  });

  test('goes with priorities and thunks', () => {
    expect(
      valueOf(
        set,
        good,
        set({
          scalar: force(() => 'four'),
          list: force([({ host }) => host.get(set).base]),
          object: force({ a: 7 }),
        }),
        set({ maybe: fallback(['lost']) }),
        set({ maybe: () => ['a', 'b'] }),
      ),
    ).toMatchObject({ scalar: 4, list: 3, object: 14, maybe: 'a,b' });
  });

  test('does not run on a value that its schema refuses', () => {
    expect(errorsOf(good, set({ scalar: force(5 as never) }))).toEqual([
      'set.scalar: expected a string, got 5',
    ]);
    expect(errorsOf(good, set({ list: force([]) }))).toEqual(['set.list: expected at least 1 item, got []']);
    expect(errorsOf(good, set({ object: { a: force('x' as never) } }))).toEqual([
      'set.object.a: expected an integer, got "x"',
    ]);
    expect(errorsOf(good, set({ chained: ['a', 'b', 'c'] }))).toEqual([
      'set.chained: expected a number of at most 2, got 3',
    ]);
  });

  test('that throws is an error of the option, at the line that throws', () => {
    const at = line() + 5;
    const throwing = options(
      'throwing',
      z.object({
        a: z.string().transform((text) => {
          throw new Error(`no ${text}`);
        }),
      }),
    );
    const error = errorOf(throwing({ a: 'x' }));
    expect(error).toMatchObject({
      code: 'evaluation.threw',
      option: 'throwing.a',
      message: 'its code threw Error: no x',
    });
    expect(placesOf(error)).toEqual([String(at)]);
  });

  test('that throws in another file shows the definition, too', () => {
    const at = line() + 1;
    const error = errorOf(throwing({ json: '{' }));
    expect(error.places.map(({ place, label }) => [basename(place.file), label])).toEqual([
      ['throwing.ts', undefined],
      ['pipe.test.ts', 'for what is defined here'],
    ]);
    expect(error.places[1]).toMatchObject({ place: { line: at }, keys: ['json'] });
  });

  test('may refuse with an issue of its own', () => {
    const refusing = options(
      'refusing',
      z.object({
        a: z.string().transform((text, context) => {
          context.issues.push({ code: 'custom', message: 'a word of two letters', input: text });
          return z.NEVER;
        }),
      }),
    );
    expect(errorsOf(refusing({ a: 'x' }))).toEqual(['refusing.a: expected a word of two letters, got "x"']);
  });
});

describe('preprocess', () => {
  const file = z.object({ text: z.string(), mode: z.string().default('0644') });
  const set = options(
    'set',
    z.object({
      file: z.preprocess((value) => (typeof value === 'string' ? { text: value } : value), file).optional(),
      files: z.record(
        z.string(),
        z.preprocess((value) => (typeof value === 'string' ? { text: value } : value), file),
      ),
      number: z.preprocess(
        (value) => (typeof value === 'string' ? Number(value) : value),
        z.int().default(7),
      ),
      list: z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(z.int())),
    }),
  );

  test('changes each definition before they are merged', () => {
    const value = valueOf(
      set,
      set({ file: 'x' }),
      set({ file: { mode: '0600' }, number: '5' }),
      set({ list: 1 }),
      set({ list: [2] }),
      set({ files: { a: () => 'lazy' } }),
    );
    expect(value).toEqual({
      file: { text: 'x', mode: '0600' },
      files: { a: { text: 'lazy', mode: '0644' } },
      number: 5,
      list: [1, 2],
    });
  });

  test('leaves the default to the schema behind it', () => {
    expect(valueOf(set, set({}))).toEqual({ file: undefined, files: {}, number: 7, list: [] });
  });

  test('errors are those of the schema behind it', () => {
    expect(errorsOf(set({ file: 5 }))).toEqual(['set.file: expected an object with `text`, `mode`, got 5']);
    expect(errorsOf(set({ files: { a: { txt: 'x' } } }))).toEqual([
      'set.files.a.txt: set.files.a has no option `txt`',
    ]);
    expect(errorsOf(set({ number: 'x' }))).toEqual(['set.number: expected an integer, got NaN']);
    expect(errorsOf(set({ list: 'x' }))).toEqual(['set.list[0]: expected an integer, got "x"']);
  });

  test('that throws is an error of the option', () => {
    const throwing = options(
      'throwing',
      z.object({ a: z.preprocess((value) => (value as { b: { c: string } }).b.c, z.string()) }),
    );
    expect(errorsOf(throwing({ a: {} }))).toEqual([
      "throwing.a: its code threw TypeError: Cannot read properties of undefined (reading 'c')",
    ]);
  });
});

describe('codecs', () => {
  test('decode what definitions say', () => {
    const seconds = z.codec(z.string(), z.int(), { decode: (text) => Number(text), encode: String });
    const set = options('set', z.object({ seconds, flag: z.stringbool().optional() }));
    expect(valueOf(set, set({ seconds: '5', flag: 'yes' }))).toEqual({ seconds: 5, flag: true });
    expect(errorsOf(set({ seconds: '1.5' }))).toEqual(['set.seconds: expected an integer, got 1.5']);
  });
});

describe('an asynchronous schema', () => {
  const at = line() + 1;
  const set = options(
    'set',
    z.object({
      refined: z
        .string()
        .refine(async () => true)
        .optional(),
      object: z
        .object({ a: z.int().optional() })
        .refine(async () => true)
        .optional(),
      promise: z.promise(z.string()).optional(),
    }),
  );

  test('is refused with advice, at its declaration', () => {
    for (const settings of [{ refined: 'x' }, { object: { a: 1 } }, { promise: Promise.resolve('x') }]) {
      const error = errorOf(set(settings as never));
      expect(error).toMatchObject({
        code: 'option.schema',
        message: 'its schema is asynchronous, and configuration is computed at once',
        hint: 'Give refine, transform and preprocess functions that are not `async`.',
      });
      expect(placesOf(error)).toEqual([`${at} set is declared here`]);
    }
  });

  test('and so is a thunk that gives a promise', () => {
    const error = errorOf(set({ refined: (async () => 'x') as never }));
    expect(error).toMatchObject({
      code: 'option.asynchronous',
      option: 'set.refined',
      message: 'its thunk gives a promise; configuration is computed at once',
    });
  });
});

test('a schema that replaces a merged object or list is refused', () => {
  const set = options('set', z.object({ list: z.array(z.int()).overwrite((list) => list.toReversed()) }));
  expect(errorsOf(set({ list: [1] }))).toEqual([
    'set.list: its schema changes the merged value by overwrite(…), which lists and objects do not support',
  ]);
});
