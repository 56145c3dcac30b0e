// The units of a bundle for its manifest: their files found, read and hashed.
import { readFileSync } from 'node:fs';
import { SteadError, type LabelledPlace } from '../options/error.ts';
import { optionPath } from '../options/merge/path.ts';
import { didYouMean, nearest } from '../options/nearest.ts';
import { sha256Hex } from './hash.ts';
import type { ManifestFile, ManifestUnit } from './manifest.ts';
import { compareBytes } from './order.ts';
import type { BundleEntry } from './plan.ts';
import type { BundleSource, UnitSource } from './source.ts';
import { unitFilesIn, type UnitFiles } from './unit-files.ts';
import { unitHashes, type ReadFile } from './unit-hashes.ts';

/**
 * The manifest's `units`. Unit files that stand on this machine are read; their hashes were taken already.
 * @throws SteadError `bundle.unit` for a unit that reads a file which is not there
 */
export function unitRows(
  { host, units }: BundleSource,
  entries: readonly BundleEntry[],
  files: readonly ManifestFile[],
): ManifestUnit[] {
  if (units.length === 0) return [];
  const byPath = new Map(files.map((file) => [file.path, file]));
  const contents = new Map(entries.map(({ file, content }) => [file.path, content]));
  const textOf = (path: string): string | null => {
    const content = contents.get(path);
    if (content === undefined) return null;
    return Buffer.from(content instanceof Uint8Array ? content : readFileSync(content.file)).toString();
  };
  const filesOf = {
    system: unitFilesIn(byPath.keys(), 'system'),
    user: unitFilesIn(byPath.keys(), 'user'),
  };
  return [...units]
    .sort((left, right) => compareBytes(left.name, right.name) || compareBytes(left.scope, right.scope))
    .map((unit) => unitRow(host, unit, filesOf[unit.scope](unit.name), byPath, textOf));
}

function unitRow(
  host: string,
  unit: UnitSource,
  { fragment, dropIns }: UnitFiles,
  files: ReadonlyMap<string, ManifestFile>,
  textOf: (path: string) => string | null,
): ManifestUnit {
  const { name, scope, start, onChange, masked, mayFail, stopWhenRemoved } = unit;
  const reads = unit.reads.map(({ path, reload, origin }): ReadFile => {
    const file = files.get(path);
    if (file === undefined) throw unread(host, unit, path, origin?.() ?? [], [...files.keys()]);
    return { path, identity: identityOf(file), reload };
  });
  const own = [fragment, ...dropIns].flatMap((path) => files.get(path ?? '') ?? []);
  const texts = {
    fragment: fragment === null ? null : textOf(fragment),
    dropIns: dropIns.flatMap((path) => textOf(path) ?? []),
  };
  return {
    name,
    scope,
    hash: wholeHash(name, own, reads),
    ...(masked ? { definition: null, reload: null } : unitHashes({ name, ...texts, reads })),
    start,
    onChange,
    own: texts.fragment !== null,
    masked,
    mayFail,
    stopWhenRemoved,
    wantedBy: [...new Set(unit.wantedBy)].sort(compareBytes),
    reads: readRows(own, reads),
  };
}

/** A file that is taken in by a start in one place, and by a reload in another, takes a start. */
function readRows(own: readonly ManifestFile[], reads: readonly ReadFile[]): ManifestUnit['reads'] {
  const reloads = new Map<string, boolean>(own.map(({ path }) => [path, false]));
  for (const { path, reload } of reads) reloads.set(path, reload && (reloads.get(path) ?? true));
  return [...reloads]
    .map(([path, reload]) => ({ path, reload }))
    .sort((left, right) => compareBytes(left.path, right.path));
}

/** sha256 over a line for every file that makes the unit what it is: path, and object id or link target. */
function wholeHash(name: string, own: readonly ManifestFile[], reads: readonly ReadFile[]): string {
  const lines = new Set([
    ...own.map((file) => `${file.path}\t${identityOf(file)}\n`),
    ...reads.map(({ path, identity }) => `${path}\t${identity}\n`),
  ]);
  return sha256Hex(`stead unit 1\n${name}\n${[...lines].sort(compareBytes).join('')}`);
}

function identityOf(file: ManifestFile): string {
  switch (file.kind) {
    case 'link':
    case 'copy':
      return `${file.kind}\t${file.object}`;
    case 'directory':
      return `${file.kind}\t${file.mode}\t${file.owner}\t${file.group}`;
    case 'symlink':
      return `${file.kind}\t${file.target}`;
    default:
      return file satisfies never;
  }
}

function unread(
  host: string,
  { scope, name }: UnitSource,
  path: string,
  places: readonly LabelledPlace[],
  known: readonly string[],
): SteadError {
  const near = nearest(path, known);
  return new SteadError({
    code: 'bundle.unit',
    host,
    option: optionPath('systemd', [...(scope === 'user' ? ['user'] : []), 'units', name, 'readBy']),
    message: `the unit ${name} depends on ${path}, which this host does not have`,
    places,
    hint: didYouMean(near) ?? 'Define the file, or remove it from what the unit reads.',
  });
}
