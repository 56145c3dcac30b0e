// The one way for configuration to read a file: those of its own repository, which are inputs of its result.
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { shown, Site, SteadError, type LabelledPlace } from '../../options/index.ts';
import { missingHint } from './missing-source.ts';
import { folderAround, repositoryOf } from './repositories.ts';

/** A file of the repository with its text. */
export interface Source {
  /** Absolute. */
  readonly name: string;
  readonly text: string;
}

const inputsOf = new Map<string, Set<string>>();
const texts = new Map<string, string>();

/**
 * Reads a text file of the repository.
 * @param path relative to the file that calls, as in `readSource('./site.conf.hbs')`
 * @throws SteadError `source.missing`, with the nearest names; `source.outside` for a file that is not
 *   in the repository, also by way of a link; `source.text` for one that is no UTF-8
 */
export function readSource(path: string): Source {
  const { name, at } = inRepository(new Site(readSource), readSource.name, 'file', path);
  let text = texts.get(name);
  if (text === undefined) texts.set(name, (text = decoded(read(name, path, at), path, at)));
  return { name, text };
}

/**
 * The absolute path of a folder of the repository, for options that take all that is in one: `files.trees`.
 * @param path relative to the file that calls, as in `sourceFolder('./site')`
 * @throws SteadError `source.missing`, with the nearest names; `source.outside` as `readSource` does
 */
export function sourceFolder(path: string): string {
  return folderAt(new Site(sourceFolder), sourceFolder.name, path);
}

/**
 * As `sourceFolder`, for another function that takes a folder.
 * @param site where configuration calls it @param called its name
 */
export function folderAt(site: Site, called: string, path: string): string {
  const { name, at } = inRepository(site, called, 'folder', path);
  if (statSync(name).isDirectory()) return name;
  throw new SteadError({
    code: 'source.missing',
    message: `'${path}' is no folder`,
    places: [at],
    hint: 'readSource reads a single file.',
  });
}

/** A file or folder that may be read, which is then an input. */
function inRepository(
  site: Site,
  called: string,
  what: 'file' | 'folder',
  path: string,
): { readonly name: string; readonly at: LabelledPlace } {
  const caller = site.place().file;
  const repository = repositoryOf(caller);
  const at: LabelledPlace = { place: site.place(), keys: [] };
  if (typeof path !== 'string' || path === '') {
    throw new SteadError({
      code: 'source.name',
      message: `${called}(…) takes the path of a ${what}, got ${shown(path)}`,
      places: [at],
      hint: `Write it relative to this file: ${called}('./${what === 'file' ? 'motd.txt' : 'site'}').`,
    });
  }
  if (repository === undefined) {
    throw new SteadError({
      code: 'source.outside',
      message: `${called} is for files under hosts/, modules/ and overlays/ of a repository`,
      places: [at],
    });
  }
  const name = resolve(dirname(caller), path);
  const real = realPath(name, what, path, at);
  if (folderAround(name) !== repository || folderAround(real) !== repository) {
    throw new SteadError({
      code: 'source.outside',
      message: `'${path}' is outside the repository${real === path ? '' : `: ${real}`}`,
      places: [at],
      hint: `Copy the ${what} into the repository: configuration sees nothing else.`,
    });
  }
  inputsFor(repository).add(name);
  return { name, at };
}

/** The files that configuration of a repository has read so far; grows while it is evaluated. */
export function sourcesRead(repository: string): ReadonlySet<string> {
  return inputsFor(repository);
}

/** Makes a file that the engine itself reads an input of a repository's evaluation. */
export function noteSource(repository: string, file: string): void {
  inputsFor(repository).add(file);
}

function inputsFor(repository: string): Set<string> {
  let inputs = inputsOf.get(repository);
  if (inputs === undefined) inputsOf.set(repository, (inputs = new Set()));
  return inputs;
}

function realPath(name: string, what: string, path: string, at: LabelledPlace): string {
  try {
    return realpathSync(name);
  } catch (cause) {
    throw missing(name, what, path, at, cause);
  }
}

function read(name: string, path: string, at: LabelledPlace): Buffer {
  try {
    return readFileSync(name);
  } catch (cause) {
    throw missing(name, 'file', path, at, cause);
  }
}

function missing(name: string, what: string, path: string, at: LabelledPlace, cause: unknown): SteadError {
  const { code } = cause as NodeJS.ErrnoException;
  return new SteadError({
    code: 'source.missing',
    message:
      code === 'ENOENT' || code === 'ENOTDIR'
        ? `there is no ${what} '${path}' to read`
        : `'${path}' cannot be read: ${code === 'EISDIR' ? 'it is a folder' : (cause as Error).message}`,
    places: [at],
    hint: missingHint({ name, what, path, caller: at.place.file }, code),
    cause,
  });
}

function decoded(bytes: Buffer, path: string, at: LabelledPlace): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new SteadError({
      code: 'source.text',
      message: `'${path}' is not UTF-8 text`,
      places: [at],
      hint: 'Save it as UTF-8.',
      cause,
    });
  }
}
