// What to do where configuration asks for a file or folder that it cannot have.
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { didYouMean, nearest } from '../../options/index.ts';
import { folderAround, repositoryOf } from './repositories.ts';

/** What configuration asked for: a file or folder by `path`, which is `name` on this machine, in the file `caller`. */
interface Asked {
  readonly name: string;
  readonly what: string;
  readonly path: string;
  readonly caller: string;
}

/** What to do where it cannot be read. @param code of the operating system */
export function missingHint({ name, what, path, caller }: Asked, code: string | undefined): string {
  if (code === 'EISDIR') return 'Name a file in it; sourceFolder takes a whole folder.';
  if (code !== 'ENOENT' && code !== 'ENOTDIR') return `See that you may read ${name}.`;
  if (path.startsWith('~'))
    return `~ stands for nothing here: copy the ${what} into the repository, and name it as './…'.`;
  const near = nearest(basename(name), filesIn(dirname(name))).map((one) => `'${besides(path, one)}'`);
  const guess = didYouMean(near);
  if (guess !== undefined) return guess;
  const repository = repositoryOf(caller) ?? dirname(caller);
  if (folderAround(name) !== repository)
    return `Copy the ${what} into the repository: configuration sees nothing else.`;
  if (!path.startsWith('.') && existsSync(join(repository, path))) {
    const way = relative(dirname(caller), join(repository, path)).split(sep).join('/');
    return `Paths are relative to this file: write '${way.startsWith('.') ? way : `./${way}`}'.`;
  }
  return `Write ${relative(repository, name)}, or correct the path, which is relative to this file.`;
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // No folder, no names to suggest.
    return [];
  }
}

function besides(path: string, name: string): string {
  return path.slice(0, path.length - basename(path).length) + name;
}
