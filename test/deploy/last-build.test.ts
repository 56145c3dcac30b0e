import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { buildFleet } from '../../src/deploy/build-fleet.ts';
import { lastBuild, wantedAgain, type BuildOrder } from '../../src/deploy/last-build.ts';

test('what was built last is known until the repository changes, and a change meanwhile is not switched to', async () => {
  const repository = mkdtempSync(join(tmpdir(), 'stead-last-build-'));
  onTestFinished(() => rmSync(repository, { recursive: true, force: true }));
  const write = (text: string): void => {
    mkdirSync(join(repository, 'hosts'), { recursive: true });
    writeFileSync(
      join(repository, 'hosts/one.ts'),
      `import { files, host } from 'stead';\nexport default host('one', { use: [files({ etc: { a: '${text}' } })] });\n`,
    );
  };
  const order: BuildOrder = {
    repository,
    words: ['one'],
    all: false,
    commit: Promise.resolve({ commit: null, dirty: false, stead: '0' }),
    signing: { homeDirectory: repository },
  };
  write('before');
  expect(await lastBuild(order)).toBeUndefined();
  const { built } = await buildFleet(order);
  const known = await lastBuild(order);
  expect(known).toMatchObject({
    hosts: [{ name: 'one', tags: [], stage: 0 }],
    results: [{ host: 'one', commit: null, isManual: false, isSigned: false }],
  });
  const [wanted] = wantedAgain(known!.results, order);
  expect((await wanted!.whole()).bundle.manifest.hash).toBe(built[0]!.bundle.manifest.hash);

  expect(await lastBuild({ ...order, words: ['@other'] })).toBeUndefined();
  write('after');
  expect(await lastBuild(order)).toBeUndefined();
  const [stale] = wantedAgain([{ ...known!.results[0]!, hash: '0'.repeat(32) }], order);
  await expect(stale!.whole()).rejects.toMatchObject({
    code: 'switch.changed',
    message: 'the repository was changed while it was switched',
  });
});
