// Evaluating a fleet: laziness, cycles, reads across hosts, and what is reported.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Evaluation, force, host, options, when, type Context } from '../../../src/options/index.ts';
import { addressIn } from '../../../src/options/values/index.ts';
import {
  errorOf,
  errorsOf,
  fleetOf,
  foundIn,
  hostOf,
  line,
  placesOf,
  single,
  thrown,
  told,
  valueOf,
} from '../evaluation.ts';

const set = options(
  'set',
  z.object({
    a: z.int().default(0),
    b: z.int().default(0),
    c: z.int().default(0),
    text: z.string().optional(),
    record: z.record(z.string(), z.int()),
  }),
);
const read = (key: 'a' | 'b' | 'c', name?: string) => (context: Context) =>
  (name === undefined ? context.host : context.fleet.host(name)).get(set)[key];

describe('evaluation is lazy', () => {
  test('a thunk is run when its option is read, and once', () => {
    let runs = 0;
    const evaluated = hostOf(set({ a: () => (runs += 1), b: 1 }));
    expect([evaluated.get(set).b, runs]).toEqual([1, 0]);
    expect([evaluated.get(set).a, evaluated.get(set).a, runs]).toEqual([1, 1, 1]);
  });

  test('options of one set may read each other', () => {
    expect(valueOf(set, set({ a: read('b'), b: read('c'), c: 5 }))).toMatchObject({ a: 5, b: 5, c: 5 });
  });

  test('thunks may give thunks', () => {
    expect(valueOf(set, set({ a: () => () => () => 3 })).a).toBe(3);
  });

  test('long chains are no problem', () => {
    const record = Object.fromEntries(
      Array.from({ length: 300 }, (_, index) => [
        `k${index}`,
        index === 0 ? 1 : (context: Context) => context.host.get(set).record[`k${index - 1}`]! + 1,
      ]),
    );
    expect(valueOf(set, set({ record })).record['k299']).toBe(300);
  });

  test('chains over many hosts are no problem', () => {
    const hosts = Array.from({ length: 200 }, (_, index) =>
      host(`h${index}`, { use: [set({ a: index === 0 ? 1 : read('a', `h${index - 1}`) })] }),
    );
    expect(
      fleetOf(...hosts)
        .host('h199')
        .get(set).a,
    ).toBe(1);
  });

  test('what depends on itself too deeply says so', () => {
    const record = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, index) => [
        `k${index}`,
        index === 0 ? 1 : (context: Context) => context.host.get(set).record[`k${index - 1}`]! + 1,
      ]),
    );
    const error = thrown(() => hostOf(set({ record })).get(set).record['k19999']);
    expect(error).toMatchObject({
      code: 'evaluation.too-deep',
      message: 'values nest or depend on each other too deeply to be evaluated',
    });
  });
});

describe('hosts read each other', () => {
  test('in whatever order they are asked', () => {
    const hosts = [
      host('a', { use: [set({ a: read('b', 'b'), b: 1 })] }),
      host('b', { use: [set({ a: read('b', 'a'), b: 2 })] }),
    ];
    const forwards = fleetOf(...hosts);
    const backwards = fleetOf(...hosts);
    expect([forwards.host('a').get(set), forwards.host('b').get(set)]).toEqual(
      [backwards.host('b').get(set), backwards.host('a').get(set)].toReversed(),
    );
    expect(forwards.host('a').get(set).a).toBe(2);
  });

  test('the fleet lists them by name', () => {
    const fleet = fleetOf(
      host('c', { use: [] }),
      host('a', { use: [], tags: ['x'] }),
      host('b', { use: [] }),
    );
    expect(fleet.hosts.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(fleet.host('a').tags).toEqual(['x']);
  });

  test('a host that does not exist is an error where it is asked for, with the nearest names', () => {
    const at = line() + 1;
    const use = set({ a: ({ fleet }) => fleet.host('gatewy').get(set).a });
    const error = single(fleetOf(host('a', { use: [use] }), host('gateway', { use: [] })).check().errors);
    expect(error).toMatchObject({
      code: 'host.unknown',
      host: 'a',
      option: 'set.a',
      message: 'there is no host "gatewy" in this fleet',
      hint: 'Did you mean gateway?',
    });
    expect(placesOf(error)).toEqual([`${at} []`]);
    expect(thrown(() => fleetOf(host('a', { use: [] })).host('zzzzz'))).toMatchObject({ hint: 'Hosts: a.' });
  });

  test('an option set that a host does not use has its defaults there, or says that nothing defines it', () => {
    const needy = options('needy', z.object({ a: z.int().default(3), b: z.string() }));
    const evaluated = hostOf(set({}));
    expect([evaluated.uses(needy), evaluated.get(needy).a]).toEqual([false, 3]);
    const at = line() + 1;
    expect(thrown(() => evaluated.get(needy).b)).toMatchObject({
      option: 'needy.b',
      message: 'is not set; expected a string',
      hint: 'Nothing on a defines needy: add needy({ … }) to its `use`, or read it only where `uses(needy)` holds.',
      places: [{ label: 'read here', place: { line: at } }, { label: 'needy is declared here' }],
    });
  });
});

describe('a cycle', () => {
  test('within a host shows the chain of options and places', () => {
    const at = line() + 1;
    const error = errorOf(set({ a: read('b') }), set({ b: read('c') }), set({ c: read('a') }));
    expect(error).toMatchObject({
      code: 'option.cycle',
      host: 'a',
      option: 'set.a',
      hint: 'Set one of them to a value that does not depend on the others.',
    });
    expect(error.message.split('\n')).toEqual([
      'needs its own value:',
      '  set.a on a',
      '  needs set.b on a',
      '  needs set.c on a',
      '  needs set.a on a',
    ]);
    expect(placesOf(error)).toEqual([
      `${at} [a] set.a on a is computed here`,
      `${at} [b] set.b on a is computed here`,
      `${at} [c] set.c on a is computed here`,
    ]);
  });

  test('of an option with itself is one, too', () => {
    expect(errorOf(set({ a: read('a') })).message).toBe(
      'needs its own value:\n  set.a on a\n  needs set.a on a',
    );
  });

  test('across hosts names the hosts', () => {
    const fleet = fleetOf(
      host('a', { use: [set({ a: read('a', 'b') })] }),
      host('b', { use: [set({ a: read('a', 'a') })] }),
    );
    expect(single(fleet.check().errors).message.split('\n').slice(1)).toEqual([
      '  set.a on a',
      '  needs set.a on b',
      '  needs set.a on a',
    ]);
  });

  test('leaves out what only led to it', () => {
    const errors = fleetOf(host('a', { use: [set({ a: read('b'), b: read('c'), c: read('b') })] })).check()
      .errors;
    expect(single(errors).message.split('\n').slice(1)).toEqual([
      '  set.b on a',
      '  needs set.c on a',
      '  needs set.b on a',
    ]);
  });

  test('through a condition around a definition is one, too', () => {
    const error = errorOf(
      set({ a: 1 }),
      when(({ host: own }) => own.get(set).a === 1, set({ b: 2 })),
    );
    expect(error.message.split('\n').slice(1)).toEqual([
      '  a condition of set on a',
      '  needs set on a',
      '  needs a condition of set on a',
    ]);
  });

  test('of questions whether option sets are used is one, too', () => {
    const one = options('one', z.object({}));
    const two = options('two', z.object({}));
    const error = thrown(() =>
      hostOf(
        when(({ host: own }) => own.uses(two), one({})),
        when(({ host: own }) => own.uses(one), two({})),
      ).uses(one),
    );
    expect(error.message.split('\n')).toEqual([
      'needs its own value:',
      '  a condition of one on a',
      '  needs a condition of two on a',
      '  needs a condition of one on a',
    ]);
  });
});

describe('errors', () => {
  test('in one leaf do not hide errors in others, on any host', () => {
    const wrong = { a: 'x' as never, b: () => 'y' as never, record: { k: 'z' as never }, text: 5 as never };
    const fleet = fleetOf(host('a', { use: [set(wrong)] }), host('b', { use: [set({ a: null as never })] }));
    expect(fleet.check().errors.map((error) => `${error.host} ${told(error)}`)).toEqual([
      'a set.a: expected an integer, got "x"',
      'a set.b: expected an integer, got "y"',
      'a set.text: expected a string, got 5',
      'a set.record.k: expected an integer, got "z"',
      'b set.a: expected an integer, got null',
    ]);
  });

  test('of an option are not repeated for what depends on it', () => {
    const fleet = fleetOf(
      host('a', { use: [set({ a: 'x' as never, b: read('a'), c: read('b') })] }),
      host('b', { use: [set({ a: read('c', 'a') })] }),
    );
    expect(fleet.check().errors.map(told)).toEqual(['set.a: expected an integer, got "x"']);
  });

  test('in definitions are found although an implementation failed that adds to them', () => {
    const web = options('web', z.object({ port: z.int() }));
    web.implement({ defines: [set], config: (self) => [set({ a: self.port })] });
    expect(errorsOf(web({ port: 'x' as never }), set({ b: 'y' as never, zzz: 1 } as never))).toEqual([
      'web.port: expected an integer, got "x"',
      'set.zzz: set has no option `zzz`',
      'set.b: expected an integer, got "y"',
    ]);
  });

  test('thrown by user code have the place of that code', () => {
    const at = line() + 3;
    const error = errorOf(
      set({
        a: () => JSON.parse('{') as number,
      }),
    );
    expect(error).toMatchObject({ code: 'evaluation.threw', option: 'set.a' });
    expect(error.message).toMatch(/^its code threw SyntaxError: /);
    expect(error.cause).toBeInstanceOf(SyntaxError);
    expect(placesOf(error)).toEqual([String(at)]);
    expect(
      errorOf(
        set({
          a: () => {
            throw 'text' as never;
          },
        }),
      ).message,
    ).toBe('its code threw "text"');
  });

  test('of helpers that know of no host get the host, the option and the place', () => {
    const at = line() + 1;
    const error = errorOf(set({ text: () => addressIn('10.42.0.0/24', 999) }));
    expect(error).toMatchObject({ code: 'value.address', host: 'a', option: 'set.text' });
    expect(placesOf(error)).toEqual([String(at)]);
  });

  test('appear once, also where a variant of the host has them too', () => {
    const needy = set({ a: 'x' as never, b: ({ host: own }) => own.extend([set({ c: 1 })]).get(set).c });
    expect(errorsOf(needy)).toEqual(['set.a: expected an integer, got "x"']);
  });

  test('of two hosts, or two option sets, of one name', () => {
    const at = line() + 1;
    const twins = () => [host('a', { use: [] }), host('a', { use: [] })];
    const error = single(new Evaluation(twins()).check().errors);
    expect(error).toMatchObject({ code: 'host.duplicate', host: 'a', message: 'two hosts are called a' });
    expect(placesOf(error)).toEqual([`${at} [] declared here`, `${at} [] declared here`]);
    const same = [options('same', z.object({})), options('same', z.object({}))] as const;
    expect(errorsOf(same[0]({}), same[1]({}))).toEqual(['two option sets are called same']);
  });

  test('in what a host uses name what is there', () => {
    const at = line() + 1;
    const error = single(fleetOf(host('a', { use: [set as never] })).check().errors);
    expect(error).toMatchObject({
      code: 'host.use',
      message: '`use` lists the option set set itself',
      hint: 'Call it: set({ … }).',
    });
    expect(placesOf(error)).toEqual([`${at} [use, 0]`]);
    expect(errorsOf(undefined as never)).toEqual([
      '`use` lists undefined; expected definitions, such as wireguard({ … })',
    ]);
    expect(errorsOf({ port: 1 } as never)).toEqual([
      '`use` lists {"port":1}; expected definitions, such as wireguard({ … })',
    ]);
    expect(errorsOf(host('b', { use: [] }) as never)).toEqual([
      '`use` lists the host b; expected definitions, such as wireguard({ … })',
    ]);
  });

  test('about something that is no option set', () => {
    expect(errorsOf(set({ a: ({ host: own }) => own.get(undefined as never)['a'] as never }))).toEqual([
      'set.a: expected an option set, got undefined',
    ]);
  });
});

test('a fleet without errors has none', () => {
  expect(foundIn(host('a', { use: [set({ a: force(1) })] }), host('b', { use: [set({})] }))).toEqual([]);
});
