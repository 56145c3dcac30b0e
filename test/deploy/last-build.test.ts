import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { buildFleet } from '../../src/deploy/build-fleet.ts';
import { buildOrder, lastBuild, wantedAgain, type BuildOrder } from '../../src/deploy/last-build.ts';

test('what was built last is known until the repository changes, and a change meanwhile is not switched to', async () => {
  const { write, order } = fleetOfOne();
  write('before');
  expect(await lastBuild(order())).toBeUndefined();
  const { built } = await buildFleet(order());
  const known = await lastBuild(order());
  expect(known).toMatchObject({
    hosts: [{ name: 'one', tags: [], stage: 0 }],
    results: [{ host: 'one', commit: null, isManual: false, isSigned: false }],
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

test('a file that changes while a build is under way makes the next build another one', async () => {
  const { write, order } = fleetOfOne();
  write('before');
  const begun = order();
  await lastBuild(begun);
  write('after');
  await buildFleet(begun);
  expect(await lastBuild(order())).toBeUndefined();
});

/** A repository with one host, whose file is written with a text, and orders to build it. */
function fleetOfOne(): {
  readonly write: (text: string) => void;
  readonly order: (words?: readonly string[]) => BuildOrder;
} {
  const repository = mkdtempSync(join(tmpdir(), 'stead-last-build-'));
  onTestFinished(() => rmSync(repository, { recursive: true, force: true }));
  const write = (text: string): void => {
    mkdirSync(join(repository, 'hosts'), { recursive: true });
    writeFileSync(
      join(repository, 'hosts/one.ts'),
      `import { files, host } from 'stead';\nexport default host('one', { use: [files({ etc: { a: '${text}' } })] });\n`,
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
  return { write, order };
}
