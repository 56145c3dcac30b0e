import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { writeBundles } from '../../src/bundle/index.ts';
import { buildFleet } from '../../src/deploy/build-fleet.ts';
import {
  buildOrder,
  lastBuild,
  requestOf,
  wantedAgain,
  type BuildOrder,
} from '../../src/deploy/last-build.ts';
import { recordBuild, type LastBuild } from '../../src/deploy/unchanged.ts';
import { askedOf } from '../../src/deploy/wanted.ts';

test('what was built last is known until the repository changes, and a change meanwhile is not switched to', async () => {
  const { write, order } = fleetOfOne();
  write('before');
  expect(await lastBuild(order())).toBeUndefined();
  const { built } = await buildFleet(order());
  const known = await lastBuild(order());
  expect(known).toMatchObject({
    hosts: [{ name: 'one', tags: [], stage: 0 }],
    results: [{ host: 'one', commit: null, isManual: false }],
    warnings: [],
  });
  const [wanted] = wantedAgain(known!.results, order());
  expect((await wanted!.whole()).bundle.manifest.hash).toBe(built[0]!.bundle.manifest.hash);

  expect(await lastBuild(order(['@other']))).toBeUndefined();
  write('after');
  expect(await lastBuild(order())).toBeUndefined();
  const [stale] = wantedAgain([{ ...known!.results[0]!, hash: '0'.repeat(32) }], order());
  await expect(stale!.whole()).rejects.toMatchObject({
    code: 'switch.changed',
    message: 'the repository was changed while it was switched',
  });
});

test('a build is not remembered where another one has put its bundle, or is about to', async () => {
  const { repository, write, order } = fleetOfOne();
  write('text');
  const { built, hosts } = await buildFleet(order());
  const { bundle, path } = built[0]!;
  const record = async (): Promise<LastBuild | undefined> => {
    rmSync(join(repository, 'out/.last-build.json'), { force: true });
    recordBuild(await requestOf(order()), { results: [{ ...askedOf(bundle), path }], hosts, warnings: [] });
    return lastBuild(order());
  };
  expect(await record()).toBeDefined();
  const manifest = { ...bundle.manifest, hash: '0'.repeat(32) };
  await writeBundles([{ bundle: { ...bundle, manifest } }], join(repository, 'out'));
  expect(await record()).toBeUndefined();
  renameSync(path, `${path}.old`);
  expect(await record()).toBeUndefined();
});

test('a file that changes while a build is under way makes the next build another one', async () => {
  const { write, order } = fleetOfOne();
  write('before');
  const begun = order();
  await lastBuild(begun);
  write('after');
  await buildFleet(begun);
  expect(await lastBuild(order())).toBeUndefined();
});

test.each([
  'hosts/shared.ts',
  'hosts/facts/one.json',
  'hosts/secrets/key.age',
  'modules/own/index.ts',
  'modules/own/file.hbs',
  'overlays/newer.ts',
  'stead.lock',
  'package.json',
  'node_modules/.package-lock.json',
])('a build is another one when %s comes, changes or goes', async (name) => {
  const { repository, write, order } = fleetOfOne();
  write('before');
  const isKnown = async (): Promise<boolean> => (await lastBuild(order())) !== undefined;
  // What lies there counts, whether anything reads it or not.
  const build = async (): Promise<void> => {
    recordBuild(await requestOf(order()), { results: [], hosts: [], warnings: [] });
    expect(await isKnown()).toBe(true);
  };
  const file = join(repository, name);
  mkdirSync(join(repository, 'out'));
  mkdirSync(dirname(file), { recursive: true });
  await build();
  writeFileSync(file, 'a');
  expect(await isKnown()).toBe(false);
  await build();
  writeFileSync(file, 'b');
  expect(await isKnown()).toBe(false);
  await build();
  rmSync(file);
  expect(await isKnown()).toBe(false);
});

test('a build is another one at another commit, with another stead or another Node, and where its output was touched', async () => {
  const { repository, write, order } = fleetOfOne();
  write('before');
  await buildFleet(order());
  const known = (provenance: object = {}) =>
    lastBuild({ ...order(), commit: order().commit.then((commit) => ({ ...commit, ...provenance })) });
  expect(await known()).toBeDefined();
  expect(await known({ commit: 'f'.repeat(40) })).toBeUndefined();
  expect(await known({ dirty: true })).toBeUndefined();
  expect(await known({ stead: '1' })).toBeUndefined();
  const { version } = process;
  Object.defineProperty(process, 'version', { value: 'v99.0.0' });
  expect(await known()).toBeUndefined();
  Object.defineProperty(process, 'version', { value: version });
  expect(await known()).toBeDefined();
  writeFileSync(join(repository, 'out/one/root/etc/a'), 'by hand');
  expect(await known()).toBeUndefined();
});

test('what a build warned of is known with it', async () => {
  const { write, order } = fleetOfOne();
  write('before', "warn(false, 'old disk')");
  const { warnings } = await buildFleet(order());
  expect(warnings).toMatchObject([
    { text: expect.stringMatching(/^warning: one: old disk\n/), data: { host: 'one', message: 'old disk' } },
  ]);
  expect((await lastBuild(order()))?.warnings).toEqual(warnings);
});

test('a repository that does not evaluate any more, when a host turns out to need its build, was changed meanwhile', async () => {
  const { repository, write, order } = fleetOfOne();
  write('before');
  await buildFleet(order());
  const known = await lastBuild(order());
  writeFileSync(join(repository, 'hosts/two.ts'), 'export default 2;');
  const [wanted] = wantedAgain(known!.results, order());
  await expect(wanted!.whole()).rejects.toMatchObject({ code: 'switch.changed', host: 'one' });
});

/** A repository with one host, whose file is written with a text and what else it uses, and orders to build it. */
function fleetOfOne(): {
  readonly repository: string;
  readonly write: (text: string, use?: string) => void;
  readonly order: (words?: readonly string[]) => BuildOrder;
} {
  const repository = mkdtempSync(join(tmpdir(), 'stead-last-build-'));
  onTestFinished(() => rmSync(repository, { recursive: true, force: true }));
  const write = (text: string, use = ''): void => {
    mkdirSync(join(repository, 'hosts'), { recursive: true });
    writeFileSync(
      join(repository, 'hosts/one.ts'),
      `import { files, host, warn } from 'stead';\nexport default host('one', { use: [files({ etc: { a: '${text}' } }), ${use}] });\n`,
    );
  };
  const order = (words: readonly string[] = ['one']): BuildOrder =>
    buildOrder({
      repository,
      words,
      all: false,
      commit: Promise.resolve({ commit: null, dirty: false, stead: '0' }),
      signing: { homeDirectory: repository },
    });
  return { repository, write, order };
}
