// Deterministic tar archives: the same entries give the same bytes, whoever packs them, where and when.
import { closeSync, createReadStream, fchmodSync, openSync, writeSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { Pack } from 'tar-stream';
import { compareBytes } from './order.ts';

interface Named {
  /** Path inside the archive, relative, without a slash at its end. */
  readonly name: string;
}

/** One member of an archive. Modes are permission bits; owners and times are not recorded. */
export type TarEntry = Named &
  (
    | { readonly kind: 'file'; readonly mode: number; readonly content: Uint8Array }
    /** `file` is an absolute path on this machine with `size` bytes; it is streamed. */
    | { readonly kind: 'file'; readonly mode: number; readonly file: string; readonly size: number }
    | { readonly kind: 'directory'; readonly mode: number }
    | { readonly kind: 'symlink'; readonly target: string }
    /** `target` is the name of a member before this one. */
    | { readonly kind: 'hardlink'; readonly target: string }
  );

const blockBytes = 256 * 1024;
/** Files are read in pieces of this size: of larger ones V8 lets three times the memory wait to be freed. */
const pieceBytes = 16 * 1024;

/**
 * The archive as a stream: members sorted by the bytes of their names, or in the order given; uid and
 * gid 0, no owner names, time 0; names that need it as pax records. It fails with the first file that
 * cannot be read or has changed its size.
 */
export function streamTar(entries: readonly TarEntry[], order: 'sorted' | 'given' = 'sorted'): Readable {
  return Readable.from(gathered(order === 'sorted' ? sorted(entries) : entries), {
    objectMode: false,
    highWaterMark: blockBytes,
  });
}

/** Writes an archive, sorted by the bytes of names, to a new file with mode 0644, whatever the umask. */
export async function writeTar(path: string, entries: readonly TarEntry[]): Promise<void> {
  const file = openSync(path, 'wx', 0o644);
  try {
    fchmodSync(file, 0o644);
    await writePieces(file, await packed(sorted(entries)));
  } finally {
    closeSync(file);
  }
}

/** Iterating over the archive instead would take four times as long, for a bundle of small files. */
async function writePieces(file: number, archive: Pack): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const block = Buffer.allocUnsafe(blockBytes);
  let bytes = 0;
  const write = (data: Uint8Array): void => {
    for (let offset = 0; offset < data.length;) offset += writeSync(file, data, offset);
  };
  const flush = (): void => {
    write(block.subarray(0, bytes));
    bytes = 0;
  };
  archive.on('data', (data) => {
    const piece = data as Uint8Array;
    try {
      if (bytes + piece.length > blockBytes) flush();
      if (piece.length > blockBytes) return write(piece);
      block.set(piece, bytes);
      bytes += piece.length;
    } catch (error) {
      archive.destroy(error as Error);
    }
  });
  archive
    .on('end', resolve)
    .on('error', reject)
    .on('close', () => reject(new Error('the archive ended early')));
  await promise;
  flush();
}

/** tar-stream gives a piece for every header and every padding; whoever writes wants few large ones. */
async function* gathered(entries: readonly TarEntry[]): AsyncGenerator<Buffer> {
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  // The published types leave out that an archive can be iterated.
  const archive = (await packed(entries)) as unknown as AsyncIterable<Uint8Array>;
  for await (const piece of archive) {
    const isLarge = piece.length >= pieceBytes;
    if (!isLarge) {
      pieces.push(piece);
      bytes += piece.length;
    }
    if (bytes >= blockBytes || (isLarge && bytes > 0)) {
      yield Buffer.concat(pieces, bytes);
      pieces = [];
      bytes = 0;
    }
    // Large ones go on as they are: a copy of each would be as much memory again.
    if (isLarge) yield bufferOver(piece);
  }
  if (bytes > 0) yield Buffer.concat(pieces, bytes);
}

async function packed(entries: readonly TarEntry[]): Promise<Pack> {
  const { pack } = await import('tar-stream');
  const archive = pack();
  feed(archive, entries).then(
    () => archive.finalize(),
    (error: unknown) => archive.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  return archive;
}

/** A directory's name ends in a slash in the archive, and is sorted as it stands there. */
function sorted(entries: readonly TarEntry[]): TarEntry[] {
  return entries
    .map((entry) => (entry.kind === 'directory' ? { ...entry, name: `${entry.name}/` } : entry))
    .sort((left, right) => compareBytes(left.name, right.name));
}

/** tar-stream calls itself for every member that waits; more than it can are never let wait. */
const MOST_WAITING = 256;

async function feed(archive: Pack, entries: readonly TarEntry[]): Promise<void> {
  for (const [index, entry] of entries.entries()) {
    if (entry.kind === 'file' && 'file' in entry) await feedFile(archive, entry);
    else if (index % MOST_WAITING > 0) put(archive, entry, () => {});
    else await new Promise<void>((resolve, reject) => put(archive, entry, settled(resolve, reject)));
  }
}

function put(
  archive: Pack,
  entry: Exclude<TarEntry, { file: string }>,
  done: (error?: Error | null) => void,
): void {
  if (entry.kind === 'file') archive.entry(header(entry), bufferOver(entry.content), done);
  else archive.entry(header(entry), done);
}

function settled(resolve: () => void, reject: (error: Error) => void): (error?: Error | null) => void {
  return (error) => (error ? reject(error) : resolve());
}

function bufferOver({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

async function feedFile(archive: Pack, entry: Extract<TarEntry, { file: string }>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const sink = archive.entry(header(entry), settled(resolve, reject));
  const source = createReadStream(entry.file, { highWaterMark: pieceBytes });
  sink.on('error', reject);
  source.on('error', (error) => sink.destroy(error));
  source.pipe(sink);
  try {
    await promise;
  } finally {
    source.destroy();
  }
}

type Header = Parameters<Pack['entry']>[0];

function header(entry: TarEntry): Header {
  const name = entry.kind === 'directory' && !entry.name.endsWith('/') ? `${entry.name}/` : entry.name;
  const common: Header = { name, uid: 0, gid: 0, mtime: new Date(0), uname: '', gname: '' };
  switch (entry.kind) {
    case 'file':
      return { ...common, type: 'file', mode: permissions(entry.mode), size: sizeOf(entry) };
    case 'directory':
      return { ...common, type: 'directory', mode: permissions(entry.mode) };
    case 'symlink':
      return { ...common, type: 'symlink', mode: permissions(0o777), linkname: entry.target };
    case 'hardlink':
      return { ...common, type: 'link', mode: permissions(0o644), linkname: entry.target };
    default:
      return entry satisfies never;
  }
}

function sizeOf(entry: Extract<TarEntry, { kind: 'file' }>): number {
  return 'file' in entry ? entry.size : entry.content.byteLength;
}

/** tar-stream replaces a mode of zero by its own default, and writes only the lower twelve bits of any other. */
function permissions(mode: number): number {
  return mode | 0o100000;
}
