// `stead.lock` brought up to date: what the fleet asks for, resolved anew, and what changed by that.
import { mkdirSync, mkdtempSync, rmSync, renameSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { hashFile, writeFileAtomic } from '../bundle/index.ts';
import {
  LOCK_FILE,
  lockText,
  readLock,
  type Lock,
  type LockedSource,
  type LockedSuite,
} from '../fleet/index.ts';
import type { Architecture, LockedModel } from '../options/index.ts';
import { suiteIndex } from './debian/archive.ts';
import { mirrorsOf } from './debian/mirrors.ts';
import { resolveSuite } from './debian/resolve.ts';
import { aptArchives } from './fetch/apt.ts';
import { download } from './fetch/download.ts';
import { gitRevision } from './fetch/git-repository.ts';
import { gitArchive } from './fetch/git.ts';
import { npmSource } from './fetch/npm.ts';
import { lockChanges, type LockChange } from './lock-changes.ts';
import { checkNames, requests, type Asked } from './lock-requests.ts';
import { parseRequest } from './source.ts';

export interface UpdateOptions {
  /** Recipes, models or requests; all where none is named. */
  readonly names: readonly string[];
  /** What is being done, for people. */
  readonly note: (text: string) => void;
  /** How a model's request becomes an entry of the lock. */
  readonly model?: (name: string, request: Readonly<Record<string, unknown>>) => Promise<LockedModel>;
}

/** Resolving one entry may show others, of recipes whose sources decide what they need. */
const MOST_ROUNDS = 5;

/**
 * Resolves what the fleet asks for, all of it or what `names` say, and writes `stead.lock` whole or not at all.
 * @throws SteadError `update.unknown` for a name that nothing asks for, and whatever keeps it from being resolved
 */
export async function updateLock(repository: string, options: UpdateOptions): Promise<readonly LockChange[]> {
  const before = readLock(repository);
  const resolver = new Resolver(repository, options);
  let lock = before;
  let asked = await requests(repository, lock);
  checkNames(options.names, asked);
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const next = await resolver.resolved(lock, asked);
    if (next === undefined) break;
    lock = next;
    asked = await requests(repository, lock);
  }
  const kept = asked.complete && options.names.length === 0 ? withoutUnused(lock, asked) : lock;
  const text = lockText(kept);
  if (text !== lockText(before) || !existsSync(join(repository, LOCK_FILE))) {
    writeFileAtomic(join(repository, LOCK_FILE), text);
  }
  return lockChanges(before, kept);
}

/** Resolves each thing at most once. */
class Resolver {
  readonly #options: UpdateOptions;
  readonly #cache: string;
  readonly #done = new Set<string>();

  constructor(repository: string, options: UpdateOptions) {
    this.#options = options;
    this.#cache = join(repository, 'out', 'sources');
  }

  /** The lock with what is asked for; undefined where that changes nothing any more. */
  async resolved(lock: Lock, asked: Asked): Promise<Lock | undefined> {
    const { sources, debian, models } = {
      sources: { ...lock.sources },
      debian: { ...lock.debian },
      models: { ...lock.models },
    };
    const count = this.#done.size;
    for (const [request, by] of asked.sources) {
      if (!this.#isWanted([request, ...by]) || !this.#first(request)) continue;
      sources[request] = await this.#source(request, sources[request]);
    }
    for (const [archive, names] of asked.debian) {
      const by = [...names.values()].flatMap((one) => [...one]);
      const roots = [...names.keys()];
      const known = debian[archive];
      if (!this.#isWanted([archive, ...by]) || !this.#first(JSON.stringify([archive, roots]))) continue;
      // Other recipes' packages stay what they are known by, in the state of the archive of now.
      const all =
        this.#options.names.length === 0 ? roots : [...new Set([...roots, ...(known?.roots ?? [])])];
      debian[archive] = await this.#suite(archive, all, asked.mirrors, known);
    }
    for (const [name, request] of asked.models) {
      const { model } = this.#options;
      if (model === undefined || !this.#isWanted([name]) || !this.#first(`model ${name}`)) continue;
      this.#options.note(`looking up the model ${name}`);
      models[name] = await model(name, request);
    }
    return this.#done.size === count ? undefined : { ...lock, sources, debian, models };
  }

  #isWanted(names: readonly string[]): boolean {
    const wanted = this.#options.names;
    return wanted.length === 0 || names.some((name) => wanted.includes(name));
  }

  #first(what: string): boolean {
    if (this.#done.has(what)) return false;
    this.#done.add(what);
    return true;
  }

  async #source(request: string, known: LockedSource | undefined): Promise<LockedSource> {
    const from = parseRequest(request);
    // What can never be another is not fetched again.
    if (known !== undefined && from.fixed) return known;
    this.#options.note(`looking up ${request}`);
    mkdirSync(this.#cache, { recursive: true });
    const work = mkdtempSync(join(this.#cache, '.update-'));
    const file = join(work, 'source');
    try {
      const found = await this.#fetched(from, file);
      const sum = await hashFile(file);
      renameSync(file, join(this.#cache, sum.sha256));
      return { ...found, ...sum } as LockedSource;
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }

  async #fetched(from: ReturnType<typeof parseRequest>, file: string): Promise<object> {
    switch (from.kind) {
      case 'url':
        await download(from.url, file);
        return { kind: 'url' };
      case 'git': {
        const revision = await gitRevision(from.url, from.revision, this.#cache);
        await gitArchive(from.url, revision, this.#cache, file);
        return { kind: 'git', ...revision };
      }
      case 'npm': {
        const { tree, ...found } = await npmSource(
          from.name,
          from.version,
          from.gitBundle,
          this.#cache,
          file,
        );
        return { kind: 'npm', ...found, ...(tree === undefined ? {} : { tree }) };
      }
      default:
        return from satisfies never;
    }
  }

  async #suite(
    archive: string,
    roots: readonly string[],
    own: readonly string[],
    known: LockedSuite | undefined,
  ): Promise<LockedSuite> {
    const [suite, architecture] = archive.split('/') as [string, Architecture];
    this.#options.note(`reading the packages of ${archive}`);
    const mirrors = mirrorsOf(suite, architecture, own, await aptArchives());
    const index = await suiteIndex({ suite, architecture, mirrors, note: this.#options.note });
    const found = resolveSuite(index, roots);
    // The archive's date alone is no change.
    return known !== undefined && isDeepStrictEqual({ ...found, date: known.date }, known) ? known : found;
  }
}

/** What nothing asks for any more leaves the lock; a model stays where it is not known who asks. */
function withoutUnused(lock: Lock, asked: Asked): Lock {
  return {
    ...lock,
    sources: picked(lock.sources, (request) => asked.sources.has(request)),
    debian: picked(lock.debian, (archive) => asked.debian.has(archive)),
    models: picked(lock.models, (name) => asked.models.has(name)),
  };
}

function picked<T>(record: Readonly<Record<string, T>>, keep: (key: string) => boolean): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => keep(key)));
}
