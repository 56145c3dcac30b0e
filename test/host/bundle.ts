// Small bundles, written by hand as FORMAT.md says, and the stream that carries one to a host.

import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { runtimeFiles } from '../../src/host/index.ts';

export type FileInput =
  | string
  | { readonly copy: string; readonly mode?: string; readonly owner?: string }
  | { readonly link: string; readonly mode?: string }
  | { readonly symlink: string }
  | { readonly directory: true; readonly mode?: string };

export interface BundleInput {
  readonly host?: string;
  readonly files?: Readonly<Record<string, FileInput>>;
  readonly units?: readonly (readonly string[])[];
  readonly checks?: readonly (readonly [name: string, command: string])[];
  readonly health?: readonly (readonly [name: string, tries: string, every: string, command: string])[];
  readonly settings?: Readonly<Record<string, string>>;
  /** Name, version, hold. */
  readonly packages?: readonly (readonly string[])[];
  readonly users?: readonly (readonly string[])[];
  readonly groups?: readonly (readonly string[])[];
  readonly kernel?: readonly (readonly string[])[];
  readonly secrets?: readonly (readonly string[])[];
  /** Folder, file, size, sha256, from, token file. */
  readonly downloads?: readonly (readonly string[])[];
  /** Hash, name, version, path. */
  readonly recipes?: readonly (readonly string[])[];
  /** Changes to what the bundle is made of, after the sums were taken. */
  readonly corrupt?: (entries: Map<string, string>) => void;
}

interface Row {
  readonly path: string;
  readonly kind: 'link' | 'copy' | 'directory' | 'symlink';
  readonly mode: string;
  /** The group has the same name. */
  readonly owner: string;
  readonly content: string;
  readonly sha256: string;
  readonly object: string;
  readonly target: string;
}

export interface Bundle {
  readonly name: string;
  readonly hash: string;
  readonly host: string;
  readonly rows: readonly Row[];
  /** Files of the bundle's folder besides root/. */
  readonly entries: ReadonlyMap<string, string>;
}

const alphabet = '0123456789abcdfghijklmnpqrsvwxyz';

export function sha256(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}

export function base32(hex: string): string {
  let value = BigInt(`0x${hex.slice(0, 40)}`);
  let digits = '';
  for (let index = 0; index < 32; index++) {
    digits = (alphabet[Number(value & 31n)] ?? '') + digits;
    value >>= 5n;
  }
  return digits;
}

export function makeBundle(input: BundleInput): Bundle {
  const host = input.host ?? 'gateway';
  const rows = Object.entries(input.files ?? {})
    .map(([path, file]) => makeRow(path, file))
    .sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  const tables: Record<string, string> = {
    'files.tsv': table(rows.map(columns)),
    'units.tsv': table(input.units ?? []),
    'readers.tsv': '',
    'packages.tsv': table(input.packages ?? []),
    'users.tsv': table(input.users ?? []),
    'groups.tsv': table(input.groups ?? []),
    'kernel.tsv': table(input.kernel ?? []),
    'secrets.tsv': table(input.secrets ?? []),
    'downloads.tsv': table(input.downloads ?? []),
    'recipes.tsv': table(input.recipes ?? []),
    'checks.tsv': table(input.checks ?? []),
    'health.tsv': table(input.health ?? []),
    'manual.tsv': '',
    'settings.tsv': table(Object.entries(input.settings ?? {})),
  };
  const identity = canonical({
    schema: 1,
    host,
    files: rows.map((row) => ({ path: row.path, kind: row.kind })),
    units: (input.units ?? []).map(([name]) => ({ name })),
    packages: [],
    users: [],
    groups: [],
    secrets: [],
    recipes: [],
    checks: (input.checks ?? []).map(([name, command]) => ({ name, command: ['sh', '-c', command] })),
    tables: sums(tables),
    runtime: sums(runtimeFiles()),
  });
  const hash = base32(sha256(identity));
  const entries = new Map<string, string>([
    ['manifest.json', `${JSON.stringify({ host, hash }, undefined, 2)}\n`],
    ['identity.json', identity],
    ...Object.entries(tables),
    ...Object.entries(runtimeFiles()).map(([name, content]): [string, string] => [
      `runtime/${name}`,
      content,
    ]),
  ]);
  input.corrupt?.(entries);
  return { name: `${hash}-${host}`, hash, host, rows, entries };
}

function makeRow(path: string, file: FileInput): Row {
  const owner = typeof file === 'object' && 'owner' in file ? (file.owner ?? 'root') : 'root';
  const base = { path, owner, mode: '0644', content: '', sha256: '-', object: '-', target: '-' };
  if (typeof file === 'string') return withContent({ ...base, kind: 'link' }, file);
  if ('symlink' in file) return { ...base, kind: 'symlink', mode: '-', target: file.symlink };
  if ('directory' in file) return { ...base, kind: 'directory', mode: file.mode ?? '0755' };
  const kind = 'copy' in file ? 'copy' : 'link';
  return withContent({ ...base, kind, mode: file.mode ?? '0644' }, 'copy' in file ? file.copy : file.link);
}

function withContent(row: Row, content: string): Row {
  const sum = sha256(content);
  const id = base32(sha256(`stead object 1\n${row.mode}\n${row.owner}\n${row.owner}\n${sum}\n`));
  const name = (row.path.split('/').pop() ?? '').replaceAll(/[^A-Za-z0-9._-]/g, '_').replace(/^\.+/, '');
  return { ...row, content, sha256: sum, object: `${id}-${name.slice(0, 100)}` };
}

function columns(row: Row): string[] {
  const owner = row.kind === 'symlink' ? '-' : row.owner;
  const size = row.object === '-' ? '-' : String(Buffer.byteLength(row.content));
  return [row.path, row.kind, row.mode, owner, owner, size, row.sha256, row.object, row.target];
}

function table(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.join('\t')}\n`).join('');
}

function sums(files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, content]) => [name, sha256(content)]));
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** One entry of a stream, for tests that make a bad one. */
export interface Entry {
  readonly name: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'link' | 'block-device' | 'fifo';
  readonly content?: string;
  readonly target?: string;
}

/** The entries of the stream for a host that lacks `missing` (all objects by default). */
export function bundleEntries(bundle: Bundle, incoming: string, missing?: ReadonlySet<string>): Entry[] {
  const objects = new Map(
    bundle.rows.filter((row) => row.object !== '-').map((row) => [row.object, row.content]),
  );
  const lacks = (object: string): boolean => missing === undefined || missing.has(object);
  return [
    ...[...objects]
      .filter(([object]) => lacks(object))
      .map(([object, content]): Entry => ({ name: `${incoming}/objects/${object}`, type: 'file', content })),
    { name: `${incoming}/bundle`, type: 'directory' },
    ...[...bundle.entries].map(([name, content]): Entry => ({
      name: `${incoming}/bundle/${name}`,
      type: 'file',
      content,
    })),
    { name: `${incoming}/bundle/root`, type: 'directory' },
    ...bundle.rows
      .filter((row) => row.kind !== 'directory')
      .map((row): Entry => {
        const name = `${incoming}/bundle/root${row.path}`;
        if (row.kind === 'symlink') return { name, type: 'symlink', target: row.target };
        const target = lacks(row.object) ? `${incoming}/objects/${row.object}` : row.object;
        return { name, type: 'link', target };
      }),
  ];
}

/** A gzipped tar of the entries. */
export async function streamOf(entries: readonly Entry[]): Promise<Buffer> {
  const tar = pack();
  const packed = buffer(tar);
  for (const { name, type, content, target } of entries) {
    const header = { name, type, mode: type === 'directory' ? 0o755 : 0o644, mtime: new Date(0) };
    const entry = target === undefined ? header : { ...header, linkname: target };
    // One after the other: many at once overflow the stack.
    await new Promise((resolve) => tar.entry(entry, content ?? '', resolve));
  }
  tar.finalize();
  return gzipSync(await packed);
}
