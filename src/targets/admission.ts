// What a host has, before anything is sent, and whether it takes a bundle: its verbs `probe` and `admit`.
import { z } from 'zod';
import { absent, generationNumber, hash, hostLines, read, single, values } from './hostAnswer.ts';
import type { Session } from './target.ts';

/** What `probe` tells about a host before anything is sent. */
export interface Probe {
  readonly format: number;
  readonly current: { readonly generation: number; readonly hash: string } | undefined;
  /** The name the host was switched to first; none on an untouched one. */
  readonly host: string | undefined;
  readonly bundlePresent: boolean;
  /** Hashes of bundles of this host in its store, the latest first: a stream may build on them. */
  readonly bundles: readonly string[];
  /** Whether it lacks downloads of the bundle, which it has. */
  readonly lacksDownloads: boolean;
  /** Store names of the objects, of those asked for, that the host lacks. */
  readonly missing: readonly string[];
  readonly uid: number;
  readonly zstd: boolean;
}

/** Asks what a host has: its current generation, and which of `objects` (store names) it lacks. */
export async function probe(session: Session, bundle: string, objects: Iterable<string>): Promise<Probe> {
  const names = [...objects].map((name) => `${name}\n`).join('');
  const lines = await hostLines(session, 'probe', [bundle], { stdin: names });
  const one = single(lines, 'probe');
  const [generation, currentHash] = one('current');
  return {
    format: read(z.coerce.number().int(), one('format')[0], 'probe'),
    current:
      generation === '-'
        ? undefined
        : { generation: read(generationNumber, generation, 'probe'), hash: read(hash, currentHash, 'probe') },
    host: read(z.union([absent, z.string()]), one('host')[0], 'probe'),
    bundlePresent: read(z.enum(['present', 'absent']), one('bundle')[0], 'probe') === 'present',
    bundles: values(lines, 'has').map(([name]) => read(hash, name, 'probe')),
    lacksDownloads: values(lines, 'lacks').some(([what]) => what === 'downloads'),
    missing: values(lines, 'missing').map(([name]) => read(z.string(), name, 'probe')),
    uid: read(z.coerce.number().int(), one('uid')[0], 'probe'),
    zstd: read(z.enum(['yes', 'no']), one('zstd')[0], 'probe') === 'yes',
  };
}

/** What a host says of a bundle that it would take. */
export interface Admitted {
  readonly generation: number | undefined;
  readonly commit: string | undefined;
  /** Whether the host still knows from which commit it runs, if from any. */
  readonly isRecorded: boolean;
  /** Its machine-id(5). */
  readonly machine: string | undefined;
  /** Where a switch to the bundle would change nothing, and it was asked: what a switch says then. */
  readonly standing: readonly string[] | undefined;
}

export interface AdmitOptions {
  /** Where its store is to be, from the first generation on. */
  readonly storeDir?: string | undefined;
  /** Whether it is to look, too, if it runs the bundle whole; `awake`: with all units that are to run. */
  readonly ask?: 'standing' | 'awake' | undefined;
}

/**
 * Asks whether a host takes a bundle with that signature, before anything is copied; gives what runs there.
 * Raises SteadError `host.admit` with the host's reason: another host, or no signature that it trusts.
 */
export async function admit(
  session: Session,
  bundle: string,
  signature: string | undefined,
  { storeDir, ask }: AdmitOptions = {},
): Promise<Admitted> {
  const more = ask !== undefined ? [storeDir ?? '-', ask] : storeDir === undefined ? [] : [storeDir];
  const lines = await hostLines(session, 'admit', [bundle, ...more], { stdin: signature ?? '' });
  const [generation, commit] = single(lines, 'admit')('current');
  const isRecorded = commit !== 'lost';
  const standing = lines.findIndex(([key]) => key === 'standing');
  return {
    generation: read(z.union([absent, generationNumber]), generation, 'admit'),
    commit: isRecorded ? read(z.union([absent, z.string()]), commit, 'admit') : undefined,
    isRecorded,
    machine: read(z.union([absent, z.string()]), single(lines, 'admit')('machine')[0], 'admit'),
    standing: standing < 0 ? undefined : lines.slice(standing + 1).map((line) => line.join('\t')),
  };
}
