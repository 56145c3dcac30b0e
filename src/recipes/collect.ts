// What was fetched to build from, and nothing asks for any more: dropped from `out/sources`.
import { lstatSync, readdirSync, rmSync, statSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { readLock, type Lock } from '../fleet/index.ts';
import { repositoryName } from './fetch/git-repository.ts';
import { parseRequest } from './source.ts';

/** What has been there for less may be of a fetch under way, or of a fleet that is not committed yet. */
const WANTED_DAYS = 7;

/** What stead names what it leaves there, the leftovers of fetches that were killed included. */
const OURS = /^([0-9a-f]{64}|\.[0-9a-f]{64}\.\d+\.new|\.update-.{6}|npm-.{6})$/;

/** What was dropped. */
export interface CollectedSources {
  readonly count: number;
  readonly bytes: number;
}

/**
 * Removes from `out/sources` what stead put there, `stead.lock` does not name, and has been there for a week.
 * A link to a folder elsewhere stays as it is: others may use that.
 * @param now milliseconds of the epoch
 * @throws SteadError where `stead.lock` cannot be read
 */
export function collectSources(repository: string, now: number): CollectedSources {
  const folder = join(repository, 'out', 'sources');
  if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return { count: 0, bytes: 0 };
  const lock = readLock(repository);
  const [sums, repositories] = [sumsOf(lock), repositoriesOf(lock)];
  const unwanted = [
    ...members(folder).filter((name) => OURS.test(name) && !sums.has(name)),
    ...members(join(folder, 'git'))
      .filter((name) => /^[0-9a-f]{16}$/.test(name) && !repositories.has(name))
      .map((name) => join('git', name)),
  ];
  const found = unwanted.flatMap((name) => {
    const path = join(folder, name);
    const facts = statSync(path, { throwIfNoEntry: false });
    return facts !== undefined && isOld(facts, now) ? [{ path, bytes: bytesOf(path, facts) }] : [];
  });
  for (const { path } of found) rmSync(path, { recursive: true, force: true });
  return { count: found.length, bytes: found.reduce((sum, { bytes }) => sum + bytes, 0) };
}

function sumsOf({ sources, debian }: Lock): ReadonlySet<string> {
  const packages = Object.values(debian).flatMap((suite) => Object.values(suite.packages));
  return new Set([...Object.values(sources), ...packages].map(({ sha256 }) => sha256));
}

function repositoriesOf({ sources }: Lock): ReadonlySet<string> {
  const requests = Object.keys(sources).map(parseRequest);
  return new Set(requests.flatMap((one) => (one.kind === 'git' ? [repositoryName(one.url)] : [])));
}

function members(folder: string): string[] {
  return lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === true ? readdirSync(folder) : [];
}

function isOld({ mtimeMs }: Stats, now: number): boolean {
  return now - mtimeMs > WANTED_DAYS * 86_400_000;
}

function bytesOf(path: string, facts: Stats): number {
  if (!facts.isDirectory()) return facts.size;
  return readdirSync(path).reduce((sum, name) => {
    const inner = join(path, name);
    return sum + bytesOf(inner, lstatSync(inner));
  }, 0);
}
