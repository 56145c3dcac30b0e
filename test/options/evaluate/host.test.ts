// What a host uses: profiles, disabling, variants.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { disable, extend, force, host, isHost, isOptionSet, options } from '../../../src/options/index.ts';
import { errorsOf, fleetOf, hostOf, valueOf } from '../evaluation.ts';

const set = options('set', z.object({ list: z.array(z.string()), name: z.string().default('none') }));
const low = options('low', z.object({ from: z.array(z.string()) }));
set.implement({ defines: [low], config: (self) => [low({ from: [self.name] })] });

describe('profiles', () => {
  const base = [set({ list: ['base'] })];

  test('are lists of contributions, nested as deep as wanted', () => {
    expect(valueOf(set, [base, [[[set({ list: ['deep'] })]]]], set({ list: ['own'] })).list).toEqual([
      'base',
      'deep',
      'own',
    ]);
    expect(errorsOf([], [[]])).toEqual([]);
  });

  test('count once, however often they are used', () => {
    const rack = [base, set({ list: ['rack'] })];
    const games = [base, rack];
    expect(valueOf(set, base, rack, games, base).list).toEqual(['base', 'rack']);
    const definition = set({ list: ['x'] });
    expect(valueOf(set, definition, [definition]).list).toEqual(['x']);
  });

  test('are shared by hosts without mixing them up', () => {
    const named = [set({ name: ({ host: own }) => own.name })];
    const fleet = fleetOf(host('a', { use: [named] }), host('b', { use: [named] }));
    expect(fleet.hosts.map((one) => one.get(set).name)).toEqual(['a', 'b']);
  });
});

describe('disable', () => {
  test('drops definitions of the set, those of implementations included, and its implementation', () => {
    const off = hostOf(set({ name: 'x' }), disable(set));
    expect([off.uses(set), off.get(set).name, off.get(low).from]).toEqual([false, 'none', []]);
    const lowOff = hostOf(set({ name: 'x' }), low({ from: ['own'] }), disable(low));
    expect([lowOff.uses(low), lowOff.get(low).from]).toEqual([false, []]);
  });

  test('holds wherever it stands in what the host uses', () => {
    expect(hostOf([[disable(set)]], set({})).uses(set)).toBe(false);
  });

  test('keeps errors in what is disabled from being reported', () => {
    expect(errorsOf(set({ name: 5 as never }), disable(set))).toEqual([]);
  });
});

describe('a variant of a host', () => {
  const base = host('a', { tags: ['rack'], use: [set({ name: 'a', list: ['base'] })] });

  test('declared by extend has more contributions, tags and another name', () => {
    const image = extend(base, { name: 'a-image', tags: ['image', 'rack'], use: [set({ list: ['image'] })] });
    const fleet = fleetOf(base, image);
    expect(fleet.host('a-image').get(set).list).toEqual(['base', 'image']);
    expect(fleet.host('a-image').tags).toEqual(['rack', 'image']);
    expect(fleet.host('a').get(set).list).toEqual(['base']);
    expect(base.use).toHaveLength(1);
    expect(extend(base, { use: [] }).name).toBe('a');
  });

  test('asked of an evaluated host leaves the host as it is', () => {
    const fleet = fleetOf(
      base,
      host('b', { use: [set({ name: ({ fleet: all }) => all.host('a').get(set).name })] }),
    );
    const own = fleet.host('a');
    const variant = own.extend([set({ name: force('variant'), list: ['more'] }), disable(low)]);
    expect(variant.get(set)).toEqual({ name: 'variant', list: ['base', 'more'] });
    expect([variant.name, variant.tags]).toEqual(['a', ['rack']]);
    expect([variant.uses(low), own.uses(low), own.get(low).from]).toEqual([false, true, ['a']]);
    expect([own.get(set).name, fleet.host('b').get(set).name]).toEqual(['a', 'a']);
    expect(variant.extend([set({ list: ['again'] })]).get(set).list).toEqual(['base', 'more', 'again']);
  });

  test('may be read by the host itself', () => {
    const self = host('a', {
      use: [
        set({ name: 'plain' }),
        low({ from: ({ host: own }) => [own.extend([set({ name: force('image') })]).get(set).name] }),
      ],
    });
    expect(fleetOf(self).host('a').get(low).from).toEqual(['image', 'plain']);
  });
});

test('hosts and option sets are told from other values', () => {
  expect([host('a', { use: [] }), {}, null, set].map(isHost)).toEqual([true, false, false, false]);
  expect([set, set({}), () => 1, undefined].map(isOptionSet)).toEqual([true, false, false, false]);
});
