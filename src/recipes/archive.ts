// A folder as one tar file, made at once: evaluation, which waits for nothing, hashes folders of the repository.
// Of metadata there is what git keeps: paths, links, and what may be executed (pax format of POSIX.1-2024, pax(1)).
import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, lstatSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { FolderEntry } from '../bundle/index.ts';

const BLOCK = 512;

/** The sha256 and the size of an archive. */
interface ArchiveFacts {
  readonly sha256: string;
  readonly size: number;
}

/** By folder: what was found, and what its files looked like then. Several hosts use one folder. */
const found = new Map<string, { readonly look: string; readonly facts: ArchiveFacts }>();

/** The sha256 and the size of the archive of a folder's members. Files are read again only where they changed. */
export function archiveHash(folder: string, members: readonly FolderEntry[]): ArchiveFacts {
  const look = lookOf(folder, members);
  const known = found.get(folder);
  if (known?.look === look) return known.facts;
  const facts = hashed(folder, members);
  found.set(folder, { look, facts });
  return facts;
}

function lookOf(folder: string, members: readonly FolderEntry[]): string {
  const lines = members.map((member) => {
    const { ino, size, mtimeNs, ctimeNs } = lstatSync(join(folder, member.path), { bigint: true });
    return [member.path, ino, size, mtimeNs, ctimeNs].join(' ');
  });
  return lines.join('\n');
}

function hashed(folder: string, members: readonly FolderEntry[]): ArchiveFacts {
  const sum = createHash('sha256');
  let size = 0;
  for (const piece of pieces(folder, members)) {
    sum.update(piece);
    size += piece.length;
  }
  return { sha256: sum.digest('hex'), size };
}

/** Writes the archive to a new file, down to the disk. */
export function writeArchive(path: string, folder: string, members: readonly FolderEntry[]): void {
  const file = openSync(path, 'wx', 0o644);
  try {
    for (const piece of pieces(folder, members)) {
      for (let offset = 0; offset < piece.length;) offset += writeSync(file, piece, offset);
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function* pieces(folder: string, members: readonly FolderEntry[]): Generator<Uint8Array> {
  for (const member of members) {
    const target = member.kind === 'symlink' ? member.target : '';
    const content = member.kind === 'file' ? readFileSync(join(folder, member.path)) : Buffer.alloc(0);
    const long = [...longer('path', member.path), ...longer('linkpath', target)].join('');
    if (long !== '') {
      const records = Buffer.from(long);
      yield header({ name: 'PaxHeader', type: 'x', size: records.length, mode: 0o644, target: '' });
      yield* padded(records);
    }
    const [type, mode] = member.kind === 'symlink' ? ['2', 0o777] : ['0', Number.parseInt(member.mode, 8)];
    yield header({ name: member.path, type: String(type), size: content.length, mode: Number(mode), target });
    yield* padded(content);
  }
  yield Buffer.alloc(2 * BLOCK);
}

/** What a header has no room for stands in a record before it, whose length counts itself. */
function longer(key: string, value: string): string[] {
  if (Buffer.byteLength(value) <= 100) return [];
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length = rest + String(length).length;
  return [`${length} ${key}=${value}\n`];
}

interface Header {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly mode: number;
  readonly target: string;
}

function header({ name, type, size, mode, target }: Header): Uint8Array {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, digits: number): void => {
    block.write(`${value.toString(8).padStart(digits, '0')}\0`, at, 'latin1');
  };
  Buffer.from(name).copy(block, 0, 0, 100);
  octal(mode, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size, 124, 11);
  octal(0, 136, 11);
  block.write('        ', 148, 'latin1');
  block.write(type, 156, 'latin1');
  Buffer.from(target).copy(block, 157, 0, 100);
  block.write('ustar\u000000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function* padded(content: Uint8Array): Generator<Uint8Array> {
  if (content.length === 0) return;
  yield content;
  const rest = content.length % BLOCK;
  if (rest > 0) yield Buffer.alloc(BLOCK - rest);
}
