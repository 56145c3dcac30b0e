// out/fleet.json: which bundle every host of the fleet has been built to.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SteadError } from '../options/error.ts';
import { writeFileAtomic } from './atomic.ts';
import { isDigest, type Digest } from './hash.ts';
import { compareBytes } from './order.ts';

/** One host's line of fleet.json. */
export interface FleetEntry {
  readonly hash: Digest;
  /** The bundle's folder, as it is reached from the repository: `out/gateway`. */
  readonly path: string;
}

export type Fleet = Readonly<Record<string, FleetEntry>>;

/**
 * Writes `<outDir>/fleet.json`. Hosts that were built are replaced; the others keep their line as
 * long as they are among `hosts`, the names of the fleet. A file that would not change is left alone.
 */
export function writeFleet(outDir: string, built: Fleet, hosts: Iterable<string>): Fleet {
  const before = readFleet(outDir);
  const fleet = mergeFleet(before, built, hosts);
  const text = `${JSON.stringify(fleet, null, 2)}\n`;
  if (before !== null && text === `${JSON.stringify(before, null, 2)}\n`) return fleet;
  writeFileAtomic(join(outDir, 'fleet.json'), text);
  return fleet;
}

/**
 * What fleet.json says, or null where there is none.
 * @throws SteadError `fleet.invalid` where it is not what `writeFleet` writes.
 */
export function readFleet(outDir: string): Fleet | null {
  const path = join(outDir, 'fleet.json');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw invalid(path, error);
  }
  try {
    const data: unknown = JSON.parse(text);
    if (isFleet(data)) return data;
  } catch (error) {
    throw invalid(path, error);
  }
  throw invalid(path);
}

function mergeFleet(before: Fleet | null, built: Fleet, hosts: Iterable<string>): Fleet {
  const entries = [...new Set(hosts), ...Object.keys(built)].sort(compareBytes).flatMap((host) => {
    const entry = built[host] ?? before?.[host];
    return entry === undefined ? [] : ([[host, { hash: entry.hash, path: entry.path }]] as const);
  });
  return Object.fromEntries(entries);
}

function isFleet(data: unknown): data is Fleet {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return false;
  return Object.values(data as Readonly<Record<string, Partial<FleetEntry> | null>>).every(
    (entry) => typeof entry?.hash === 'string' && isDigest(entry.hash) && typeof entry.path === 'string',
  );
}

function invalid(path: string, cause?: unknown): SteadError {
  return new SteadError({
    code: 'fleet.invalid',
    message: `${path} is not what a build writes${cause instanceof Error ? `: ${cause.message}` : ''}`,
    hint: 'Remove it and build all hosts again.',
    ...(cause === undefined ? {} : { cause }),
  });
}
