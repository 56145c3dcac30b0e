// The hashes of a bundle: sha256 of content, and names in Nix's base-32 alphabet.
import { createHash, hash } from 'node:crypto';
import { open } from 'node:fs/promises';

declare const brand: unique symbol;

/** 32 digits of Nix's base-32 alphabet: a bundle hash or an object id. */
export type Digest = string & { readonly [brand]: 'Digest' };

const alphabet = '0123456789abcdfghijklmnpqrsvwxyz';
const digestPattern = new RegExp(`^[${alphabet}]{32}$`);
const blockBytes = 1024 * 1024;

/** The first 160 bits of the sha256 of `data`, as 32 base-32 digits, most significant bits first. */
export function digest(data: string | Uint8Array): Digest {
  return base32(hash('sha256', data, 'buffer').subarray(0, 20)) as Digest;
}

/** Whether a text has the form of a digest. */
export function isDigest(text: string): text is Digest {
  return digestPattern.test(text);
}

/** sha256 in lower-case hexadecimal; text is hashed as UTF-8. */
export function sha256Hex(data: string | Uint8Array): string {
  return hash('sha256', data, 'hex');
}

/** Size in bytes and sha256 (hexadecimal) of a file, which is never held in memory whole. */
export async function hashFile(path: string): Promise<{ size: number; sha256: string }> {
  await using file = await open(path, 'r');
  const sum = createHash('sha256');
  const block = Buffer.allocUnsafe(blockBytes);
  let size = 0;
  for (;;) {
    const { bytesRead } = await file.read(block, 0, blockBytes, null);
    if (bytesRead === 0) return { size, sha256: sum.digest('hex') };
    sum.update(block.subarray(0, bytesRead));
    size += bytesRead;
  }
}

/** What a file object is named by: its content, mode and owner. */
export interface ObjectFacts {
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  readonly sha256: string;
}

/** The id of a file object in a host's store; see FORMAT.md. */
export function objectId({ mode, owner, group, sha256 }: ObjectFacts): Digest {
  return digest(`stead object 1\n${mode}\n${owner}\n${group}\n${sha256}\n`);
}

/** An object's name in the store: its id, and a base name for people. */
export function storeName(id: Digest, path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const readable = name.replace(/[^A-Za-z0-9._-]/gu, (character) => '_'.repeat(Buffer.byteLength(character)));
  return `${id}-${readable.replace(/^\.+/, '').slice(0, 100)}`;
}

function base32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let pending = 0;
  for (const byte of bytes) {
    pending = (pending << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet.charAt((pending >>> bits) & 31);
    }
    pending &= (1 << bits) - 1;
  }
  return text;
}
