// How a bundle gets into a host's store: the stream for its verb `receive`.
import type { Readable } from 'node:stream';
import { hostLines } from './hostLines.ts';
import type { Session } from './target.ts';

/** How the stream for `receive` is packed. */
export type Compression = 'gzip' | 'zstd' | 'none';

/** A stream for `receive`. */
export interface Shipment {
  /** The bundle's name in the store. */
  readonly bundle: string;
  /** What all names in the stream begin with; it comes from `incomingName`. */
  readonly incoming: string;
  readonly compression: Compression;
  /** What it has unpacked, at most; the host takes no more. */
  readonly bytes: number;
  /** The bundle in the host's store that it builds on; it is whole without one. */
  readonly base?: string;
  readonly stream: Readable;
}

/**
 * Takes a bundle into the host's store. Raises SteadError `host.receive` when the host refuses it; its store then
 * has no more than whole objects of it.
 */
export async function receive(
  session: Session,
  { bundle, incoming, compression, bytes, base, stream }: Shipment,
  onStderr?: (line: string) => void,
): Promise<void> {
  const args = [bundle, incoming, compression, String(bytes), ...(base === undefined ? [] : [base])];
  await hostLines(session, 'receive', args, onStderr ? { stdin: stream, onStderr } : { stdin: stream });
}

/** A name for one stream in progress, from random bytes that the caller gives. */
export function incomingName(random: Uint8Array): string {
  return `.incoming-${Buffer.from(random).toString('hex')}`;
}
