// From what evaluation says of a host to a bundle in memory: checked, sorted, hashed.
import { SteadError, SteadErrors } from '../options/error.ts';
import { DOWNLOADS_FOLDER, downloadFolder } from './download-path.ts';
import { digest, hashFile, objectId, sha256Hex } from './hash.ts';
import {
  checkSchema,
  identityText,
  type Identity,
  type Manifest,
  type ManifestFile,
  type Provenance,
} from './manifest.ts';
import { compareBytes } from './order.ts';
import { SECRETS_FOLDER } from './secret-path.ts';
import type { BundleSource, Content, DownloadSource, FileSource } from './source.ts';
import { unitRows } from './unit-rows.ts';
import { secretsTable, tables, type TableName } from './tables.ts';
import { checkTree } from './tree.ts';

/** A file of the host with its bytes, or with the place on this machine where they stand. */
export interface BundleEntry {
  readonly file: Extract<ManifestFile, { kind: 'link' | 'copy' }>;
  readonly content: Uint8Array | { readonly file: string };
}

/** Everything that `writeBundles` writes. */
export interface Bundle {
  readonly manifest: Manifest;
  readonly identity: string;
  readonly tables: Readonly<Record<TableName, string>>;
  /** The host scripts by name. */
  readonly runtime: Readonly<Record<string, string>>;
  /** Contents of the manifest's `link` and `copy` files, in its order. */
  readonly entries: readonly BundleEntry[];
}

/** What a bundle holds besides its source. */
export interface BundleContext {
  /** The host scripts by name (`stead-host`), each with its text. */
  readonly runtime: Readonly<Record<string, string>>;
  readonly provenance: Provenance;
}

/**
 * The bundle of a host. Nothing is written; files on this machine that the source names are read, to hash them.
 * @throws SteadError, or SteadErrors for several: `tree.*` for paths that make no tree, `bundle.unit`
 *   for a unit that reads a file which is not there, `bundle.source` for a file on this machine that
 *   cannot be read, `manifest.invalid` for any value that the format has no place for.
 */
export async function bundle(source: BundleSource, { runtime, provenance }: BundleContext): Promise<Bundle> {
  refuse(checkTree(source.host, source.files));
  const entries: BundleEntry[] = [];
  const files: ManifestFile[] = [];
  for (const file of sortedBy(source.files, ({ path }) => path)) {
    const entry = file.kind === 'link' || file.kind === 'copy' ? await contentEntry(source.host, file) : null;
    if (entry !== null) entries.push(entry);
    files.push(entry?.file ?? plainFile(file));
  }
  const secrets = sortedBy(source.secrets, ({ name }) => name).map(secretEntry);
  const rows = {
    files,
    units: unitRows(source, entries, files),
    packages: sortedBy(source.packages, ({ name }) => name).map(({ name, version, hold }) => ({
      name,
      version,
      hold,
    })),
    users: sortedBy(source.users, ({ name }) => name).map(userRow),
    groups: sortedBy(source.groups, ({ name }) => name).map(({ name, gid, system }) => ({
      name,
      gid,
      system,
    })),
    kernel: {
      add: [...source.kernel.add],
      remove: [...source.kernel.remove].sort(compareBytes),
      modules: [...source.kernel.modules].sort(compareBytes),
      sysctl: sortedRecord(source.kernel.sysctl),
    },
    secrets,
    downloads: sortedBy(source.downloads, ({ name }) => name).map(downloadEntry),
    recipes: sortedBy(source.recipes, ({ path }) => path).map(({ name, version, hash, path }) => ({
      name,
      version,
      hash,
      path,
    })),
    checks: sortedBy(source.checks, ({ name, command }) => `${name}\0${command.join('\0')}`).map(
      ({ name, command }) => ({ name, command: [...command] }),
    ),
    health: sortedBy(source.health, ({ name }) => name).map(({ name, command, tries, everySeconds }) => ({
      name,
      command: [...command],
      tries,
      everySeconds,
    })),
    manual: sortedBy(source.manual, ({ name }) => name).map(({ name, instruction, command }) => ({
      name,
      instruction,
      command: [...command],
    })),
    settings: sortedRecord({
      ...source.settings,
      ...(secrets.length === 0 ? {} : { secrets: digest(secretsTable({ secrets, files })) }),
    }),
  };
  const texts = tables(rows);
  const parts: Identity = {
    schema: 1,
    host: source.host,
    ...rows,
    tables: hashes(texts),
    runtime: hashes(runtime),
  };
  const identity = identityText(parts);
  const { schema, host, ...rest } = parts;
  const manifest = { schema, host, hash: digest(identity), ...rest, provenance };
  return {
    manifest: checkSchema(manifest, `the bundle of ${source.host}`),
    identity,
    tables: texts,
    runtime,
    entries,
  };
}

function refuse(errors: readonly SteadError[]): void {
  const [first] = errors;
  if (first === undefined) return;
  throw errors.length === 1 ? first : new SteadErrors(errors);
}

function sortedBy<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...items].sort((left, right) => compareBytes(key(left), key(right)));
}

function sortedRecord(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(sortedBy(Object.entries(record), ([key]) => key));
}

async function contentEntry(
  host: string,
  file: Extract<FileSource, { kind: 'link' | 'copy' }>,
): Promise<BundleEntry> {
  const { path, kind, mode, owner, group } = file;
  const content = typeof file.content === 'string' ? Buffer.from(file.content) : file.content;
  const { size, sha256 } = await contentHash(host, file, content);
  const object = objectId({ mode, owner, group, sha256 });
  return { file: { path, kind, mode, owner, group, size, sha256, object }, content };
}

async function contentHash(
  host: string,
  file: FileSource,
  content: Exclude<Content, string>,
): Promise<{ size: number; sha256: string }> {
  if (content instanceof Uint8Array) return { size: content.byteLength, sha256: sha256Hex(content) };
  try {
    return await hashFile(content.file);
  } catch (cause) {
    throw new SteadError({
      code: 'bundle.source',
      host,
      option: file.option,
      message: `${content.file}, the content of ${file.path}, cannot be read: ${(cause as Error).message}`,
      // Looked up for the error alone: it costs more than the hash.
      places: file.origin ?? [],
      hint: 'Check that the file exists and that you may read it.',
      cause,
    });
  }
}

function plainFile(file: FileSource): ManifestFile {
  switch (file.kind) {
    case 'directory': {
      const { path, kind, mode, owner, group } = file;
      return { path, kind, mode, owner, group };
    }
    case 'symlink': {
      const { path, kind, target } = file;
      return { path, kind, target };
    }
    default:
      throw new TypeError(`${file.path} has content`);
  }
}

function userRow(user: BundleSource['users'][number]): Manifest['users'][number] {
  const { name, uid, group, home, shell, system, linger, passwordFile } = user;
  const groups = [...new Set(user.groups)].sort(compareBytes);
  const enforced = [...user.enforced].sort(compareBytes);
  return { name, uid, group, groups, home, shell, system, linger, enforced, passwordFile };
}

function secretEntry(secret: BundleSource['secrets'][number]): Manifest['secrets'][number] {
  const { name, kind, owner, group, mode, source, neededFor } = secret;
  const [restart, reload] = [secret.restart, secret.reload].map((units) =>
    [...new Set(units)].sort(compareBytes),
  ) as [string[], string[]];
  const path = `${SECRETS_FOLDER}/${name}`;
  return { name, kind, path, owner, group, mode, source, neededFor, restart, reload };
}

function downloadEntry({ name, tokenFile, files }: DownloadSource): Manifest['downloads'][number] {
  const sums = Object.fromEntries(files.map((file) => [file.name, file]));
  return {
    name,
    path: `${DOWNLOADS_FOLDER}/${downloadFolder(name, sums)}`,
    tokenFile,
    files: sortedBy(files, (file) => file.name).map((file) => ({
      name: file.name,
      from: file.from,
      sha256: file.sha256,
      size: file.size,
    })),
  };
}

function hashes(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.keys(texts)
      .sort(compareBytes)
      .map((name) => [name, sha256Hex(texts[name] ?? '')]),
  );
}
