// Records and sets of submodules.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { entries, force, lines, merge, options, when } from '../../../src/options/index.ts';
import { fqdn, port } from '../../../src/options/values/index.ts';
import { errorOf, errorsOf, hostOf, line, placesOf, valueOf } from '../evaluation.ts';

const set = options(
  'set',
  z.object({
    record: z.record(z.string(), z.int()),
    names: z.record(fqdn(), port()),
    byLevel: z.partialRecord(z.enum(['low', 'high']), z.int()),
    all: z.record(z.enum(['one', 'two']), z.int().default(7)).optional(),
    upper: z.record(z.string().toUpperCase(), z.array(z.int())),
    numbered: z.record(z.number(), z.string()),
    text: z.record(z.string(), lines()),
  }),
);

describe('records', () => {
  test('merge by name, sorted whatever the order of definitions', () => {
    const { record } = valueOf(
      set,
      set({ record: { b: 1, a: () => 2 } }),
      set({ record: { c: 3, a: force(4) } }),
    );
    expect(Object.entries(record)).toEqual([
      ['a', 4],
      ['b', 1],
      ['c', 3],
    ]);
  });

  test('take names that objects have a meaning for', () => {
    const { record } = valueOf(
      set,
      set({ record: { ['__proto__']: 1, constructor: 2, hasOwnProperty: 3 } as never }),
      set({ record: { ['__proto__']: () => 1, toString: () => 4 } as never }),
    );
    expect(Object.entries(record)).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
      ['hasOwnProperty', 3],
      ['toString', 4],
    ]);
    expect(Object.getPrototypeOf(record)).toBe(Object.prototype);
  });

  test('leave out entries that are undefined', () => {
    expect(valueOf(set, set({ record: { a: undefined as never, b: 1 } })).record).toEqual({ b: 1 });
  });

  test('check the names by the key schema, at the key', () => {
    const at = line() + 1;
    const error = errorOf(set({ names: { 'a.b': 1, 'not a name': 2 } }));
    expect(error).toMatchObject({
      code: 'option.key',
      option: 'set.names',
      message:
        'expected each name to be a fully qualified domain name, such as vpn.wildelab.com, got "not a name": "not a name" holds something else than letters, digits and hyphens',
    });
    expect(error.places).toMatchObject([
      { keys: ['names', 'not a name'], focus: 'key', place: { line: at } },
    ]);
  });

  test('show an entry that is wrong by its name', () => {
    expect(errorsOf(set({ names: { 'a.b': 0 } }))).toEqual([
      'set.names."a.b": expected a port, an integer from 1 to 65535, got 0',
    ]);
    expect(errorsOf(set({ record: 'x' as never }))).toEqual([
      'set.record: expected an object of named entries, got "x"',
    ]);
    expect(errorsOf(set({ record: ['x'] as never }))).toEqual([
      'set.record: expected an object of named entries, got ["x"]',
    ]);
  });

  test('over an enum have an entry for each of its members, unless they are partial', () => {
    expect(valueOf(set, set({ byLevel: { low: 1 } })).byLevel).toEqual({ low: 1 });
    expect(valueOf(set, set({ all: { two: 2 } })).all).toEqual({ one: 7, two: 2 });
    expect(errorsOf(set({ byLevel: { lo: 1 } as never }))).toEqual([
      'set.byLevel: expected each name to be "low" or "high", got "lo"',
    ]);
    expect(errorOf(set({ byLevel: { lwo: 1 } as never })).hint).toBe('Did you mean "low"?');
    const required = options('required', z.object({ all: z.record(z.enum(['x', 'y']), z.int()) }));
    expect(errorsOf(required({ all: { x: 1 } }))).toEqual([
      'required.all.y: is not set; expected an integer',
    ]);
  });

  test('use the names as the key schema makes them', () => {
    expect(valueOf(set, set({ upper: { a: [1] } }), set({ upper: { A: [2] } })).upper).toEqual({ A: [1, 2] });
    expect(valueOf(set, set({ numbered: { 1: 'x' } })).numbered).toEqual({ 1: 'x' });
    expect(errorsOf(set({ numbered: { x: 'x' } as never }))).toEqual([
      'set.numbered: expected each name to be a number, got "x"',
    ]);
  });

  test('merge each entry as its schema says', () => {
    expect(valueOf(set, set({ text: { a: 'x' } }), set({ text: { a: 'y' } })).text).toEqual({ a: 'x\ny' });
  });

  test('check the whole once it is merged', () => {
    const few = options(
      'few',
      z.object({ r: z.record(z.string(), z.int()).refine((r) => Object.keys(r).length < 2, 'one entry') }),
    );
    expect(errorsOf(few({ r: { a: 1 } }), few({ r: { b: 2 } }))).toEqual([
      'few.r: expected one entry, got {"a":1,"b":2}',
    ]);
  });
});

describe('entries', () => {
  const user = z.object({
    home: z.string(),
    shell: z.string().default('/bin/sh'),
    system: z.boolean().default(false),
    groups: z.array(z.string()),
    uid: z.int().optional(),
  });
  const site = options('site', z.object({ homes: z.string().default('/home') }));
  const users = options(
    'users',
    z.object({
      users: entries(user, (self, name, { host }) => ({
        home: () => (self.system ? `/var/lib/${name}` : `${host.get(site).homes}/${name}`),
        groups: [name],
        uid: when(() => self.system, 999),
      })),
    }),
  );

  test('have defaults that read their own name, siblings and the host', () => {
    const value = valueOf(
      users,
      users({ users: { anna: {}, games: { system: true } } }),
      site({ homes: '/h' }),
    );
    expect(value.users).toEqual({
      anna: { home: '/h/anna', shell: '/bin/sh', system: false, groups: ['anna'], uid: undefined },
      games: { home: '/var/lib/games', shell: '/bin/sh', system: true, groups: ['games'], uid: 999 },
    });
  });

  test('any definition of a setting wins over its computed default', () => {
    const value = valueOf(users, users({ users: { anna: { home: '/x', groups: ['adm'] } } }));
    expect(value.users['anna']).toMatchObject({ home: '/x', groups: ['adm'] });
  });

  test('are read by one another', () => {
    const value = valueOf(
      users,
      users({ users: { anna: {}, ben: { home: ({ host }) => host.get(users).users['anna']!.home } } }),
    );
    expect(value.users['ben']!.home).toBe('/home/anna');
  });

  test('a default that reads a sibling without a thunk says so, at its place', () => {
    const at = line() + 3;
    const early = options(
      'early',
      z.object({ users: entries(user, (self, name) => ({ home: self.system ? name : '/home' })) }),
    );
    const error = errorOf(early({ users: { anna: {} } }));
    expect(error).toMatchObject({
      code: 'option.early-read',
      option: 'early.users.anna',
      message: 'a default reads `system` before the settings are put together',
      hint: 'Write the default as a thunk: `() => self.system`.',
    });
    expect(placesOf(error)).toEqual([String(at)]);
  });

  test('a computed default that is wrong shows the option set that computes it', () => {
    const wrong = options('wrong', z.object({ users: entries(user, () => ({ home: () => 5 as never })) }));
    const error = errorOf(wrong({ users: { anna: {} } }));
    expect(error).toMatchObject({ option: 'wrong.users.anna.home', message: 'expected a string, got 5' });
    expect(error.places[0]!.label).toBe('wrong computes a default');
  });

  test('may be thunks, merged and conditional', () => {
    const value = valueOf(
      users,
      users({
        users: { anna: () => ({ uid: 1 }), ben: merge({ uid: 2 }, { system: true }), carl: when(false, {}) },
      }),
    );
    expect(Object.keys(value.users)).toEqual(['anna', 'ben']);
    expect(value.users).toMatchObject({ anna: { uid: 1 }, ben: { uid: 2, system: true } });
  });

  test('are there or not before their thunks run: a thunk that gives nothing is an error', () => {
    const at = line() + 1;
    const error = errorOf(users({ users: { anna: () => undefined as never } }));
    expect(error).toMatchObject({
      code: 'option.empty-entry',
      option: 'users.users.anna',
      message: 'its thunk gives nothing, but what entries there are does not wait for thunks',
      hint: 'Write `when(() => condition, { … })` instead: the entry is there where the condition holds.',
    });
    expect(placesOf(error)).toEqual([`${at} [users, anna]`]);
    expect(errorsOf(set({ record: { a: () => undefined as never } }))).toHaveLength(1);
  });

  test('with conditions are there where one of their definitions counts', () => {
    const carl = (holds: boolean) => users({ users: { carl: when(() => holds, { uid: 3 }) } });
    expect(Object.keys(valueOf(users, carl(false)).users)).toEqual([]);
    expect(valueOf(users, carl(false), carl(true)).users['carl']).toMatchObject({ uid: 3 });
    expect(valueOf(users, carl(false), users({ users: { carl: {} } })).users['carl']).toMatchObject({
      uid: undefined,
    });
  });

  test('refuse what is no entry, and say what is missing in one', () => {
    expect(errorsOf(users({ users: { anna: 'x' as never } }))).toEqual([
      'users.users.anna: expected an object with `home`, `shell`, `system`, `groups`, …, got "x"',
    ]);
    const plain = options('plain', z.object({ users: entries(user) }));
    const at = line() + 1;
    const error = errorOf(plain({ users: { anna: {} } }));
    expect(error.message).toBe('is not set; expected a string');
    expect(placesOf(error)).toEqual([`${at} [users, anna]`]);
  });

  test('take names by a key schema', () => {
    const named = options('named', z.object({ sites: entries(z.object({}), undefined, fqdn()) }));
    expect(errorsOf(named({ sites: { a: {} } }))).toEqual([
      'named.sites: expected each name to be a fully qualified domain name, such as vpn.wildelab.com, got "a": it has no dot: add the domain',
    ]);
  });

  test('of text keep the defaults beside a step before', () => {
    const file = z.object({ text: z.string(), mode: z.string() });
    const files = options(
      'files',
      z.object({
        files: entries(
          z.preprocess((value) => (typeof value === 'string' ? { text: value } : value), file),
          (self) => ({ mode: () => (self.text === '' ? '0600' : '0644') }),
        ),
      }),
    );
    expect(hostOf(files({ files: { a: 'x' as never, b: () => '' as never } })).get(files).files).toEqual({
      a: { text: 'x', mode: '0644' },
      b: { text: '', mode: '0600' },
    });
  });
});

describe('defaults of a whole option set', () => {
  const proxy = options(
    'proxy',
    z.object({
      host: z.string(),
      port: z.int().default(80),
      url: z.string(),
      tls: z.object({ on: z.boolean() }),
    }),
    {
      defaults: (self, { host }) => ({
        host: host.name,
        url: () => `http://${self.host}:${self.port}`,
        tls: { on: () => self.port === 443 },
      }),
    },
  );

  test('read other settings and the host, and lose against every definition', () => {
    expect(valueOf(proxy, proxy({}))).toEqual({
      host: 'a',
      port: 80,
      url: 'http://a:80',
      tls: { on: false },
    });
    expect(valueOf(proxy, proxy({ port: 443, host: 'x' }))).toMatchObject({
      url: 'http://x:443',
      tls: { on: true },
    });
    expect(valueOf(proxy, proxy({ url: 'mine' })).url).toBe('mine');
  });

  test('win over a default of the schema', () => {
    const set = options('set', z.object({ port: z.int().default(1) }), { defaults: () => ({ port: 2 }) });
    expect(valueOf(set, set({})).port).toBe(2);
  });

  test('that read too early say so', () => {
    const set = options('set', z.object({ a: z.int().default(1), b: z.int() }), {
      defaults: (self) => ({ b: self.a }),
    });
    expect(errorsOf(set({}))).toEqual(['set: a default reads `a` before the settings are put together']);
  });
});
