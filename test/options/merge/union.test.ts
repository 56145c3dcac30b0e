// Unions, plain and discriminated.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { fallback, force, options } from '../../../src/options/index.ts';
import { port, portRange } from '../../../src/options/values/index.ts';
import { errorOf, errorsOf, hostOf, line, placesOf, valueOf } from '../evaluation.ts';

const set = options(
  'set',
  z.object({
    log: z
      .discriminatedUnion('kind', [
        z.object({ kind: z.literal('file'), path: z.string(), mode: z.string().default('0644') }),
        z.object({
          kind: z.literal('syslog'),
          facility: z.string().default('daemon'),
          path: z.string().optional(),
        }),
        z.object({ kind: z.enum(['off', 'none']) }),
      ])
      .default({ kind: 'off' }),
    base: z.string().default('x'),
  }),
);

describe('a discriminated union', () => {
  test('merges definitions that name the same branch, or none', () => {
    expect(
      valueOf(set, set({ log: { kind: 'file', path: '/x' } }), set({ log: { mode: '0600' } as never })).log,
    ).toEqual({
      kind: 'file',
      path: '/x',
      mode: '0600',
    });
    expect(valueOf(set, set({})).log).toEqual({ kind: 'off' });
  });

  test('the strongest discriminator decides, and those that name another branch are dropped with all their keys', () => {
    const profile = set({ log: fallback({ kind: 'file', path: '/x' }) });
    expect(valueOf(set, profile, set({ log: { kind: 'none' } })).log).toEqual({ kind: 'none' });
    expect(
      valueOf(
        set,
        set({ log: { kind: 'file', path: '/x' } }),
        set({ log: force({ kind: 'syslog' }) }),
        set({ log: { kind: 'syslog', facility: 'auth' } }),
      ).log,
    ).toEqual({ kind: 'syslog', facility: 'auth', path: undefined });
  });

  test('definitions of one strength that name different branches are an error at each discriminator', () => {
    const at = line() + 1;
    const error = errorOf(set({ log: { kind: 'file', path: '/x' } }), set({ log: { kind: 'syslog' } }));
    expect(error).toMatchObject({
      code: 'option.branch',
      option: 'set.log',
      message: 'its definitions name different values of `kind`: "file", "syslog"',
      hint: 'Keep one of them, wrap the one that shall win in force(…), or the others in fallback(…).',
    });
    expect(placesOf(error)).toEqual([
      `${at} [log, kind] kind is "file"`,
      `${at} [log, kind] kind is "syslog"`,
    ]);
  });

  test('an unknown or missing discriminator is an error with the known ones', () => {
    expect(errorOf(set({ log: { kind: 'fil' } as never }))).toMatchObject({
      option: 'set.log.kind',
      message: 'expected "file", "syslog", "off" or "none", got "fil"',
      hint: 'Did you mean "file"?',
    });
    expect(errorsOf(set({ log: { path: 'x' } as never }))).toEqual([
      'set.log.kind: is not set; expected "file", "syslog", "off" or "none"',
    ]);
    expect(errorsOf(set({ log: 'file' as never }))).toEqual([
      'set.log: expected an object whose `kind` is "file", "syslog", "off" or "none", got "file"',
    ]);
  });

  test('errors in the branch speak of the branch', () => {
    expect(errorsOf(set({ log: { kind: 'file', pth: 'x' } as never }))).toEqual([
      'set.log.pth: set.log has no option `pth`',
    ]);
    expect(errorsOf(set({ log: { kind: 'file', path: 5 as never } }))).toEqual([
      'set.log.path: expected a string, got 5',
    ]);
  });

  test('takes discriminators and keys that are thunks', () => {
    const use = set({
      log: { kind: (() => 'file') as never, path: ({ host }) => host.get(set).base },
      base: 'b',
    });
    expect(valueOf(set, use).log).toEqual({ kind: 'file', path: 'b', mode: '0644' });
  });

  test('is checked as a whole', () => {
    const checked = options(
      'checked',
      z.object({
        log: z
          .discriminatedUnion('kind', [
            z.object({ kind: z.literal('a'), x: z.int() }),
            z.object({ kind: z.literal('b') }),
          ])
          .refine((log) => log.kind !== 'a' || log.x > 1, 'x must be above 1'),
      }),
    );
    expect(errorsOf(checked({ log: { kind: 'a', x: 1 } }))).toEqual(['checked.log: x must be above 1']);
    expect(errorsOf(checked({}))).toEqual([
      'checked.log: is not set; expected an object whose `kind` is "a" or "b"',
    ]);
  });
});

describe('a plain union', () => {
  const plain = options(
    'plain',
    z.object({
      ports: z.union([port(), portRange()]).optional(),
      text: z
        .union([z.string(), z.object({ a: z.string(), b: z.int().default(1) }), z.array(z.int())])
        .optional(),
      objects: z
        .union([z.strictObject({ a: z.int() }), z.strictObject({ b: z.string(), c: z.array(z.int()) })])
        .optional(),
      maybe: z.string().or(z.undefined()),
      one: z.xor([z.string(), z.literal('x')]).optional(),
      mode: z.union([z.literal('a'), z.literal('b'), z.int()]).optional(),
    }),
  );

  test('merges objects and lists as the branch that holds them, and everything else as scalars', () => {
    expect(valueOf(plain, plain({ text: { a: 'x' } }), plain({ text: { b: 2 } })).text).toEqual({
      a: 'x',
      b: 2,
    });
    expect(valueOf(plain, plain({ text: [1] }), plain({ text: [2] })).text).toEqual([1, 2]);
    expect(valueOf(plain, plain({ text: 'x' }), plain({ text: 'x' })).text).toBe('x');
    expect(errorsOf(plain({ text: 'x' }), plain({ text: ['y'] as never }))).toEqual([
      'plain.text: has 2 different values of the same priority: "x", ["y"]',
    ]);
    expect(valueOf(plain, plain({})).maybe).toBeUndefined();
  });

  test('names all alternatives where none fits', () => {
    expect(errorsOf(plain({ ports: 'x' }))).toEqual([
      'plain.ports: expected a port, an integer from 1 to 65535, or a port range, such as 27015-27020, got "x"',
    ]);
    expect(errorsOf(plain({ ports: 70000 }))).toEqual([
      'plain.ports: expected a port, an integer from 1 to 65535, or a port range, such as 27015-27020, got 70000',
    ]);
    expect(errorsOf(plain({ mode: 'c' as never }))).toEqual([
      'plain.mode: expected "a", "b" or an integer, got "c"',
    ]);
    expect(errorsOf(plain({ text: 5 as never }))).toEqual([
      'plain.text: expected a string, an object or a list, got 5',
    ]);
    expect(errorsOf(plain({ ports: null as never }))).toEqual([
      'plain.ports: expected a port, an integer from 1 to 65535, or a port range, such as 27015-27020, got null',
    ]);
  });

  test('points into the one branch that the value was meant for', () => {
    expect(errorsOf(plain({ text: { a: 5 as never } }))).toEqual(['plain.text.a: expected a string, got 5']);
    const at = line() + 1;
    const error = errorOf(plain({ objects: { b: 'x', c: [1, 'y' as never] } }));
    expect(error).toMatchObject({ option: 'plain.objects.c[1]', message: 'expected an integer, got "y"' });
    expect(placesOf(error)).toEqual([`${at} [objects, c, 1]`]);
  });

  test('says what each alternative wants where the value could be any of them', () => {
    expect(errorsOf(plain({ objects: { d: 1 } as never }))).toEqual([
      'plain.objects: expected an object whose `a` is an integer or an object whose `b` is a string, got {"d":1}',
    ]);
  });

  test('that is exclusive refuses what fits two', () => {
    expect(errorsOf(plain({ one: 'x' }))).toEqual([
      'plain.one: expected a value that fits one of the alternatives only, got "x"',
    ]);
  });

  test('takes thunks at any depth', () => {
    expect(valueOf(plain, plain({ objects: { b: () => 'x', c: [() => 1] } })).objects).toEqual({
      b: 'x',
      c: [1],
    });
    expect(hostOf(plain({ text: [() => 1] })).get(plain).text).toEqual([1]);
  });
});
