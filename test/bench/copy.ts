// What hashing, writing and copying bundles costs, beside sha256sum and tar in the same run.
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { hashFile, writeBundles, type Bundle } from '../../src/bundle/index.ts';
import { bundleStoreName, copyBundle } from '../../src/deploy/copy.ts';
import { manifestHistory } from '../../src/deploy/history.ts';
import { switchTo } from '../../src/targets/index.ts';
import { bundleOf, counted, type Files } from '../deploy/hosts.ts';
import { FLAGS } from './flags.ts';

const GIBIBYTE = 1024 ** 3;
const ROUNDS = 5;
const [job, path = '', folder = ''] = process.argv.slice(2);

if (job === 'hash') await hashFile(path);
else if (job === 'copy') await copyLarge(path, folder);
else await all();
if (job !== undefined) console.log(process.resourceUsage().maxRSS);

async function all(): Promise<void> {
  const base = mkdtempSync(join(tmpdir(), 'stead-bench-'));
  try {
    console.log(`${''.padEnd(44)}${'measured'.padStart(12)}   bar`);
    const large = join(base, 'large');
    fill(large, GIBIBYTE);
    hashing(large);
    await writing(base);
    await changing(base);
    const copied = alone('copy', large, base);
    row('copying 1 GiB, peak MB', copied.megabytes, 'at most 150');
    row('copying 1 GiB, seconds', copied.milliseconds / 1000, '');
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

function hashing(large: string): void {
  timed(() => execFileSync('sha256sum', [large]));
  const theirs = median(() => timed(() => execFileSync('sha256sum', [large])));
  let megabytes = 0;
  const ours = median(() => {
    const { milliseconds, megabytes: peak } = alone('hash', large);
    megabytes = Math.max(megabytes, peak);
    return milliseconds;
  });
  row('hashing 1 GiB, times sha256sum', ours / theirs, 'at most 1.3');
  row('hashing 1 GiB, peak MB', megabytes, 'at most 150');
}

/** Both write files and an archive of them; tar reads what it writes from an archive and from those files. */
async function writing(base: string): Promise<void> {
  const files = Object.fromEntries(
    Array.from({ length: 1000 }, (_, index) => [`/etc/bench/${index}`, randomBytes(2048).toString('hex')]),
  );
  await build(files, join(base, 'warm'));
  const ours = await medianOf(async (round) => {
    const start = performance.now();
    await build(files, join(base, `out-${round}`));
    return performance.now() - start;
  });
  const archive = join(base, 'files.tar');
  execFileSync('tar', ['-c', '-f', archive, '-C', join(base, 'warm/gateway/root'), '.']);
  let round = 0;
  const theirs = median(() => {
    round += 1;
    const target = join(base, `tar-${round}`);
    mkdirSync(target);
    return timed(() => {
      execFileSync('tar', ['-x', '-f', archive, '-C', target]);
      execFileSync('tar', ['-c', '-f', `${target}.tar`, '-C', target, '.']);
    });
  });
  row('rendering, hashing, writing 1,000 files, ms', ours, '');
  row('rendering, hashing, writing, times tar', ours / theirs, 'at most 3');
}

async function build(files: Files, out: string): Promise<Bundle> {
  const bundle = await bundleOf(files);
  await writeBundles([{ bundle }], out);
  return bundle;
}

async function changing(base: string): Promise<void> {
  const directory = join(base, 'host');
  const history = manifestHistory(join(base, 'history'));
  const text = randomBytes(4096).toString('hex');
  const many = (changed?: string): Files =>
    Object.fromEntries(
      Array.from({ length: 6000 }, (_, index) => [
        `/etc/bench/${index % 40}/file-${index}.conf`,
        index === 3000 && changed !== undefined ? changed : `this is file ${index}\n`.repeat(10),
      ]),
    );
  const before = await bundleOf(many());
  const first = await counted(directory);
  await copyBundle(first.session, before, history, () => {});
  await switchTo(first.session, bundleStoreName(before));
  const again = await counted(directory);
  await copyBundle(again.session, before, history, () => {});
  row('no change of 6,000 files, round trips', again.calls, '1');
  row('no change of 6,000 files, bytes', again.bytes, '');
  const change = await counted(directory);
  const start = performance.now();
  await copyBundle(change.session, await bundleOf(many(text)), history, () => {});
  const bar = 1.2 * zstdCompressSync(text).length + 4096;
  row('one of 6,000 files changed, bytes both ways', change.bytes, `at most ${bar.toFixed(0)}`);
  row('one of 6,000 files changed, round trips', change.calls, '');
  row('one of 6,000 files changed, seconds', (performance.now() - start) / 1000, '');
}

async function copyLarge(large: string, base: string): Promise<void> {
  const file = {
    kind: 'link',
    mode: '0644',
    owner: 'root',
    group: 'root',
    content: { file: large },
  } as const;
  const { session } = await counted(join(base, 'large-host'));
  const bundle = await bundleOf({ '/srv/large': file });
  await copyBundle(session, bundle, manifestHistory(join(base, 'large-history')), () => {});
  const stored = join(base, 'large-host/var/lib/stead/store', bundleStoreName(bundle), 'root/srv/large');
  if (statSync(stored).size !== GIBIBYTE) throw new Error('the copy is not whole');
}

/** One job of this file in a process of its own. */
function alone(
  name: string,
  ...args: readonly string[]
): { readonly milliseconds: number; readonly megabytes: number } {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...FLAGS, import.meta.filename, name, ...args],
    {
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(stderr);
  return { milliseconds: performance.now() - start, megabytes: Number(stdout.trim()) / 1024 };
}

function fill(target: string, bytes: number): void {
  writeFileSync(target, '');
  const file = openSync(target, 'w');
  const block = randomBytes(64 * 1024 * 1024);
  for (let written = 0; written < bytes; written += block.length) {
    block.writeUInt32LE(written / block.length);
    writeSync(file, block);
  }
  closeSync(file);
}

function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function median(measure: () => number): number {
  return Array.from({ length: ROUNDS }, measure).toSorted((a, b) => a - b)[ROUNDS >> 1]!;
}

async function medianOf(measure: (round: number) => Promise<number>): Promise<number> {
  const all: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) all.push(await measure(round));
  return all.toSorted((a, b) => a - b)[ROUNDS >> 1]!;
}

function row(name: string, value: number, bar: string): void {
  const text = Number.isInteger(value) ? String(value) : value.toFixed(2);
  console.log(`${name.padEnd(44)}${text.padStart(12)}   ${bar}`);
}
