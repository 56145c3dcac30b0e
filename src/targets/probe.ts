// What a host has, before anything is sent: its verb `probe`.
import { z } from 'zod';
import { absent, generationNumber, hash, read } from './hostAnswer.ts';
import { hostLines, single, values } from './hostLines.ts';
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
    zstd: read(z.enum(['yes', 'no']), one('zstd')[0], 'probe') === 'yes',
  };
}
