// Priorities, conditions and merges: which definition of an option holds.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  after,
  assert,
  before,
  disable,
  fallback,
  force,
  merge,
  options,
  order,
  priority,
  warn,
  when,
} from '../../src/options/index.ts';
import { errorOf, errorsOf, hostOf, line, placesOf, valueOf, warningsOf } from './evaluation.ts';

const web = options(
  'web',
  z.object({
    port: z.int().default(80),
    name: z.string().optional(),
    tls: z.object({ cert: z.string().default('none'), key: z.string().default('none') }),
    sites: z.record(z.string(), z.object({ root: z.string().optional(), index: z.boolean().default(false) })),
    tags: z.array(z.string()),
  }),
);

describe('the strongest definition of a scalar holds', () => {
  test('a definition wins over the default', () => {
    expect(valueOf(web, web({ port: 81 })).port).toBe(81);
    expect(valueOf(web, web({})).port).toBe(80);
  });

  test('force wins over a plain definition, and that over fallback', () => {
    expect(valueOf(web, web({ port: fallback(1) }), web({ port: 2 }), web({ port: force(3) })).port).toBe(3);
    expect(valueOf(web, web({ port: fallback(1) }), web({ port: 2 })).port).toBe(2);
    expect(valueOf(web, web({ port: fallback(1) })).port).toBe(1);
  });

  test('priority gives any level; the smallest wins, and 100 is a plain definition', () => {
    expect(valueOf(web, web({ port: priority(99, 1) }), web({ port: 2 })).port).toBe(1);
    expect(valueOf(web, web({ port: priority(101, 1) }), web({ port: 2 })).port).toBe(2);
    expect(valueOf(web, web({ port: priority(10, 1) }), web({ port: force(2) })).port).toBe(1);
    expect(errorsOf(web({ port: priority(100, 1) }), web({ port: 2 }))).toEqual([
      'web.port: has 2 different values of the same priority: 1, 2',
    ]);
  });

  test('the outermost of several priorities decides', () => {
    expect(valueOf(web, web({ port: fallback(force(1)) }), web({ port: 2 })).port).toBe(2);
    expect(valueOf(web, web({ port: force(fallback(1)) }), web({ port: 2 })).port).toBe(1);
    expect(valueOf(web, web(fallback({ port: force(1) })), web({ port: 2 })).port).toBe(2);
  });

  test('equal values do not conflict', () => {
    expect(valueOf(web, web({ port: 1 }), web({ port: 1 })).port).toBe(1);
    expect(valueOf(web, web({ port: force(1) }), web({ port: force(1) })).port).toBe(1);
  });

  test('undefined counts as not defined, whatever stands around it', () => {
    const unset = undefined as unknown as number;
    expect(valueOf(web, web({ port: unset })).port).toBe(80);
    expect(valueOf(web, web({ port: force(unset) }), web({ port: 2 })).port).toBe(2);
    expect(valueOf(web, web({ port: () => unset }), web({ port: fallback(2) })).port).toBe(2);
    expect(valueOf(web, web({ port: force(() => unset) }), web({ port: 2 })).port).toBe(2);
  });
});

describe('a priority on an object means each key that it names', () => {
  test('at the top of a definition', () => {
    const value = valueOf(web, web(force({ port: 1 })), web({ port: 2, name: 'x' }));
    expect(value).toMatchObject({ port: 1, name: 'x' });
  });

  test('at any depth, through thunks, when and merge', () => {
    const { tls } = valueOf(
      web,
      web({ tls: () => force(() => ({ cert: 'forced' })) }),
      web({ tls: { cert: 'plain', key: when(() => true, force('strong')) } }),
      web(merge(fallback({ tls: { key: 'weak' } }), { tls: merge({ key: 'plain' }) })),
    );
    expect(tls).toEqual({ cert: 'forced', key: 'strong' });
  });
});

describe('a priority on a record, a list or a scalar chooses between whole definitions', () => {
  test('a forced record drops the others with their entries', () => {
    const sites = { a: { root: '/a' } };
    expect(valueOf(web, web({ sites: force(sites) }), web({ sites: { b: {} } })).sites).toEqual({
      a: { root: '/a', index: false },
    });
    expect(valueOf(web, web({ sites: fallback(sites) }), web({ sites: { b: {} } })).sites).toEqual({
      b: { index: false },
    });
  });

  test('a forced list drops the others with their items', () => {
    expect(
      valueOf(web, web({ tags: ['a'] }), web({ tags: force(['b']) }), web({ tags: force(['c']) })).tags,
    ).toEqual(['b', 'c']);
  });

  test('a priority on one entry chooses between the definitions of its keys', () => {
    const { sites } = valueOf(
      web,
      web({ sites: { a: force({ root: '/forced' }) } }),
      web({ sites: { a: { root: '/plain', index: true }, b: {} } }),
    );
    expect(sites).toEqual({ a: { root: '/forced', index: true }, b: { index: false } });
  });
});

describe('code in a definition that loses is never run', () => {
  const boom = (): never => {
    throw new Error('was run');
  };

  test('a thunk whose priority is known', () => {
    expect(valueOf(web, web({ port: fallback(boom) }), web({ port: 1 })).port).toBe(1);
    expect(valueOf(web, web({ port: fallback(boom) }), web({ port: () => 1 })).port).toBe(1);
    expect(valueOf(web, web({ tags: fallback(boom) }), web({ tags: [] })).tags).toEqual([]);
  });

  test('a condition around or inside such a priority', () => {
    expect(valueOf(web, web({ port: fallback(when(boom, 2)) }), web({ port: 1 })).port).toBe(1);
    expect(valueOf(web, web({ port: when(boom, fallback(2)) }), web({ port: 1 })).port).toBe(1);
  });

  test('so that a fallback may read what another definition decides', () => {
    const use = web({
      port: fallback(({ host }) => host.get(web).port + 1),
      name: when(({ host }) => host.get(web).name === 'x', fallback('y')),
    });
    expect(valueOf(web, use, web({ port: 1, name: 'x' }))).toMatchObject({ port: 1, name: 'x' });
  });

  test('a stronger thunk that gives nothing makes room for the next', () => {
    expect(
      valueOf(web, web({ port: force(() => undefined as never) }), web({ port: fallback(() => 7) })).port,
    ).toBe(7);
  });
});

describe('when', () => {
  test('drops the value where the condition does not hold', () => {
    expect(valueOf(web, web({ port: when(false, 1) })).port).toBe(80);
    expect(valueOf(web, web({ port: when(() => false, 1) })).port).toBe(80);
    expect(valueOf(web, web({ port: when(true, 1) })).port).toBe(1);
    expect(valueOf(web, web({ port: when(({ host }) => host.name === 'a', 1) })).port).toBe(1);
  });

  test('around a definition keeps the option set from being used where it does not hold', () => {
    const host = hostOf(when(() => false, web({ port: 1 })));
    expect([host.uses(web), host.get(web).port]).toEqual([false, 80]);
    expect(valueOf(web, when(true, web({ port: 1 }))).port).toBe(1);
  });

  test('around a profile applies to all that is in it', () => {
    const profile = [web({ port: 1 }), [web({ name: 'x' }), warn(false, 'hear')], assert(false, 'no')];
    expect(
      valueOf(
        web,
        when(() => false, profile),
      ),
    ).toMatchObject({ port: 80 });
    expect(warningsOf(when(() => false, profile))).toEqual([]);
    expect(errorsOf(when(() => true, profile))).toEqual(['no']);
    expect(warningsOf(when(true, profile))).toEqual(['hear']);
    expect(
      errorsOf(
        when(false, []),
        when(() => true, []),
      ),
    ).toEqual([]);
  });

  test('and other wrappers may stand around definitions as well as in them', () => {
    const profile = [web({ port: 1, tags: ['z'] })];
    expect(valueOf(web, force(profile), after(profile), web({ port: 2, tags: ['a'] }))).toMatchObject({
      port: 1,
      tags: ['z'],
    });
    expect(valueOf(web, merge(web({ port: 1 }), fallback(web({ port: 2, name: 'x' }))))).toMatchObject({
      port: 1,
      name: 'x',
    });
  });

  test('around disable takes a plain condition only', () => {
    expect(hostOf(web({}), when(true, disable(web))).uses(web)).toBe(false);
    expect(hostOf(web({}), when(false, disable(web))).uses(web)).toBe(true);
    expect(errorOf(when(() => true, [disable(web)]))).toMatchObject({
      code: 'host.disable',
      message: 'whether web is disabled cannot depend on options',
    });
  });

  test('a condition that is neither true nor false is an error at its place', () => {
    const at = line() + 1;
    const error = errorOf(web({ port: when((() => 'yes') as never, 1) }));
    expect(error).toMatchObject({
      code: 'option.condition',
      option: 'web.port',
      message: 'the condition of when(…) must be true or false, got "yes"',
      hint: 'Compare, as in when(() => self.port !== undefined, …).',
    });
    expect(placesOf(error)).toEqual([`${at} []`]);
    expect(errorsOf(when(0 as never, web({})))).toEqual([
      'web: the condition of when(…) must be true or false, got 0',
    ]);
  });
});

describe('merge', () => {
  test('counts as several definitions', () => {
    expect(valueOf(web, web(merge({ port: 1 }, { name: 'x' }))).name).toBe('x');
    expect(valueOf(web, web({ port: merge(fallback(1), force(2), 3) })).port).toBe(2);
    expect(valueOf(web, web({ tags: merge(['a'], ['b']) })).tags).toEqual(['a', 'b']);
    expect(errorsOf(web({ port: merge(1, 2) }))).toEqual([
      'web.port: has 2 different values of the same priority: 1, 2',
    ]);
  });

  test('of nothing defines nothing', () => {
    expect(valueOf(web, web({ port: merge() })).port).toBe(80);
    expect(hostOf(web(merge())).uses(web)).toBe(false);
  });
});

describe('order', () => {
  test('before, after and order(n) arrange the items of lists', () => {
    const { tags } = valueOf(
      web,
      web({ tags: after(['z']) }),
      web({ tags: ['m'] }),
      web({ tags: before(['a']) }),
      web({ tags: order(1, ['first']) }),
      web({ tags: order(1200, ['n']) }),
      web({ tags: ['m2'] }),
    );
    expect(tags).toEqual(['first', 'a', 'm', 'm2', 'n', 'z']);
  });

  test('the outermost of several orders decides, and goes with priorities and thunks', () => {
    const { tags } = valueOf(
      web,
      web({ tags: force(['m']) }),
      web({ tags: before(after(force(() => ['a']))) }),
      web({ tags: ['lost'] }),
    );
    expect(tags).toEqual(['a', 'm']);
  });

  test('on an object reaches the lists in it', () => {
    expect(valueOf(web, web({ tags: ['b'] }), web(before({ tags: ['a'] }))).tags).toEqual(['a', 'b']);
  });
});
