// A host's disk: made over the base image, mounted, cut off as power is, filled up.

import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SteadError } from '../options/error.ts';
import { baseFolder, baseImage } from './base.ts';
import { attempt, program } from './process.ts';
import type { DiskKind, Suite } from './topology.ts';
import { until } from './until.ts';

export interface Disk {
  readonly kind: DiskKind;
  /** Where the host's `/` is while it is attached. */
  readonly root: string;
  /** Where the host's own ext4 file system is mounted; the same as `root` for an image. */
  readonly fileSystem: string | undefined;
  /** The base image's folder. */
  readonly base: string;
  readonly folder: string;
}

export interface DiskOptions {
  readonly cache: string;
  readonly folder: string;
  readonly kind: DiskKind;
  readonly suite: Suite;
  readonly mebibytes: number;
  /** Of a `layer`. */
  readonly inodes: number;
  readonly note: (text: string) => void;
}

/** Makes an empty disk over the base image; not attached yet. */
export async function makeDisk({
  cache,
  folder,
  kind,
  suite,
  mebibytes,
  inodes,
  note,
}: DiskOptions): Promise<Disk> {
  const root = join(folder, 'root');
  mkdirSync(root, { recursive: true });
  const base = await baseFolder(cache, suite, note);
  const file = imageOf(folder);
  if (kind === 'image') {
    await program(['cp', '--sparse=always', await baseImage(cache, suite, mebibytes, note), file]);
    return { kind, root, fileSystem: root, base, folder };
  }
  const layer = join(folder, 'layer');
  mkdirSync(layer);
  if (kind === 'folder') return { kind, root, fileSystem: undefined, base, folder };
  await program(['truncate', '-s', `${mebibytes}M`, file]);
  const options = ['-m', '0', '-N', String(inodes), '-E', 'lazy_itable_init=1,nodiscard'];
  await program(['mkfs.ext4', '-q', ...options, file]);
  return { kind, root, fileSystem: layer, base, folder };
}

export async function attachDisk({ kind, root, base, folder }: Disk): Promise<void> {
  if (mounted(root)) return;
  // Nothing reaches the disk by itself, but what is synced: a power cut then loses the same each time.
  const loop = ['mount', '-o', 'loop,errors=remount-ro,commit=900', imageOf(folder)];
  if (kind === 'image') return void (await program([...loop, root]));
  const layer = join(folder, 'layer');
  if (kind === 'layer') await program([...loop, layer]);
  const [upper, work] = [join(layer, 'upper'), join(layer, 'work')];
  for (const path of [upper, work]) mkdirSync(path, { recursive: true });
  await program([
    'mount',
    '-t',
    'overlay',
    'lab',
    '-o',
    `lowerdir=${base},upperdir=${upper},workdir=${work}`,
    root,
  ]);
}

/**
 * Unmounts a disk and waits until its file system is gone from the kernel: the next mount would else join it, and a
 * power cut would prove nothing.
 */
export async function detachDisk({ root, fileSystem, folder }: Disk): Promise<void> {
  for (const path of new Set([root, fileSystem ?? root])) {
    if (!mounted(path)) continue;
    if ((await attempt(['umount', path])).code !== 0) await program(['umount', '--lazy', path]);
  }
  const file = imageOf(folder);
  if (!existsSync(file)) return;
  await until(`the disk ${file} is free`, 20, async () => (await program(['losetup', '-j', file])) === '');
}

/** From now on nothing reaches the disk, and what is not on it is lost: ext4's own way to try a power cut. */
export async function cutOff(disk: Disk): Promise<void> {
  await program(['xfs_io', '-x', '-c', 'shutdown', fileSystemOf(disk)]);
}

/** Uses up the space of a disk, for root, too, or its inodes. */
export async function fillDisk(disk: Disk, what: 'bytes' | 'inodes'): Promise<void> {
  const folder = fillOf(disk);
  mkdirSync(folder, { recursive: true });
  await program(['sh', '-c', FILL[what], 'sh', folder]);
}

/** Gives back what `fillDisk` took. */
export function unfillDisk(disk: Disk): void {
  rmSync(fillOf(disk), { recursive: true, force: true });
}

/** Blocks that were promised become free with a sync, so that the last ones take several rounds. */
const FILL = {
  bytes: `
fallocate -l "$(df -k --output=avail "$1" | tail -n 1)KiB" "$1/most" 2>/dev/null || :
for round in 1 2 3 4 5; do dd if=/dev/zero of="$1/$round" bs=1k 2>/dev/null || :; sync -f "$1"; done`,
  inodes: `cd "$1" && seq 1000000 | xargs -n 1000 sh -c 'touch "$@" 2>/dev/null || exit 255' sh 2>/dev/null || :`,
} as const;

function fillOf(disk: Disk): string {
  return join(fileSystemOf(disk), '.lab-fill');
}

function fileSystemOf({ fileSystem }: Disk): string {
  if (fileSystem !== undefined) return fileSystem;
  throw new SteadError({
    code: 'lab.disk',
    message: 'a disk of the kind "folder" can be neither cut off nor filled',
    hint: 'Give the host a disk of the kind "layer" or "image".',
  });
}

function imageOf(folder: string): string {
  return join(folder, 'disk.img');
}

function mounted(path: string): boolean {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .some((line) => line.split(' ')[4] === path);
}
