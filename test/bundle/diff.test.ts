import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  bundle,
  diffManifests,
  isEmptyDiff,
  textDiff,
  type BundleSource,
  type Manifest,
} from '../../src/bundle/index.ts';
import { context, example, linked } from './example.ts';

async function manifestOf(changes: Partial<BundleSource> = {}): Promise<Manifest> {
  return (await bundle({ ...example, ...changes }, context)).manifest;
}

const nothing = { added: [], removed: [], changed: [] };

test('a manifest does not differ from itself', async () => {
  const sources = fc.record({
    files: fc.subarray([linked('/etc/a', 'x'), linked('/etc/b', 'y')]),
    packages: fc.subarray([...example.packages]),
    users: fc.subarray([...example.users]),
  });
  await fc.assert(
    fc.asyncProperty(sources, async (changes) => {
      const manifest = await manifestOf({ ...changes, units: [] });
      const diff = diffManifests(manifest, structuredClone(manifest));
      expect(isEmptyDiff(diff)).toBe(true);
      expect(diff.files).toEqual([]);
    }),
    { numRuns: 20 },
  );
});

test('for a host without a generation everything is new', async () => {
  const diff = diffManifests(null, await manifestOf());
  expect(diff.files.map(({ path, change }) => `${change} ${path}`)).toEqual([
    'added /etc/sudoers.d/runner',
    'added /etc/systemd/system/multi-user.target.wants/thing.service',
    'added /etc/systemd/system/thing.service',
    'added /etc/thing.conf',
    'added /srv/games',
  ]);
  expect(diff).toMatchObject({
    units: [{ name: 'thing.service', scope: 'system', change: 'added', action: 'start' }],
    packages: { ...nothing, added: ['dnsmasq', 'wireguard-tools'] },
    users: { ...nothing, added: ['runner'] },
    groups: { ...nothing, added: ['runner'] },
    checks: { ...nothing, added: ['thing'] },
    runtime: true,
  });
});

test('a file that changed says in what', async () => {
  const file = {
    path: '/etc/a',
    kind: 'link',
    mode: '0644',
    owner: 'root',
    group: 'root',
    content: 'x',
  } as const;
  const before = await manifestOf({ files: [file], units: [] });
  const aspects = async (other: BundleSource['files'][number]): Promise<readonly string[] | undefined> =>
    diffManifests(before, await manifestOf({ files: [other], units: [] })).files[0]?.aspects;
  expect(await aspects({ ...file, content: 'y' })).toEqual(['content']);
  expect(await aspects({ ...file, mode: '0600' })).toEqual(['mode']);
  expect(await aspects({ ...file, owner: 'a', group: 'a' })).toEqual(['owner', 'group']);
  expect(await aspects({ ...file, kind: 'copy' })).toEqual(['kind']);
  expect(await aspects({ path: '/etc/a', kind: 'symlink', target: '/b' })).toEqual([
    'kind',
    'content',
    'mode',
    'owner',
    'group',
    'target',
  ]);
});

test('files, packages, users, groups and checks that left are named', async () => {
  const empty = await manifestOf({
    files: [],
    units: [],
    packages: [],
    users: [],
    groups: [],
    checks: [],
    health: [],
    manual: [],
    settings: {},
  });
  const diff = diffManifests(await manifestOf(), empty);
  expect(diff.files.every(({ change, after }) => change === 'removed' && after === null)).toBe(true);
  expect(diff).toMatchObject({
    units: [{ name: 'thing.service', scope: 'system', change: 'removed', action: 'stop' }],
    packages: { removed: ['dnsmasq', 'wireguard-tools'] },
    users: { removed: ['runner'] },
    groups: { removed: ['runner'] },
    checks: { removed: ['thing'] },
  });
  expect(isEmptyDiff(diff)).toBe(false);
});

test('a user, a group or a check that means something else now is changed', async () => {
  const [user] = example.users;
  if (user === undefined) throw new Error('the example has a user');
  const after = await manifestOf({
    users: [{ ...user, shell: '/bin/bash' }],
    groups: [{ name: 'runner', gid: 5, system: true }],
    checks: [{ name: 'thing', command: ['/bin/false'] }],
  });
  expect(diffManifests(await manifestOf(), after)).toMatchObject({
    files: [],
    users: { ...nothing, changed: ['runner'] },
    groups: { ...nothing, changed: ['runner'] },
    checks: { ...nothing, changed: ['thing'] },
  });
});

test('the difference of two texts is a unified diff; equal texts have none', async () => {
  const names = { before: 'a/etc/x', after: 'b/etc/x' };
  expect(await textDiff('one\ntwo\n', 'one\n2\n', names)).toBe(
    '--- a/etc/x\n+++ b/etc/x\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n',
  );
  expect(await textDiff(null, 'new\n', names)).toBe('--- /dev/null\n+++ b/etc/x\n@@ -0,0 +1,1 @@\n+new\n');
  expect(await textDiff('old', null, names)).toBe(
    '--- a/etc/x\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-old\n\\ No newline at end of file\n',
  );
  expect(await textDiff('same', 'same', names)).toBe('');
});
