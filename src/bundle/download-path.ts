// Where a host keeps what it fetches by itself: the path says the content, so that it is known before anything is there.
import { digest } from './hash.ts';
import { compareBytes } from './order.ts';

/** The folder of all downloads of a host. */
export const DOWNLOADS_FOLDER = '/var/lib/stead/downloads';

/** A name of a download: `qwen3-coder`. */
export const DOWNLOAD_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/;

/** A file of a download, as it is named in its folder. */
export const DOWNLOAD_FILE = /^[A-Za-z0-9_][A-Za-z0-9._+=@,-]{0,199}$/;

/**
 * `<32 digits>-<name>`: the digest is taken over the names and the sha256s of all files, so that equal contents have
 * one path whichever generation, and whichever address, they are of.
 */
export function downloadFolder(
  name: string,
  files: Readonly<Record<string, { readonly sha256: string }>>,
): string {
  const lines = Object.entries(files).map(([file, { sha256 }]) => `${sha256}  ${file}\n`);
  return `${digest(`stead download 1\n${lines.sort(compareBytes).join('')}`)}-${name}`;
}

/** The absolute path of a file of a download on the host. */
export function downloadPath(
  name: string,
  files: Readonly<Record<string, { readonly sha256: string }>>,
  file: string,
): string {
  return `${DOWNLOADS_FOLDER}/${downloadFolder(name, files)}/${file}`;
}
