// Whose turn it is, over plain data.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hostHere, turnsOf, type Orderable, type Reachable } from '../../src/deploy/index.ts';

/** `name after names`, in order. */
function turns(fleet: readonly Orderable[], here?: string, chosen = fleet.map(({ name }) => name)): string[] {
  return turnsOf(chosen, fleet, here).map(({ name, after }) => [name, ...after].join(' < '));
}

function at(name: string, stage = 0, jump?: string): Orderable {
  return { name, stage, jump };
}

describe('the order of hosts', () => {
  test('hosts that have nothing to do with each other wait for nobody', () => {
    expect(turns([at('a'), at('b'), at('c')])).toEqual(['a', 'b', 'c']);
  });

  test('a host that others are reached through comes after them, and holds up nobody else', () => {
    expect(turns([at('door'), at('inside', 0, 'door'), at('elsewhere')])).toEqual([
      'inside',
      'door < inside',
      'elsewhere',
    ]);
  });

  test('the way to a host may lead through hosts that are not chosen', () => {
    const fleet = [at('first'), at('second', 0, 'first'), at('inside', 0, 'second')];
    expect(turns(fleet, undefined, ['first', 'inside'])).toEqual(['inside', 'first < inside']);
  });

  test('gateways of a mesh come after its hosts, its hub after them', () => {
    expect(turns([at('hub', 20), at('gateway', 10), at('a'), at('b')])).toEqual([
      'a',
      'b',
      'gateway < a < b',
      'hub < a < b < gateway',
    ]);
  });

  test('a host that a later one is reached through is as late', () => {
    expect(turns([at('door'), at('a'), at('hub', 20, 'door')])).toEqual(['a', 'hub < a', 'door < a < hub']);
  });

  test('a host can be put first', () => {
    expect(turns([at('a'), at('b', -1)])).toEqual(['b', 'a < b']);
  });

  test('the machine that this runs on is last, whatever its stage and whoever is reached through it', () => {
    const fleet = [at('here'), at('hub', 20), at('inside', 0, 'here')];
    expect(turns(fleet, 'here')).toEqual(['inside', 'hub < inside', 'here < inside < hub']);
    expect(turns([at('here', 0, 'door'), at('door')], 'here')).toEqual(['door', 'here < door']);
  });

  test('whoever is waited for comes earlier, so that a run ends; in a ring of jump hosts as well', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const host = (name: string) =>
      fc.record({
        name: fc.constant(name),
        stage: fc.integer({ min: -2, max: 2 }),
        jump: fc.option(fc.constantFrom(...names), { nil: undefined }),
      });
    fc.assert(
      fc.property(
        fc.tuple(...names.map(host)),
        fc.subarray(names),
        fc.option(fc.constantFrom(...names), { nil: undefined }),
        (fleet, chosen, here) => {
          const done = new Set<string>();
          for (const { name, after } of turnsOf(chosen, fleet, here)) {
            expect([...after].every((other) => done.has(other))).toBe(true);
            done.add(name);
          }
          expect(done.size).toBe(chosen.length);
        },
      ),
    );
  });
});

describe('the host that is this machine', () => {
  const reachable = (name: string, address?: string): Reachable => ({
    name,
    tags: [],
    stage: 0,
    settings: address === undefined ? {} : { ssh: { address, hostKeys: [], identityFiles: [], root: '/' } },
  });

  test('is known by its address, else by its name; a folder is none', () => {
    const fleet = [reachable('a', '10.0.0.1'), reachable('b', '10.0.0.2'), reachable('c')];
    expect(hostHere(fleet, 'a', ['127.0.0.1', '10.0.0.2'])).toBe('b');
    expect(hostHere(fleet, 'a.lan', ['127.0.0.1'])).toBe('a');
    expect(hostHere(fleet, 'c', ['127.0.0.1'])).toBeUndefined();
  });
});
