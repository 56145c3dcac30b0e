// Whether a bundle, or a file of one, stands in its folder already.
import { lstatSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { manifestText, type Manifest } from './manifest.ts';
import type { Bundle } from './plan.ts';
import type { TarEntry } from './tar.ts';

/** The bundle's archive, which is written last. */
export const ARCHIVE = 'bundle.tar';

/** A signature over the bundle, which is no part of its archive. */
export const SIGNATURE = 'signature';

/**
 * Whether a folder is what would be written, by its manifest's text and by kind, size and mode of everything else.
 * @param signature where there is none, one that stands there is left
 */
export function bundleStands(
  path: string,
  bundle: Bundle,
  members: readonly TarEntry[],
  signature?: string,
): boolean {
  const text = (name: string): string => readFileSync(join(path, name), 'utf8');
  try {
    if (text('manifest.json') !== manifestText(bundle.manifest)) return false;
    if (signature !== undefined && text(SIGNATURE) !== signature) return false;
    const archive = lstatSync(join(path, ARCHIVE));
    if (!archive.isFile() || archive.size < leastArchiveBytes(members)) return false;
    return members.every((member) => memberStands(join(path, member.name), member));
  } catch {
    // Whatever cannot be read there is written again.
    return false;
  }
}

/** What tells of a file whether the bundle in a folder has just that. */
export interface Unchanged {
  /** By both manifests it has the same content. */
  readonly isNamed: (member: TarEntry) => boolean;
  /**
   * Whether a file that was linked from there is it, by kind, size and mode, and as nobody has written to it since.
   * Looked at once it is linked: another build may put its own bundle there at any moment.
   */
  readonly isHeld: (member: TarEntry, file: string) => boolean;
}

/**
 * @param path the folder of a bundle that stands; where there is none it holds nothing
 * @param sums of the bundle that is to stand there
 */
export function unchangedFiles(path: string, sums: ContentSums): Unchanged {
  try {
    const text = readFileSync(join(path, 'manifest.json'), 'utf8');
    const before = contentSums(JSON.parse(text) as Manifest);
    const until = lstatSync(join(path, ARCHIVE)).mtimeMs;
    return {
      isNamed: ({ name }) => sums.has(name) && before.get(name) === sums.get(name),
      isHeld: (member, file) => {
        const facts = lstatSync(file);
        return facts.mtimeMs <= until && memberStands(file, member, facts);
      },
    };
  } catch {
    // No bundle, or a broken one.
    return { isNamed: () => false, isHeld: () => false };
  }
}

/** Of files by their names in a bundle's folder. */
export type ContentSums = ReadonlyMap<string, string>;

/** The sum of each file, but for the texts that differ wherever anything does. */
export function contentSums({ files, tables, runtime }: Manifest): ContentSums {
  return new Map([
    ...files.flatMap((file) => ('sha256' in file ? [[`root${file.path}`, file.sha256] as const] : [])),
    ...Object.entries(tables),
    ...Object.entries(runtime).map(([name, sum]) => [`runtime/${name}`, sum] as const),
  ]);
}

/** A set-id bit would stand for whoever builds, not for the owner that the manifest names. */
export function modeOnDisk(mode: number): number {
  return mode & 0o777;
}

/** Headers are 512 bytes, contents are padded to as much, and two empty blocks end an archive. */
function leastArchiveBytes(members: readonly TarEntry[]): number {
  return members.reduce((sum, member) => sum + 512 + Math.ceil(sizeOf(member) / 512) * 512, 1024);
}

function memberStands(path: string, member: TarEntry, facts: Stats = lstatSync(path)): boolean {
  switch (member.kind) {
    case 'directory':
      return facts.isDirectory();
    case 'symlink':
      return facts.isSymbolicLink() && readlinkSync(path) === member.target;
    case 'file':
      return (
        facts.isFile() && facts.size === sizeOf(member) && (facts.mode & 0o7777) === modeOnDisk(member.mode)
      );
    default:
      return false;
  }
}

function sizeOf(member: TarEntry): number {
  if (member.kind !== 'file') return 0;
  return 'file' in member ? member.size : member.content.byteLength;
}
