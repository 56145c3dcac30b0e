// Whether a build would do just what the last one did: known from the state of its files, without evaluating.
// Only what evaluation may see counts (see src/fleet/hermetic), so equal state means an equal result.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeFileAtomic } from '../bundle/atomic.ts';
import type { Manifest, Provenance } from '../bundle/index.ts';
import type { Reachable } from './locate.ts';
import type { Asked } from './wanted.ts';
import type { ToldWarning } from './warnings.ts';

const RECORD = join('out', '.last-build.json');
const stead = resolve(import.meta.dirname, '../..');

/** Beyond this the walk would cost what it is to save. */
const MOST_FILES = 5000;

/** A build, as far as it decides the result. */
export interface BuildRequest {
  readonly repository: string;
  /** Hosts and tags as given, or `--all`. */
  readonly selection: readonly string[];
  readonly provenance: Provenance;
  /** As `filesState` gives it. */
  readonly files: string | undefined;
}

/** What a build makes of one host. */
export interface BuildResult extends Asked {
  /** The bundle's folder, absolute. */
  readonly path: string;
  readonly signature?: string;
}

/** What is remembered of a build. */
export interface LastBuild {
  /** The hosts that were built. */
  readonly results: readonly BuildResult[];
  /** How every host of the fleet is reached. */
  readonly hosts: readonly Reachable[];
  /** Are to be seen every time. */
  readonly warnings: readonly ToldWarning[];
}

/** A record as it is kept. */
interface Kept extends LastBuild {
  readonly inputs: string;
  readonly outputs: string;
}

/** Whether there is a last build to compare with. */
export function hasRecord(repository: string): boolean {
  return existsSync(join(repository, RECORD));
}

/**
 * The state of all files that a build of the repository may see, to be taken before it begins: what changes meanwhile
 * makes the next build another one. Undefined where there are too many, or not all can be read.
 */
export function filesState(repository: string): string | undefined {
  const lines: string[] = [];
  const skipped = new Set(['.git', 'node_modules', 'out'].map((name) => join(repository, name)));
  try {
    addFiles(repository, skipped, lines);
    for (const folder of ['src', 'modules']) addFiles(join(stead, folder), skipped, lines);
    for (const root of new Set([repository, stead])) {
      for (const name of ['package.json', 'node_modules/.package-lock.json'])
        addFile(join(root, name), lines);
    }
  } catch {
    // A folder that cannot be read is for the build to tell of.
    return undefined;
  }
  return digestOf(lines);
}

/** The last build where this one would be the same and its output stands; else undefined. */
export function unchangedBuild(request: BuildRequest): LastBuild | undefined {
  try {
    const text = readFileSync(join(request.repository, RECORD), 'utf8');
    const { inputs, outputs, ...build } = JSON.parse(text) as Kept;
    const isSame = inputs === inputsOf(request) && outputs === outputsOf(request, build);
    return isSame ? build : undefined;
  } catch {
    // No record, or one that cannot be read: a build makes a new one.
    return undefined;
  }
}

/** Remembers a build that has just been done. */
export function recordBuild(request: BuildRequest, build: LastBuild): void {
  const inputs = inputsOf(request);
  let outputs: string | undefined;
  try {
    outputs = outputsOf(request, build);
    if (!build.results.every(stands)) return;
  } catch {
    // Another build puts its own bundles there at this moment.
    return;
  }
  if (inputs === undefined || outputs === undefined) return;
  const kept: Kept = { inputs, outputs, ...build };
  writeFileAtomic(join(request.repository, RECORD), `${JSON.stringify(kept)}\n`);
}

function stands({ path, hash }: BuildResult): boolean {
  const manifest = JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8')) as Manifest;
  return manifest.hash === hash;
}

function inputsOf({ files, ...request }: BuildRequest): string | undefined {
  return files && digestOf([JSON.stringify({ ...request, node: process.version }), files]);
}

/** A digest over the build, and the state of what it wrote. */
function outputsOf({ repository }: BuildRequest, build: LastBuild): string | undefined {
  const lines = [JSON.stringify(build)];
  addFile(join(repository, 'out/fleet.json'), lines);
  for (const { path } of build.results) addFiles(path, new Set(), lines);
  return digestOf(lines);
}

function digestOf(lines: readonly string[]): string | undefined {
  if (lines.length > MOST_FILES) return undefined;
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

/** Name, size, inode and times of every file. */
function addFiles(folder: string, skipped: ReadonlySet<string>, lines: string[]): void {
  if (skipped.has(folder) || lines.length > MOST_FILES) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) addFiles(path, skipped, lines);
    else addFile(path, lines);
  }
}

function addFile(path: string, lines: string[]): void {
  const facts = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (facts === undefined) lines.push(`${path} absent`);
  else lines.push(`${path} ${facts.size} ${facts.ino} ${facts.mode} ${facts.mtimeNs} ${facts.ctimeNs}`);
}
