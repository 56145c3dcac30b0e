import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Bundle } from '../../src/bundle/index.ts';
import { bundleStoreName, copyBundle } from '../../src/deploy/copy.ts';
import { manifestHistory, type ManifestHistory } from '../../src/deploy/history.ts';
import { hostScript } from '../../src/host/index.ts';
import { confirm, switchTo } from '../../src/targets/index.ts';
import { folder } from '../cli/stead.ts';
import { bundleOf, counted, stored, type Counted, type Files } from './hosts.ts';

const quiet = (): void => {};

interface Place {
  readonly directory: string;
  readonly history: ManifestHistory;
}

/** A host that runs nothing of stead yet is sent its script with each of two questions. */
const scripts = 2 * hostScript().length;

function place(): Place {
  return { directory: folder(), history: manifestHistory(folder()) };
}

/** Copies over a new connection; gives round trips and bytes. */
async function copy(
  { directory, history }: Place,
  bundle: Bundle,
  change?: (stream: Readable) => Readable,
): Promise<Omit<Counted, 'session'>> {
  const counts = await counted(directory, change);
  await copyBundle(counts.session, bundle, history, quiet);
  return counts;
}

async function run(at: Place, bundle: Bundle): Promise<void> {
  const { session } = await counted(at.directory);
  await copyBundle(session, bundle, at.history, quiet);
  const { generation } = await switchTo(session, bundleStoreName(bundle));
  await confirm(session, generation ?? 0);
}

function many(count: number, changed?: string): Files {
  const text = (index: number): string => `content of file ${index}\n`.repeat(20);
  return Object.fromEntries(
    Array.from({ length: count }, (_, index): [string, string] => [
      `/etc/many/${index % 17}/file-${index}.conf`,
      index === 700 && changed !== undefined ? changed : text(index),
    ]),
  );
}

describe.concurrent('a copy costs what is new', () => {
  test('nothing new is one round trip, and one file costs that file however many there are', async () => {
    const at = place();
    const fileText = randomBytes(6000).toString('hex');
    const before = await bundleOf(many(1000));
    const after = await bundleOf(many(1000, fileText), 'c0ffee00'.repeat(5));
    await run(at, before);

    const again = await copy(at, before);
    expect(again.calls).toBe(1);
    expect(again.bytes).toBeLessThan(2048);

    const { calls, bytes } = await copy(at, after);
    expect(calls).toBe(2);
    expect(bytes).toBeLessThan(1.2 * zstdCompressSync(fileText).length + 4096);

    const whole = place();
    await copy(whole, after);
    const name = bundleStoreName(after);
    expect(stored(at.directory, name)).toEqual(stored(whole.directory, name));
  });

  test('objects of an earlier bundle are not sent again, whoever copied it', async () => {
    const at = place();
    const large = randomBytes(400_000).toString('hex');
    await copy(at, await bundleOf({ '/etc/large': large, '/etc/a': 'a' }));
    const other = { ...at, history: manifestHistory(folder()) };
    const { bytes } = await copy(other, await bundleOf({ '/etc/large': large, '/etc/a': 'b' }));
    expect(bytes).toBeLessThan(scripts + 100_000);
  });
});

const content = fc.constantFrom('', 'a', 'b', 'a,b\n"c"\\d\n', 'k 1\ns 1\n');
const owned = {
  mode: fc.constantFrom('0644', '0600', '0755'),
  owner: fc.constant('root'),
  group: fc.constant('root'),
};
const file = fc.oneof(
  fc.record({ kind: fc.constantFrom('link', 'copy'), content, ...owned }),
  fc.record({ kind: fc.constant('directory'), ...owned }),
  fc.record({ kind: fc.constant('symlink'), target: fc.constantFrom('../x', '/y', 'a\\b') }),
);
const name = fc.constantFrom('a', 'b c', 'ü,"x"', 'd\\n', '-e', '[f]*', `long-${'ä'.repeat(125)}`);
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => `/etc/${names.join('/')}`);
const tree = fc
  .uniqueArray(fc.tuple(path, file), { maxLength: 8, selector: ([one]) => one })
  .map((entries) =>
    Object.fromEntries(
      entries.filter(([one]) =>
        entries.every(([other, { kind }]) => kind === 'directory' || !one.startsWith(`${other}/`)),
      ),
    ),
  );

test('a difference makes the same bundle as a whole copy, whatever changes', async () => {
  await fc.assert(
    fc.asyncProperty(tree, tree, async (one, two) => {
      const before = await bundleOf(one as Files);
      const after = await bundleOf(two as Files);
      const [at, whole] = [place(), place()];
      await copy(at, before);
      const base = bundleStoreName(before);
      const untouched = stored(at.directory, base);
      const { streams } = await copy(at, after);
      await copy(whole, after);
      const bundleName = bundleStoreName(after);
      expect(streams).toBeLessThanOrEqual(1);
      expect(stored(at.directory, base)).toEqual(untouched);
      expect(stored(at.directory, bundleName)).toEqual(stored(whole.directory, bundleName));
    }),
    { numRuns: 6 },
  );
});

describe.concurrent('what goes wrong with a copy', () => {
  test('a base that is not what is known of it is given up for a whole copy', async () => {
    const at = place();
    const before = await bundleOf({ '/etc/a': 'a', '/etc/b': 'b' });
    const after = await bundleOf({ '/etc/a': 'a', '/etc/b': 'B' });
    await copy(at, before);
    const table = join(at.directory, 'var/lib/stead/store', bundleStoreName(before), 'identity.json');
    writeFileSync(table, readFileSync(table, 'utf8').slice(0, 100));
    await copy(at, after);
    const fresh = place();
    await copy(fresh, after);
    const bundleName = bundleStoreName(after);
    expect(stored(at.directory, bundleName)).toEqual(stored(fresh.directory, bundleName));
  });

  test('one that breaks off goes on where it stopped, and leaves nothing else', async () => {
    const at = place();
    const parts = Array.from({ length: 10 }, () => randomBytes(300_000).toString('base64'));
    const files = Object.fromEntries(parts.map((text, index) => [`/etc/part-${index}`, text]));
    const bundle = await bundleOf(files);
    const total = zstdCompressSync(parts.join('')).length;
    await expect(copy(at, bundle, (stream) => Readable.from(half(stream, total / 2)))).rejects.toMatchObject({
      code: 'host.receive',
    });
    const left = readdirSync(join(at.directory, 'var/lib/stead/store'));
    expect(left.filter((one) => !/^[0-9a-z]{32}-part-\d$/.test(one))).toEqual([]);
    expect(left.length).toBeGreaterThanOrEqual(3);
    for (const one of left) {
      const index = Number(one.at(-1));
      expect(readFileSync(join(at.directory, 'var/lib/stead/store', one), 'utf8')).toBe(parts[index]);
    }
    const { bytes } = await copy(at, bundle);
    // The bundle has the script, too.
    const own = zstdCompressSync(hostScript()).length;
    expect(bytes).toBeLessThan(total * ((10 - left.length) / 10) + scripts + own + 50_000);
    const whole = place();
    await copy(whole, bundle);
    expect(stored(at.directory)).toEqual(stored(whole.directory));
  });

  test('two copies to one host, and to two hosts, go on side by side', async () => {
    const at = place();
    const elsewhere = { ...at, directory: folder() };
    const bundles = await Promise.all(
      ['1', '2', '3'].map((text) => bundleOf({ '/etc/same': 'same', '/etc/n': text })),
    );
    await Promise.all(bundles.flatMap((bundle) => [copy(at, bundle), copy(elsewhere, bundle)]));
    for (const { directory } of [at, elsewhere]) {
      for (const bundle of bundles) {
        const root = join(directory, 'var/lib/stead/store', bundleStoreName(bundle), 'root/etc');
        expect(readFileSync(join(root, 'n'), 'utf8')).toBe(String(bundles.indexOf(bundle) + 1));
        expect(statSync(join(root, 'same')).nlink).toBe(4);
      }
    }
  });
});

async function* half(stream: Readable, bytes: number): AsyncGenerator<Buffer> {
  let left = bytes;
  for await (const chunk of stream) {
    const piece = (chunk as Buffer).subarray(0, left);
    left -= piece.length;
    yield piece;
    if (left <= 0) return;
  }
}
