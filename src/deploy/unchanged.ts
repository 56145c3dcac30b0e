// Whether a build would do just what the last one did: known from the state of its files, without evaluating.
// Only what evaluation may see counts (see src/fleet/hermetic), so equal state means an equal result.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeFileAtomic } from '../bundle/atomic.ts';
import type { Provenance } from '../bundle/index.ts';
import type { Reachable } from './locate.ts';
import type { Asked } from './wanted.ts';

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
}

/** What a build makes of one host. */
export interface BuildResult extends Asked {
  /** The bundle's folder, absolute. */
  readonly path: string;
  readonly isSigned: boolean;
}

/** What is remembered of a build. */
export interface LastBuild {
  /** The hosts that were built. */
  readonly results: readonly BuildResult[];
  /** How every host of the fleet is reached. */
  readonly hosts: readonly Reachable[];
}

/** Whether there is a last build to compare with. */
export function hasRecord(repository: string): boolean {
  return existsSync(join(repository, RECORD));
}

/** The last build where this one would be the same and its output stands; else undefined. */
export function unchangedBuild(request: BuildRequest): LastBuild | undefined {
  try {
    const { state, ...build } = JSON.parse(
      readFileSync(join(request.repository, RECORD), 'utf8'),
    ) as LastBuild & {
      readonly state: string;
    };
    return state === stateOf(request, build) ? build : undefined;
  } catch {
    // No record, or one that cannot be read: a build makes a new one.
    return undefined;
  }
}

/** Remembers a build that has just been done. */
export function recordBuild(request: BuildRequest, build: LastBuild): void {
  const state = stateOf(request, build);
  if (state === undefined) return;
  writeFileAtomic(join(request.repository, RECORD), `${JSON.stringify({ state, ...build })}\n`);
}

/** A digest over the request, the build, and name, size, inode and times of every file that matters. */
function stateOf(request: BuildRequest, { results, hosts }: LastBuild): string | undefined {
  const { repository, selection, provenance } = request;
  const lines: string[] = [
    JSON.stringify({ repository, selection, provenance, results, hosts, node: process.version }),
  ];
  const skipped = new Set(['.git', 'node_modules', 'out'].map((name) => join(repository, name)));
  addFiles(repository, skipped, lines);
  for (const folder of ['src', 'modules']) addFiles(join(stead, folder), skipped, lines);
  for (const root of new Set([repository, stead])) {
    for (const name of ['package.json', 'node_modules/.package-lock.json']) addFile(join(root, name), lines);
  }
  addFile(join(repository, 'out/fleet.json'), lines);
  for (const { path } of results) addFiles(path, skipped, lines);
  if (lines.length > MOST_FILES) return undefined;
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

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
