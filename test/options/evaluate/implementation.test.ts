// Implementations: what follows from an option set on a host.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  disable,
  Evaluation,
  fallback,
  force,
  host,
  options,
  rawImplementation,
  Site,
  when,
  type AnyOptionSet,
  type Contribution,
} from '../../../src/options/index.ts';
import { errorOf, errorsOf, fleetOf, hostOf, line, placesOf, thrown, valueOf } from '../evaluation.ts';

const low = () => options('low', z.object({ list: z.array(z.string()), port: z.int().default(0) }));

test('an implementation defines lower option sets, on hosts that use it only', () => {
  const files = low();
  const web = options('web', z.object({ port: z.int().default(80) }));
  web.implement({
    defines: [files],
    *config(self) {
      yield files({ port: self.port, list: ['web'] });
    },
  });
  expect(valueOf(files, web({ port: 81 }), files({ list: ['own'] }))).toEqual({
    list: ['own', 'web'],
    port: 81,
  });
  const unused = hostOf(files({}));
  expect([unused.uses(web), unused.get(files).list]).toEqual([false, []]);
});

test('a chain of implementations runs to its end, and its definitions may be forced or weak', () => {
  const bottom = low();
  const middle = options('middle', z.object({ name: z.string() }));
  const top = options('top', z.object({}));
  middle.implement({
    defines: [bottom],
    config: (self) => [bottom({ list: [self.name], port: fallback(5) })],
  });
  top.implement({ defines: [middle], config: () => [middle(force({ name: 'top' }))] });
  expect(valueOf(bottom, top({}), middle({ name: 'own' }), bottom({ port: 6 }))).toEqual({
    list: ['top'],
    port: 6,
  });
});

test('an implementation reads other option sets, other hosts and the fleet', () => {
  const files = low();
  const web = options('web', z.object({ name: z.string() }));
  web.implement({
    defines: [files],
    *config(self, { host: own, fleet }) {
      const others = fleet.hosts.filter((one) => one !== own && one.uses(web));
      yield files({ list: [self.name, ...others.map((one) => one.get(web).name)] });
    },
  });
  const fleet = fleetOf(
    host('a', { use: [web({ name: 'A' })] }),
    host('b', { use: [web({ name: 'B' })] }),
    host('c', { use: [files({})] }),
  );
  expect(fleet.check().errors).toEqual([]);
  expect(fleet.hosts.map((one) => one.get(files).list)).toEqual([['A', 'B'], ['B', 'A'], []]);
});

test('two option sets that define each other work where they read each other in thunks', () => {
  const one = options('one', z.object({ a: z.int().default(1), b: z.int().default(0) }));
  const two = options('two', z.object({ a: z.int().default(2), b: z.int().default(0) }));
  one.implement({ defines: [two], config: (self) => [two({ b: () => self.a + 10 })] });
  two.implement({ defines: [one], config: (self) => [one({ b: () => self.a + 20 })] });
  const evaluated = hostOf(one({}), two({}));
  expect([evaluated.get(one), evaluated.get(two)]).toEqual([
    { a: 1, b: 22 },
    { a: 2, b: 11 },
  ]);
  const alone = hostOf(two({ a: 5 }));
  expect([alone.get(one).b, alone.get(two).b, alone.uses(one)]).toEqual([25, 11, true]);
});

test('option sets that define each other but that nothing uses stay unused', () => {
  const one = options('one', z.object({}));
  const two = options('two', z.object({}));
  const top = options('top', z.object({ on: z.boolean().default(false) }));
  one.implement({ defines: [two], config: () => [two({})] });
  two.implement({ defines: [one], config: () => [one({})] });
  top.implement({ defines: [one], config: (self) => [when(self.on, one({}))] });
  const off = hostOf(top({}));
  expect([off.uses(one), off.uses(two)]).toEqual([false, false]);
  const on = hostOf(top({ on: true }));
  expect([on.uses(two), on.uses(one)]).toEqual([true, true]);
  expect(errorsOf(top({ on: true }))).toEqual([]);
});

test('an implementation that reads too early is a cycle, with the chain and the advice to write a thunk', () => {
  const one = options('one', z.object({ a: z.int().default(1), b: z.int().default(0) }));
  const two = options('two', z.object({ a: z.int().default(2), b: z.int().default(0) }));
  const first = line() + 1;
  one.implement({ defines: [two], config: (self) => [two({ b: self.a + 10 })] });
  two.implement({ defines: [one], config: (self) => [one({ b: self.a + 20 })] });
  const error = thrown(() => hostOf(one({}), two({})).get(one));
  expect(error).toMatchObject({
    code: 'option.cycle',
    host: 'a',
    hint: 'An implementation that reads an option set which depends on it has to do so in a thunk: write `() => …` around the value that needs it.',
  });
  expect(error.message.split('\n')).toEqual([
    'needs its own value:',
    '  one on a',
    '  needs the implementation of two on a',
    '  needs two on a',
    '  needs the implementation of one on a',
    '  needs one on a',
  ]);
  expect(placesOf(error)).toEqual([
    `${first + 1} [] the implementation of two on a needs two on a here`,
    `${first} [] the implementation of one on a needs one on a here`,
  ]);
});

describe('what an implementation must not do', () => {
  const files = low();
  const other = options('other', z.object({}));
  const implemented = (config: () => unknown, defines: readonly AnyOptionSet[] = [files]) => {
    const web = options('web', z.object({}));
    web.implement({ defines, config: config as () => Contribution[] });
    return web;
  };

  test('define an option set that it does not announce', () => {
    const at = line() + 1;
    const web = implemented(() => [other({})]);
    const error = errorOf(web({}));
    expect(error).toMatchObject({
      code: 'implementation.undeclared',
      option: 'web',
      message: 'its implementation defines other, which its `defines` does not list',
      hint: 'Add other to `defines` of web.implement({ … }).',
    });
    expect(placesOf(error)).toEqual([String(at)]);
  });

  test.each([
    [() => [files], 'its implementation yields the option set low itself', 'Call it: low({ … }).'],
    [
      () => [undefined],
      'its implementation yields undefined; expected definitions, assertions and warnings',
      'Yield only where there is something: `if (…) yield files({ … })`.',
    ],
    [
      () => [{ a: 1 }],
      'its implementation yields {"a":1}; expected definitions, assertions and warnings',
      'Yield what an option set makes of settings: files({ … }).',
    ],
    [
      () => [disable(files)],
      'its implementation yields disable(low); expected definitions, assertions and warnings',
      'Yield what an option set makes of settings: files({ … }).',
    ],
    [
      () => undefined,
      '`config` of its implementation gives undefined; expected a list or a generator of contributions',
      'Write `*config(self, context) { yield … }`.',
    ],
    [
      async () => [],
      '`config` of its implementation is asynchronous; expected a list or a generator of contributions',
      'Remove `async`: configuration is computed at once.',
    ],
    [
      async function* () {
        yield files({});
      },
      '`config` of its implementation is asynchronous; expected a list or a generator of contributions',
      'Remove `async`: configuration is computed at once.',
    ],
  ])('%s: %s', (config, message, hint) => {
    const web = implemented(config);
    expect(errorOf(web({}))).toMatchObject({ option: 'web', message, hint });
  });

  test('announce an import that is undefined', () => {
    const error = thrown(() => implemented(() => [], [undefined as never]));
    expect(error).toMatchObject({
      code: 'call.argument',
      message: 'web.implement(…) takes option sets in `defines`, got undefined',
      hint: 'An import that is undefined here often comes from two files that import each other.',
    });
    expect(error.places).toMatchObject([{ keys: ['defines', 0] }]);
  });

  test('throw: the error is shown once, at the line that throws, whatever depends on it', () => {
    const at = line() + 2;
    const web = implemented(() => {
      throw new Error('no network');
    });
    const reader = options('reader', z.object({ list: z.array(z.string()) }));
    const use = [web({}), files({}), reader({ list: ({ host: own }) => own.get(files).list })];
    const error = errorOf(...use);
    expect(error).toMatchObject({
      code: 'evaluation.threw',
      option: 'the implementation of web',
      message: 'its code threw Error: no network',
    });
    expect(placesOf(error)).toEqual([String(at), `${at + 3} web on a is used here`]);
  });

  test('change what it reads', () => {
    const web = options('web', z.object({ list: z.array(z.string()), port: z.int().default(1) }));
    web.implement({
      defines: [files],
      *config(self) {
        yield files({ port: 1 });
        self.port = 5;
      },
    });
    expect(errorsOf(web({}))).toEqual([
      'the implementation of web: its code threw TypeError: Cannot change port: the settings of a host are read-only',
    ]);
  });

  test('be given twice for one option set', () => {
    const at = line() + 1;
    const web = implemented(() => []);
    const error = thrown(() => web.implement({ config: () => [] }));
    expect(error).toMatchObject({
      code: 'implementation.duplicate',
      message: 'the option set web is implemented twice',
      hint: 'Keep one; an overlay wraps or replaces the implementation of another module.',
    });
    expect(placesOf(error)[1]).toBe(`${at + 1} and here`);
  });
});

test('the implementations of an evaluation stand in for those of modules', () => {
  const files = low();
  const extra = options('extra', z.object({ on: z.boolean() }));
  const web = options('web', z.object({ name: z.string() }));
  web.implement({ defines: [files], config: (self) => [files({ list: [self.name] })] });
  const replaced = rawImplementation(
    {
      defines: [files, extra],
      *config(self: { name: string }) {
        yield files({ list: [`new ${self.name}`] });
        yield extra({ on: true });
      },
    },
    { name: 'replace(…)', site: new Site(low) },
  );
  const hosts = [host('a', { use: [web({ name: 'x' })] })];
  const overlaid = new Evaluation(hosts, { implementations: new Map([[web as AnyOptionSet, replaced]]) });
  expect(overlaid.check().errors).toEqual([]);
  expect(overlaid.host('a').get(files).list).toEqual(['new x']);
  expect(overlaid.host('a').uses(extra)).toBe(true);
  expect(new Evaluation(hosts).host('a').get(files).list).toEqual(['x']);
});

test('self can be spread, listed and handed on to another option set', () => {
  const files = options('files', z.object({ copy: z.record(z.string(), z.unknown()), lazy: z.unknown() }));
  const web = options('web', z.object({ a: z.int(), b: z.int(), deep: z.object({ c: z.int().default(3) }) }));
  web.implement({
    defines: [files],
    *config(self) {
      yield files({ copy: { ...self, keys: Object.keys(self), has: 'a' in self } });
      yield files({ lazy: self.deep });
    },
  });
  const { copy, lazy } = valueOf(files, web({ a: 1, b: () => 2, deep: { c: () => 4 } }));
  expect(copy).toEqual({ a: 1, b: 2, deep: { c: 4 }, keys: ['a', 'b', 'deep'], has: true });
  expect(lazy).toEqual({ c: 4 });
});

test('a merged value with an error in it is handed on with just that error', () => {
  const files = options('files', z.object({ copy: z.record(z.string(), z.unknown()) }));
  const web = options('web', z.object({ settings: z.record(z.string(), z.int()) }));
  web.implement({ defines: [files], config: (self) => [files({ copy: self.settings })] });
  expect(errorsOf(web({ settings: { a: 1, b: 'x' as never, c: () => 'y' as never } }))).toEqual([
    'web.settings.b: expected an integer, got "x"',
    'web.settings.c: expected an integer, got "y"',
  ]);
});
