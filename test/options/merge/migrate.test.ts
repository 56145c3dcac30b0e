// Options that had another name, are gone, or changed their meaning.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  changed,
  explain,
  fallback,
  force,
  host,
  merge,
  options,
  removed,
  renamed,
  when,
} from '../../../src/options/index.ts';
import {
  errorOf,
  errorsOf,
  fleetOf,
  hostOf,
  line,
  placesOf,
  single,
  valueOf,
  warningsOf,
} from '../evaluation.ts';

const set = options(
  'set',
  z.object({
    certificate: z.string().default('none'),
    tls: z.object({ key: z.string(), days: z.int().default(1) }).optional(),
    seconds: z.int().default(0),
    names: z.array(z.string()),
  }),
  {
    migrations: {
      cert: renamed('certificate'),
      'ssl.key': renamed('tls.key'),
      'tls.validity': renamed('tls.days'),
      alias: renamed('names'),
      colour: removed('Colours are chosen by the terminal.'),
      'tls.version': removed('TLS 1.3 is always on.'),
      seconds: changed(
        (old: number | string) => (typeof old === 'string' ? Number(old) : old),
        'Write a number.',
      ),
    },
  },
);
/** Definitions as they were written for an older version. */
const old = set as unknown as (settings: object) => ReturnType<typeof set>;

describe('a renamed option', () => {
  test('moves to its new name with a warning at its key', () => {
    const at = line() + 1;
    const { errors, warnings } = fleetOf(host('a', { use: [old({ cert: 'x' })] })).check();
    expect(errors).toEqual([]);
    const warning = single(warnings);
    expect(warning).toMatchObject({
      code: 'option.renamed',
      host: 'a',
      option: 'set.cert',
      message: 'is called set.certificate now',
      hint: 'Write `certificate` instead; the old name still works for now.',
      places: [{ place: { line: at }, keys: ['cert'], focus: 'key' }],
    });
    expect(valueOf(set, old({ cert: 'x' })).certificate).toBe('x');
  });

  test('moves into, out of and between groups, whether those exist or not', () => {
    expect(valueOf(set, old({ ssl: { key: 'k' } })).tls).toEqual({ key: 'k', days: 1 });
    expect(valueOf(set, old({ ssl: { key: 'k' }, tls: { validity: 5 } })).tls).toEqual({ key: 'k', days: 5 });
    expect(warningsOf(old({ ssl: { key: 'k' }, tls: { validity: 5 } }))).toEqual([
      'set.ssl.key: is called set.tls.key now',
      'set.tls.validity: is called set.tls.days now',
    ]);
  });

  test('keeps priorities, thunks, conditions and merges around and inside it', () => {
    expect(valueOf(set, old({ cert: force('x') }), set({ certificate: 'y' })).certificate).toBe('x');
    expect(valueOf(set, old({ cert: fallback(() => 'x') }), set({ certificate: 'y' })).certificate).toBe('y');
    expect(valueOf(set, force(old({ cert: 'x' })), set({ certificate: 'y' })).certificate).toBe('x');
    expect(valueOf(set, old({ ssl: fallback({ key: 'x' }) }), set({ tls: { key: 'y' } })).tls?.key).toBe('y');
    expect(valueOf(set, old({ ssl: () => ({ key: () => 'x' }) })).tls?.key).toBe('x');
    expect(valueOf(set, old({ cert: when(() => false, 'x') })).certificate).toBe('none');
    expect(
      valueOf(set, old(merge({ cert: 'x' }, { alias: ['a'] }) as never), old({ alias: ['b'] })),
    ).toMatchObject({
      certificate: 'x',
      names: ['a', 'b'],
    });
  });

  test('warns only where the old name is used', () => {
    expect(warningsOf(set({ certificate: 'x', tls: { key: 'k' } }))).toEqual([]);
    expect(warningsOf(old({ cert: undefined }))).toEqual([]);
    expect(warningsOf(old({ ssl: () => ({}) }))).toEqual([]);
  });

  test('errors of its value keep the place of the original definition', () => {
    const at = line() + 1;
    const error = errorOf(old({ cert: 5 }));
    expect(error).toMatchObject({ option: 'set.certificate', message: 'expected a string, got 5' });
    expect(placesOf(error)).toEqual([`${at} [cert]`]);
    expect(errorsOf(old({ cert: 'x' }), set({ certificate: 'y' }))).toEqual([
      'set.certificate: has 2 different values of the same priority: "x", "y"',
    ]);
  });

  test('is explained at the place of the original definition', () => {
    const [one] = explain(hostOf(old({ ssl: { key: 'k' } })), set, ['tls', 'key']);
    expect(one).toMatchObject({ value: 'k', won: true, place: { keys: ['ssl', 'key'] } });
  });

  test('other keys of a group that is gone are unknown options', () => {
    expect(errorsOf(old({ ssl: { kee: 'x' } }))).toEqual(['set.ssl: set has no option `ssl`']);
  });
});

describe('a removed option', () => {
  test('is an error with the advice, at its key', () => {
    const at = line() + 1;
    expect(errorOf(old({ colour: 'red' }))).toMatchObject({
      code: 'option.removed',
      option: 'set.colour',
      message: 'no longer exists',
      hint: 'Colours are chosen by the terminal.',
      places: [{ place: { line: at }, keys: ['colour'], focus: 'key' }],
    });
    expect(errorsOf(old({ tls: { key: 'k', version: 3 } }))).toEqual(['set.tls.version: no longer exists']);
    expect(errorsOf(old({ colour: when(false, 'red') }))).toEqual([]);
  });
});

describe('a changed option', () => {
  test('is converted, with a warning where that changes something', () => {
    expect(valueOf(set, old({ seconds: '5' })).seconds).toBe(5);
    expect(warningsOf(old({ seconds: force(() => '5') }))).toEqual([
      'set.seconds: "5" is an old form of this option',
    ]);
    expect(warningsOf(set({ seconds: 5 }))).toEqual([]);
    expect(errorsOf(old({ seconds: 'x' }))).toEqual(['set.seconds: expected an integer, got NaN']);
  });

  test('keeps the place of the definition', () => {
    const at = line() + 1;
    const { warnings } = fleetOf(host('a', { use: [old({ seconds: '5' })] })).check();
    expect(single(warnings).hint).toBe('Write a number.');
    expect(placesOf(single(warnings))).toEqual([`${at} [seconds]`]);
  });

  test('whose conversion throws is an error', () => {
    const throwing = options('throwing', z.object({ a: z.unknown() }), {
      migrations: { a: changed((value: { b: { c: string } }) => value.b.c, 'Write c.') },
    });
    expect(errorsOf(throwing({ a: 1 }))).toEqual([
      "throwing.a: its code threw TypeError: Cannot read properties of undefined (reading 'c')",
    ]);
  });
});

test('names that objects have a meaning for are no migrations', () => {
  expect(errorsOf(old({ constructor: 1 }))).toEqual(['set.constructor: set has no option `constructor`']);
});
