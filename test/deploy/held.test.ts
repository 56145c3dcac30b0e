// Which builds a nightly run does not try again on a host, over plain data.
import { expect, test } from 'vitest';
import { heldBack } from '../../src/deploy/held.ts';
import type { Generation } from '../../src/targets/index.ts';
import { bundleOf } from './hosts.ts';

type States = readonly (Generation['state'] | 'current')[];

/** Whether the build is held, where these are the host's generations of it, after one that runs. */
async function isHeld(states: States): Promise<boolean> {
  const bundle = await bundleOf({ '/etc/motd': 'hello' });
  const one = (hash: string, state: States[number], index: number): Generation => ({
    generation: index + 1,
    hash,
    state: state === 'current' ? 'confirmed' : state,
    when: '2026-11-21T03:30:00Z',
    commit: undefined,
    current: state === 'current',
  });
  const own = states.map((state, index) => one(bundle.manifest.hash, state, index + 1));
  const isCurrent = states.includes('current');
  return (
    heldBack(bundle.manifest, [one('0'.repeat(32), isCurrent ? 'confirmed' : 'current', 0), ...own]) !==
    undefined
  );
}

test.each<[string, boolean, States]>([
  ['it was never there', false, []],
  ['it runs', false, ['failed', 'current']],
  ['its units or its health failed', true, ['failed']],
  ['somebody rolled it back, or it cut the host off', true, ['confirmed', 'rolled-back']],
  ['nobody confirmed it, since the deployer died', false, ['unconfirmed']],
  ['that has happened twice in a row', true, ['unconfirmed', 'unconfirmed']],
  ['it was well in between', false, ['unconfirmed', 'confirmed', 'unconfirmed']],
])('a build is tried, or held back, where %s', async (_, held, states) => {
  expect(await isHeld(states)).toBe(held);
});
