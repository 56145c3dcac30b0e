// A folder of sources taken into a bundle or a recipe: what is in it, less what its .steadignore names.
import { lstatSync, readdirSync, readFileSync, readlinkSync, type Dirent } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { SteadError } from '../options/error.ts';
import { compareBytes } from './order.ts';

const require = createRequire(import.meta.url);
const ignoreFile = '.steadignore';

/** One member of a folder of sources; paths are relative to it. */
export type FolderEntry =
  | { readonly path: string; readonly kind: 'file'; readonly mode: '0644' | '0755' }
  | { readonly path: string; readonly kind: 'symlink'; readonly target: string };

/**
 * The files and symbolic links below `dir`, sorted by the bytes of their paths, without those that
 * its `.steadignore` names (dockerignore rules) and without that file itself. Of modes only "may be
 * executed" is kept, and folders are not listed: git keeps no more, so that every checkout of a
 * commit gives the same list.
 * @throws SteadError `folder.unreadable`, `folder.kind` for sockets, devices and pipes, `folder.name`.
 */
export function sourceFolder(dir: string): FolderEntry[] {
  try {
    const isIgnored = ignoreRules(dir);
    return [...members(dir, '')]
      .filter(({ path }) => path !== ignoreFile && !isIgnored(path))
      .map((found) => entry(dir, found))
      .sort((left, right) => compareBytes(left.path, right.path));
  } catch (cause) {
    if (cause instanceof SteadError) throw cause;
    throw new SteadError({
      code: 'folder.unreadable',
      message: `the folder ${dir} cannot be read: ${unreadable(cause as NodeJS.ErrnoException)}`,
      hint: "Name a folder of the repository: sourceFolder('./site').",
      cause,
    });
  }
}

interface Found {
  readonly path: string;
  readonly kind: Dirent;
}

/** Ignored folders are gone through as well: a later rule may take back what is in them. */
function* members(dir: string, prefix: string): Generator<Found> {
  for (const kind of readdirSync(join(dir, prefix), { withFileTypes: true })) {
    const path = `${prefix}${kind.name}`;
    if (kind.isDirectory()) yield* members(dir, `${path}/`);
    else yield { path, kind };
  }
}

function ignoreRules(dir: string): (path: string) => boolean {
  let text: string;
  try {
    text = readFileSync(join(dir, ignoreFile), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return () => false;
    throw error;
  }
  const { default: dockerIgnore } = require('@balena/dockerignore') as typeof import('@balena/dockerignore');
  const rules = dockerIgnore({ ignorecase: false }).add(text);
  return (path) => rules.ignores(path);
}

function entry(dir: string, { path, kind }: Found): FolderEntry {
  if (/\p{Cc}|\u{fffd}/u.test(path)) {
    throw folderError(
      'name',
      `${dir} holds a file whose name is not printable UTF-8: ${JSON.stringify(path)}`,
    );
  }
  if (kind.isSymbolicLink()) return { path, kind: 'symlink', target: readlinkSync(join(dir, path)) };
  if (!kind.isFile())
    throw folderError('kind', `${join(dir, path)} is neither a file nor a folder nor a link`);
  const { mode } = lstatSync(join(dir, path));
  return { path, kind: 'file', mode: (mode & 0o100) === 0 ? '0644' : '0755' };
}

function unreadable({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'there is none';
  return code === 'ENOTDIR' ? 'it is a file' : message;
}

function folderError(code: string, message: string): SteadError {
  return new SteadError({
    code: `folder.${code}`,
    message,
    hint: `Remove or rename it, or name it in ${ignoreFile}.`,
  });
}
