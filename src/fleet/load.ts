// Loading a repository: its hosts and overlays, with everything that they import.
import { readdirSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  isHost,
  isOptionSet,
  SteadError,
  SteadErrors,
  type AnyOptionSet,
  type Host,
  type PackageSet,
  type RawImplementation,
} from '../options/index.ts';
import { guarded } from './hermetic/guarded.ts';
import { noteSource, sourcesRead } from './hermetic/read-source.ts';
import { addRepository, steadFolder } from './hermetic/repositories.ts';
import { enforceImports } from './hermetic/resolve.ts';
import type { ExportName } from './wrong-exports.ts';
import { isOverride, overridden, type Override } from './overrides.ts';
import { packageSet, type Overlay, type PlacedOverlay } from './packages.ts';
import { EMPTY_LOCK, LOCK_FILE, Pins, readLock, type Lock } from './pins.ts';
import { recipesIn } from './recipe.ts';

const require = createRequire(import.meta.url);

/** A repository whose files have been imported; nothing of it is evaluated yet. */
export interface LoadedFleet {
  /** The repository's folder: absolute, links followed. */
  readonly repository: string;
  /** In the order of their files' names. */
  readonly hosts: readonly Host[];
  /** Implementations that overlays wrapped or replaced. */
  readonly implementations: ReadonlyMap<AnyOptionSet, RawImplementation>;
  readonly packages: PackageSet;
  /** What `stead.lock` says. */
  readonly pins: Pins;
  /** Absolute paths of the files that configuration has read with `readSource`; grows while it is evaluated. */
  readonly inputs: ReadonlySet<string>;
}

/** A lock that is about to be completed. */
export interface LenientLock {
  readonly lenient: Lock;
}

/** What a file exports. */
type Exports = Readonly<Record<string, unknown>>;

/**
 * Imports `hosts/*.ts` and `overlays/*.ts` of a repository, in the order of their names, as hermetic code.
 * A file under `hosts/` whose default export is a host is a host; one without a default export is shared code.
 * @param lock to be used in place of the repository's own, with stand-ins for what is not in it
 * @throws SteadError `fleet.no-hosts` for a folder that is no repository; `lock.invalid`; SteadErrors with everything that
 *   kept files from being imported, or that they export wrongly
 */
export async function loadFleet(repository: string, lock?: LenientLock): Promise<LoadedFleet> {
  const folder = existing(repository);
  const hostFiles = codeFiles(join(folder, 'hosts'));
  if (hostFiles.length === 0) throw noHosts(repository);
  addRepository(folder);
  enforceImports();
  const errors: SteadError[] = [];
  const hosts: Host[] = [];
  const exporters = new Map<Host, string>();
  const overlays: PlacedOverlay[] = [];
  const overrides: Override[] = [];
  const named = new Map<Host, ExportName>();
  await guarded(async () => {
    for (const file of hostFiles) {
      const exports = await imported(file, errors);
      if (exports === undefined) continue;
      for (const [name, value] of Object.entries(exports)) {
        if (name !== 'default' && isHost(value)) named.set(value, { file, name });
      }
      if (!('default' in exports)) continue;
      if (isHost(exports.default)) {
        const first = exporters.get(exports.default);
        if (first !== undefined) errors.push(wrongExports().exportedTwice(exports.default.name, first, file));
        exporters.set(exports.default, file);
        hosts.push(exports.default);
      } else errors.push(wrongExports().wrongExport(file, 'host', exports.default));
    }
    for (const file of codeFiles(join(folder, 'overlays'))) {
      const exports = (await imported(file, errors)) ?? {};
      if (typeof exports.default === 'function') {
        overlays.push({
          overlay: exports.default as Overlay,
          place: (keys, focus) =>
            keys === undefined
              ? wrongExports().exportPlace(file, 'default')
              : wrongExports().packagePlace(file, keys, focus),
        });
      } else if ('default' in exports) {
        errors.push(wrongExports().wrongExport(file, 'overlay', exports.default));
      }
      const { implementations = [] } = exports;
      if (Array.isArray(implementations) && implementations.every(isOverride))
        overrides.push(...implementations);
      else errors.push(wrongExports().wrongExport(file, 'overrides', implementations));
    }
  });
  for (const one of hosts.flatMap(withBases)) named.delete(one);
  if (named.size > 0) errors.push(wrongExports().exportedByName([...named.values()]));
  if (errors.length > 0) throw new SteadErrors(distinct(errors));
  if (hosts.length === 0) throw noHosts(repository);
  const pins = lock === undefined ? new Pins(readLock(folder)) : new Pins(lock.lenient, { lenient: true });
  if (pins.lock !== EMPTY_LOCK) noteSource(folder, join(folder, LOCK_FILE));
  return {
    repository: folder,
    hosts,
    implementations: guarded(() => overridden(overrides)),
    packages: packageSet(overlays, () => recipesIn(folder), pins),
    pins,
    inputs: sourcesRead(folder),
  };
}

/**
 * Every option set that the modules of stead and of the repository export, used by a host or not.
 * @throws SteadErrors as loadFleet does
 */
export async function loadModules(fleet: LoadedFleet): Promise<readonly AnyOptionSet[]> {
  const errors: SteadError[] = [];
  const sets = new Set<AnyOptionSet>();
  const folders = new Set([join(steadFolder, 'modules'), join(fleet.repository, 'modules')]);
  await guarded(async () => {
    for (const file of [...folders].flatMap(moduleFiles)) {
      const exports = (await imported(file, errors)) ?? {};
      for (const value of Object.values(exports)) if (isOptionSet(value)) sets.add(value);
    }
  });
  if (errors.length > 0) throw new SteadErrors(distinct(errors));
  return [...sets];
}

function existing(repository: string): string {
  try {
    return realpathSync(repository);
  } catch (cause) {
    throw new SteadError({
      code: 'fleet.no-hosts',
      message: `there is no folder ${repository}`,
      hint: 'Name the folder of a fleet repository with --repo, or make one with `stead init`.',
      cause,
    });
  }
}

function noHosts(repository: string): SteadError {
  return new SteadError({
    code: 'fleet.no-hosts',
    message: `there are no hosts in ${join(repository, 'hosts')}`,
    hint: "Make a repository with `stead init`, or write a file hosts/NAME.ts: export default host('NAME', { use: [ … ] })",
  });
}

/** A host, and what it is a variant of. */
function withBases(host: Host): Host[] {
  return [host, ...(host.variantOf === undefined ? [] : withBases(host.variantOf.base))];
}

/** The code files directly in a folder, sorted; none where there is no such folder. */
function codeFiles(folder: string): string[] {
  return entriesOf(folder)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => join(folder, name));
}

/** A module is a file, or a folder with an index.ts. */
function moduleFiles(folder: string): string[] {
  const inFolders = entriesOf(folder).filter((name) => entriesOf(join(folder, name)).includes('index.ts'));
  return [...codeFiles(folder), ...inFolders.map((name) => join(folder, name, 'index.ts'))];
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}

/** What a file exports; undefined where it cannot be imported, with the errors added. */
async function imported(file: string, errors: SteadError[]): Promise<Exports | undefined> {
  try {
    return (await import(pathToFileURL(file).href)) as Exports;
  } catch (error) {
    const { importErrors } = await import('./import-errors.ts');
    errors.push(...importErrors(error, file));
    return undefined;
  }
}

/** Needs the parser, so it waits for something to be wrong. */
function wrongExports(): typeof import('./wrong-exports.ts') {
  return require('./wrong-exports.ts') as typeof import('./wrong-exports.ts');
}

/** One broken file that several hosts import is told once. */
function distinct(errors: readonly SteadError[]): SteadError[] {
  const byText = new Map(errors.map((error) => [JSON.stringify([error.message, error.places]), error]));
  return [...byText.values()];
}
