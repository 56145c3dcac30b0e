// Laws of merging, checked on random schemas and definitions.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  entries,
  Evaluation,
  fallback,
  force,
  host,
  merge,
  options,
  priority,
  uniqueList,
  when,
  type Definition,
  type Host,
  type OptionSet,
} from '../../src/options/index.ts';
import { told } from './evaluation.ts';

/** A schema as data. */
type Shape =
  | { readonly kind: 'int' | 'text' | 'choice' | 'preset' | 'any' }
  | { readonly kind: 'list' | 'unique' | 'record' | 'entries'; readonly of: Shape }
  | { readonly kind: 'object'; readonly keys: Readonly<Record<string, Shape>> };

const KEYS = ['a', 'b', 'c'] as const;
const scalarShape: fc.Arbitrary<Shape> = fc
  .constantFrom('int', 'text', 'choice', 'preset')
  .map((kind) => ({ kind }) as Shape);
const shape: fc.Arbitrary<Shape> = fc.letrec<{ shape: Shape }>((tie) => ({
  shape: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    scalarShape,
    fc.constant<Shape>({ kind: 'any' }),
    fc.record({ kind: fc.constantFrom('list' as const, 'unique' as const), of: scalarShape }),
    fc.record({ kind: fc.constant('record' as const), of: tie('shape') }),
    fc.record({ kind: fc.constant('entries' as const), of: objectOf(tie('shape')) }),
    objectOf(tie('shape')),
  ),
})).shape;

function objectOf(inner: fc.Arbitrary<Shape>): fc.Arbitrary<Shape> {
  return fc
    .tuple(inner, inner)
    .map(([a, b]) => ({ kind: 'object' as const, keys: { a, b } satisfies Record<string, Shape> }));
}

/** @param marked puts something around the schema of each part */
function schemaOf(
  of: Shape,
  marked: (schema: z.core.$ZodType) => z.core.$ZodType = (schema) => schema,
): z.core.$ZodType {
  const inner = (next: Shape): z.core.$ZodType => marked(schemaOf(next, marked));
  switch (of.kind) {
    case 'int':
      return z.int().optional();
    case 'text':
      return z.string().optional();
    case 'choice':
      return z.enum(['x', 'y']);
    case 'preset':
      return z.int().default(7);
    case 'any':
      return z.unknown();
    case 'list':
      return z.array(inner(of.of));
    case 'unique':
      return uniqueList(inner(of.of));
    case 'record':
      return z.record(z.string(), inner(of.of));
    case 'entries':
      return entries(inner(of.of) as z.ZodObject, (_, name) => ({ a: () => name }) as never);
    case 'object':
      return z.object(Object.fromEntries(Object.entries(of.keys).map(([key, next]) => [key, inner(next)])));
  }
}

/** Values that a definition may give for a shape; `around` decides what is put around each of them. */
function valueFor(
  of: Shape,
  around: (value: fc.Arbitrary<unknown>) => fc.Arbitrary<unknown>,
): fc.Arbitrary<unknown> {
  const inner = (next: Shape): fc.Arbitrary<unknown> => around(valueFor(next, around));
  switch (of.kind) {
    case 'int':
    case 'preset':
      return fc.integer({ min: 0, max: 2 });
    case 'text':
    case 'choice':
      return fc.constantFrom('x', 'y');
    case 'any':
      return fc.oneof(
        fc.integer({ min: 0, max: 1 }),
        fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 2 }),
        fc
          .dictionary(fc.constantFrom(...KEYS), around(fc.integer({ min: 0, max: 1 })), { maxKeys: 2 })
          .map(plain),
      );
    case 'list':
    case 'unique':
      return fc.array(valueFor(of.of, around), { maxLength: 3 });
    case 'record':
    case 'entries':
      return fc.dictionary(fc.constantFrom(...KEYS), inner(of.of), { maxKeys: 2 }).map(plain);
    case 'object':
      return fc
        .record(Object.fromEntries(Object.entries(of.keys).map(([key, next]) => [key, inner(next)])), {
          requiredKeys: [],
        })
        .map(plain);
  }
}

/** fast-check makes objects without a prototype now and then; both kinds are plain, and compare as one. */
function plain(value: object): object {
  return { ...value };
}

/** Conditions that do not hold. */
const nothings = new WeakSet<object>();

const wrapped = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 6, arbitrary: value },
    value.map((one) => force(one)),
    value.map((one) => fallback(one)),
    value.map((one) => when(() => true, one)),
    value.map((one) => {
      const nothing = when(false, one);
      nothings.add(nothing);
      return nothing;
    }),
    value.map((one) => () => one),
    fc.tuple(value, value).map(([one, other]) => merge(one, fallback(other))),
  );
const asIs = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> => value;

/** A shape that is an object, with definitions of it. */
function definitions(around: typeof wrapped): fc.Arbitrary<{ of: Shape; values: readonly unknown[] }> {
  return objectOf(shape).chain((of) =>
    fc.record({
      of: fc.constant(of),
      values: fc.array(around(valueFor(of, around)), { minLength: 1, maxLength: 4 }),
    }),
  );
}

type AnySet = OptionSet<z.ZodObject>;

function setOf(of: Shape, marked?: (schema: z.core.$ZodType) => z.core.$ZodType): AnySet {
  return options('s', schemaOf(of, marked) as z.ZodObject);
}

interface Outcome {
  readonly value: unknown;
  /** Sorted. */
  readonly errors: readonly string[];
}

/** The value of `set` on a host, leaves with an error left out, and the errors. */
function outcome(set: AnySet, use: readonly Definition[], text = told): Outcome {
  const evaluation = new Evaluation([host('h', { use })]);
  const { errors } = evaluation.check();
  return { value: readable(evaluation.host('h').get(set)), errors: errors.map(text).sort() };
}

function readable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== 'object' || value === null) return value;
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    try {
      result[key] = readable((value as Record<string, unknown>)[key]);
    } catch {
      result[key] = '(error)';
    }
  }
  return result;
}

/** Lists as sets with counts, since the order of definitions is the order of their items. */
function unordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => JSON.stringify(unordered(item))).sort();
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unordered(inner)]));
}

describe('merging', () => {
  test('does not depend on the order of definitions, but for the order of list items', () => {
    const permuted = definitions(wrapped).chain(({ of, values }) =>
      fc.record({
        of: fc.constant(of),
        values: fc.constant(values),
        others: fc.shuffledSubarray([...values], { minLength: values.length }),
      }),
    );
    fc.assert(
      fc.property(permuted, ({ of, values, others }) => {
        const set = setOf(of);
        const of1 = outcome(
          set,
          values.map((value) => set(value as never)),
          codeAndOption,
        );
        const of2 = outcome(
          set,
          others.map((value) => set(value as never)),
          codeAndOption,
        );
        expect(unordered(of2.value)).toEqual(unordered(of1.value));
        expect(of2.errors).toEqual(of1.errors);
      }),
      { numRuns: 400 },
    );
  });

  test('is associative: several definitions are the same as one that merges them', () => {
    fc.assert(
      fc.property(definitions(wrapped), fc.nat({ max: 3 }), ({ of, values }, at) => {
        const set = setOf(of);
        const apart = outcome(
          set,
          values.map((value) => set(value as never)),
        );
        const [some, others] = [values.slice(0, at), values.slice(at)] as never[][];
        expect(outcome(set, [set(merge(...(values as never[])))])).toEqual(apart);
        expect(outcome(set, [set(merge(...some!)), ...others!.map((value) => set(value))])).toEqual(apart);
        expect(outcome(set, [set(merge(merge(...some!), merge(...others!)))])).toEqual(apart);
      }),
      { numRuns: 400 },
    );
  });

  test('of objects is the same key by key as whole', () => {
    fc.assert(
      fc.property(definitions(asIs), ({ of, values }) => {
        const set = setOf(of);
        const whole = outcome(
          set,
          values.map((value) => set(value as never)),
          codeAndOption,
        );
        const keyByKey = values.flatMap((value) =>
          Object.entries(value as object).map(([key, inner]) => set({ [key]: inner } as never)),
        );
        const split = outcome(set, [set({}), ...keyByKey], codeAndOption);
        expect(split).toEqual(whole);
      }),
      { numRuns: 200 },
    );
  });

  test('takes a thunk, or a condition that holds, for the value in it', () => {
    fc.assert(
      fc.property(definitions(wrapped), fc.infiniteStream(fc.nat({ max: 4 })), ({ of, values }, stream) => {
        const set = setOf(of);
        const direct = outcome(
          set,
          values.map((value) => set(value as never)),
          codeAndOption,
        );
        const lazy = values.map((value) => set(lazily(value, () => stream.next().value) as never));
        expect(outcome(set, lazy, codeAndOption)).toEqual(direct);
      }),
      { numRuns: 400 },
    );
  });

  test('gives a schema whose checks keep it from the short way what it gives others', () => {
    const thunks = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
      fc.oneof(
        { weight: 6, arbitrary: value },
        value.map((one) => () => one),
        fc.constantFrom(0.5, 'other', ['x'], { a: 'x' }, undefined),
      );
    // z.unknown() has no short way; within z.nullable() it would no longer do without a value.
    const checked = (schema: z.core.$ZodType): z.core.$ZodType =>
      schema instanceof z.ZodUnknown ? schema : z.nullable(schema).refine(() => true);
    fc.assert(
      fc.property(definitions(thunks), ({ of, values: [value] }) => {
        fc.pre(typeof value === 'object' && !Array.isArray(value));
        const [short, long] = [setOf(of), setOf(of, checked)];
        expect(outcome(short, [short(value as never)], codeAndOption)).toEqual(
          outcome(long, [long(value as never)], codeAndOption),
        );
      }),
      { numRuns: 600 },
    );
  });

  test('gives scalars the value of the strongest definition, or a conflict', () => {
    const levels = fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 1 })), {
      minLength: 1,
    });
    const set = options('s', z.object({ a: z.int() }));
    fc.assert(
      fc.property(levels, (pairs) => {
        const best = Math.min(...pairs.map(([level]) => level));
        const winners = new Set(pairs.filter(([level]) => level === best).map(([, value]) => value));
        const { value, errors } = outcome(
          set,
          pairs.map(([level, given]) => set({ a: priority(level, given) })),
          codeAndOption,
        );
        expect(value).toEqual({ a: winners.size === 1 ? [...winners][0] : '(error)' });
        expect(errors).toEqual(winners.size === 1 ? [] : ['option.conflict s.a']);
      }),
    );
  });
});

describe('priorities', () => {
  const weak = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> => value;

  test.each<[string, (value: never) => unknown, (value: never) => unknown]>([
    ['force twice is force', (value) => force(force(value)), (value) => force(value)],
    ['fallback twice is fallback', (value) => fallback(fallback(value)), (value) => fallback(value)],
    ['the outer one decides', (value) => fallback(force(value)), (value) => fallback(value)],
    ['through a thunk, too', (value) => fallback(() => force(value)), (value) => fallback(value)],
    ['100 is plain', (value) => priority(100, value), (value) => value],
    ['50 is force', (value) => priority(50, value), (value) => force(value)],
  ])('%s', (_, one, other) => {
    fc.assert(
      fc.property(definitions(weak), ({ of, values: [first, ...others] }) => {
        const set = setOf(of);
        const rest = others.map((value) => set(value as never));
        expect(outcome(set, [set(one(first as never) as never), ...rest])).toEqual(
          outcome(set, [set(other(first as never) as never), ...rest]),
        );
      }),
      { numRuns: 60 },
    );
  });
});

test('evaluating one host before or after another gives the same values', () => {
  const set = options('s', z.object({ own: z.int(), read: z.array(z.int()), sum: z.int() }));
  const reads = fc.array(fc.array(fc.nat({ max: 3 }), { maxLength: 3 }), { minLength: 4, maxLength: 4 });
  const hosts = (graph: readonly (readonly number[])[]): Host[] =>
    graph.map((others, index) =>
      host(`h${index}`, {
        use: [
          set({
            own: index,
            read: others.map(
              (other) =>
                ({ fleet }) =>
                  fleet.host(`h${other}`).get(set).own,
            ),
            // Reads hosts further on only, so that there is no cycle.
            sum: ({ fleet }) =>
              others
                .filter((other) => other > index)
                .reduce((sum, other) => sum + fleet.host(`h${other}`).get(set).sum, index),
          }),
        ],
      }),
    );
  fc.assert(
    fc.property(reads, fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }), (graph, order) => {
      const straight = new Evaluation(hosts(graph));
      expect(straight.check().errors).toEqual([]);
      const mixed = new Evaluation(order.map((index) => hosts(graph)[index]!));
      const values = new Map(order.map((index) => [index, readable(mixed.host(`h${index}`).get(set))]));
      for (const [index, value] of values)
        expect(value).toEqual(readable(straight.host(`h${index}`).get(set)));
    }),
  );
});

function codeAndOption({ code, option }: { code: string; option: string | undefined }): string {
  return `${code} ${option}`;
}

/** The same value with thunks and conditions that hold put around parts of it. */
function lazily(value: unknown, next: () => number): unknown {
  const inner = Array.isArray(value)
    ? value.map((item) => lazily(item, next))
    : isPlain(value)
      ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, lazily(one, next)]))
      : value;
  // A thunk is there even where it gives nothing, which matters to the entry of a record.
  if (typeof value === 'object' && value !== null && nothings.has(value)) return value;
  switch (next()) {
    case 0:
      return () => inner;
    case 1:
      return when(() => true, inner);
    case 2:
      return () => merge(inner);
    default:
      return inner;
  }
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
