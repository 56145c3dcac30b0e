// Puts bundles into `out/<host>/`: whole or not at all, and not again where they stand there already.
import {
  chmodSync,
  closeSync,
  fchmodSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pid } from 'node:process';
import { SteadError } from '../options/error.ts';
import { hashFile } from './hash.ts';
import { bundleMembers } from './layout.ts';
import type { Bundle } from './plan.ts';
import { ARCHIVE, bundleStands, contentSums, modeOnDisk, SIGNATURE, unchangedFiles } from './standing.ts';
import { writeTar, type TarEntry } from './tar.ts';

/** A bundle to write. */
export interface BundleOrder {
  readonly bundle: Bundle;
  /** Is written beside it; where there is none, the one of the same bundle stays. */
  readonly signature?: string;
}

/** What `writeBundles` did with one of them. */
export interface Written {
  /** The bundle's folder: `<outDir>/<host>`. */
  readonly path: string;
  /** False where the same bundle stood there already. */
  readonly changed: boolean;
}

/**
 * Writes `<outDir>/<host>/` of each host. They are made beside their places, and renamed when all are there, so that
 * nobody sees half of one, and one that cannot be written leaves what stood there of all.
 * Where the same manifest stands there, provenance included, and every member has its kind, size
 * and mode, nothing is written: contents are compared by hash when they are copied to a host.
 * Files that are in the bundle before or in another one get a second name: a new one costs a file system far more.
 * Files have the modes that the manifest says, without set-id bits; owners are only recorded.
 * Of several builds of a host at one moment, the last bundle stays.
 * @returns in the order of the bundles
 * @throws SteadError `bundle.write`, `bundle.source-changed`.
 */
export async function writeBundles(orders: readonly BundleOrder[], outDir: string): Promise<Written[]> {
  const twins: Twins = new Map();
  const made: Made[] = [];
  try {
    for (const order of orders) {
      const { bundle, signature } = order;
      const { host } = bundle.manifest;
      const path = join(outDir, host);
      const members = bundleMembers(bundle);
      if (bundleStands(path, bundle, members, signature)) {
        made.push({ host, path });
        continue;
      }
      const fresh = join(outDir, `.${host}.${pid}.new`);
      made.push({ host, path, fresh });
      await told(host, path, async () => {
        mkdirSync(outDir, { recursive: true });
        removeLeftovers(outDir, host);
        await fill(fresh, order, members, path, twins);
      });
    }
    for (const { host, path, fresh } of made) {
      if (fresh === undefined) continue;
      await told(host, path, () => swap(fresh, path, join(outDir, `.${host}.${pid}.old`)));
    }
  } catch (error) {
    for (const { fresh } of made) if (fresh !== undefined) rmSync(fresh, { recursive: true, force: true });
    throw error;
  }
  return made.map(({ path, fresh }) => ({ path, changed: fresh !== undefined }));
}

/** A bundle's folder, and what is to take its place where another bundle stands there. */
interface Made {
  readonly host: string;
  readonly path: string;
  readonly fresh?: string;
}

async function told(host: string, path: string, work: () => void | Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (cause instanceof SteadError) throw cause;
    throw new SteadError({
      code: 'bundle.write',
      host,
      message: `the bundle cannot be written to ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: 'Check the space and the permissions of the output folder; what stood there before is untouched.',
      cause,
    });
  }
}

/** Removes what a run that was killed left behind; names say whose it was. */
function removeLeftovers(outDir: string, host: string): void {
  const ours = new RegExp(`^\\.${host}\\.(\\d+)\\.(?:new|old)$`);
  for (const name of readdirSync(outDir)) {
    const owner = ours.exec(name)?.[1];
    if (owner !== undefined && (Number(owner) === pid || !isRunning(Number(owner)))) {
      rmSync(join(outDir, name), { recursive: true, force: true });
    }
  }
}

function isRunning(process: number): boolean {
  try {
    return statSync(`/proc/${process}`).isDirectory();
  } catch {
    return false;
  }
}

/** Files made in this run, in folders that nobody else touches, by their content and mode. */
type Twins = Map<string, string>;

/** @param before the folder of the bundle that stood there last */
async function fill(
  folder: string,
  { bundle, signature }: BundleOrder,
  members: readonly TarEntry[],
  before: string,
  twins: Twins,
): Promise<void> {
  const sums = contentSums(bundle.manifest);
  const { isNamed, isHeld } = unchangedFiles(before, sums);
  mkdirSync(folder, 0o777);
  // What the system took away from 0777 it takes away from every file: a umask, or an access list.
  const withheld = 0o777 & ~statSync(folder).mode;
  chmodSync(folder, 0o755);
  for (const member of members) {
    const path = join(folder, member.name);
    if (member.kind === 'directory') makeFolder(path, withheld);
    else if (member.kind === 'symlink') symlinkSync(member.target, path);
    else if (member.kind === 'file') {
      const sum = sums.get(member.name);
      const key = `${sum} ${modeOnDisk(member.mode)}`;
      const twin = twins.get(key);
      if (twin !== undefined && linked(twin, path)) continue;
      if (sum !== undefined) twins.set(key, path);
      if (isNamed(member) && linked(join(before, member.name), path, (file) => isHeld(member, file)))
        continue;
      if ('file' in member) await copyContent(path, member, bundle);
      else writeContent(path, member.content, modeOnDisk(member.mode), withheld);
    }
  }
  if (signature !== undefined) writeContent(join(folder, SIGNATURE), Buffer.from(signature), 0o644, withheld);
  await writeTar(join(folder, ARCHIVE), members);
}

/** Whether the file could be given a second name, and is the one that was meant: not every file system has them. */
function linked(from: string, to: string, isMeant: (file: string) => boolean = () => true): boolean {
  try {
    linkSync(from, to);
  } catch {
    return false;
  }
  if (isMeant(to)) return true;
  unlinkSync(to);
  return false;
}

function makeFolder(path: string, withheld: number): void {
  mkdirSync(path, 0o755);
  if ((withheld & 0o755) !== 0) chmodSync(path, 0o755);
}

function writeContent(path: string, content: Uint8Array, mode: number, withheld: number): void {
  const file = openSync(path, 'wx', mode);
  try {
    for (let offset = 0; offset < content.byteLength;) offset += writeSync(file, content, offset);
    if ((mode & withheld) !== 0) fchmodSync(file, mode);
  } finally {
    closeSync(file);
  }
}

/** The copy is hashed, not the original again: that is what will be sent. */
async function copyContent(
  path: string,
  member: Extract<TarEntry, { file: string }>,
  { manifest }: Bundle,
): Promise<void> {
  await copyFile(member.file, path);
  const hostPath = member.name.slice('root'.length);
  const expected = manifest.files.find((file) => file.path === hostPath);
  const { sha256 } = await hashFile(path);
  if (expected === undefined || !('sha256' in expected) || expected.sha256 !== sha256) {
    throw new SteadError({
      code: 'bundle.source-changed',
      host: manifest.host,
      message: `${member.file}, the content of ${hostPath}, changed while the bundle was built`,
      hint: 'Build again when nothing writes to it.',
    });
  }
  chmodSync(path, modeOnDisk(member.mode));
}

/** Between its two steps another build may put its bundle there, which is then taken away as well. */
function swap(fresh: string, path: string, old: string): void {
  for (let isDone = false; !isDone;) {
    unlessError('ENOENT', () => renameSync(path, old));
    isDone = unlessError('ENOTEMPTY', () => renameSync(fresh, path));
    rmSync(old, { recursive: true, force: true });
  }
}

/** False where the work ends with just this error. */
function unlessError(code: string, work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === code) return false;
    throw error;
  }
}
