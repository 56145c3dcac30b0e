// Which files are configuration: code that must see the repository and nothing else.
import { dirname, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** stead's own package: its modules are configuration too, its engine is not. */
export const steadFolder = fileURLToPath(new URL('../../../', import.meta.url)).replace(/[/\\]$/, '');

const configurationFolders = new Set(['hosts', 'modules', 'overlays']);
const folders = new Set([steadFolder]);
const known = new Map<string, string | undefined>();

/** Makes the files of a folder (a real path) configuration, for as long as the process lives. */
export function addRepository(folder: string): void {
  if (folders.has(folder)) return;
  folders.add(folder);
  known.clear();
}

/** The repository whose configuration a file is part of; undefined for stead's engine, packages and all else. */
export function repositoryOf(file: string): string | undefined {
  if (!known.has(file)) known.set(file, find(file));
  return known.get(file);
}

/** The repository or the package of stead that a file stands in, as configuration or not. */
export function folderAround(file: string): string | undefined {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (folders.has(folder)) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

function find(file: string): string | undefined {
  const folder = folderAround(file);
  if (folder === undefined) return undefined;
  const inside = relative(folder, file).split(sep);
  if (inside.includes('node_modules')) return undefined;
  return folder !== steadFolder || configurationFolders.has(inside[0]!) ? folder : undefined;
}
