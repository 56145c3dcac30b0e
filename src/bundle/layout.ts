// How a bundle lies in its folder and in its archive: every member, with its mode.
import { manifestText } from './manifest.ts';
import type { Bundle } from './plan.ts';
import type { TarEntry } from './tar.ts';

const folderMode = 0o755;

/**
 * The members of `out/<host>/` but for bundle.tar itself, parents before what is in them. Folders
 * that no file definition names, and those that one names, are 0755 here: a bundle's folder must
 * stay one that its owner can write to, and the host takes modes from the tables.
 */
export function bundleMembers(bundle: Bundle): TarEntry[] {
  const texts = Object.entries({
    'manifest.json': manifestText(bundle.manifest),
    'identity.json': bundle.identity,
    ...bundle.tables,
  });
  const folders = new Set(['runtime', 'root']);
  for (const { path, kind } of bundle.manifest.files)
    addFolders(folders, `root${path}`, kind === 'directory');
  return [
    ...[...folders].map((name): TarEntry => ({ kind: 'directory', name, mode: folderMode })),
    ...texts.map(([name, text]) => textMember(name, text, 0o644)),
    ...Object.entries(bundle.runtime).map(([name, text]) =>
      textMember(`runtime/${name}`, text, text.startsWith('#!') ? 0o755 : 0o644),
    ),
    ...bundle.entries.map(contentMember),
    ...bundle.manifest.files.flatMap((file): TarEntry[] =>
      file.kind === 'symlink' ? [{ kind: 'symlink', name: `root${file.path}`, target: file.target }] : [],
    ),
  ];
}

function addFolders(folders: Set<string>, name: string, itself: boolean): void {
  for (let end = name.indexOf('/'); end !== -1; end = name.indexOf('/', end + 1))
    folders.add(name.slice(0, end));
  if (itself) folders.add(name);
}

function textMember(name: string, text: string, mode: number): TarEntry {
  return { kind: 'file', name, mode, content: Buffer.from(text) };
}

function contentMember({ file, content }: Bundle['entries'][number]): TarEntry {
  const named = { kind: 'file', name: `root${file.path}`, mode: Number.parseInt(file.mode, 8) } as const;
  if (content instanceof Uint8Array) return { ...named, content };
  return { ...named, file: content.file, size: file.size };
}
