// The tables that a host's shell reads: a manifest as lines of columns. See FORMAT.md.
import { storeName, type Digest } from './hash.ts';
import type { Manifest, ManifestFile, ManifestUnit } from './manifest.ts';
import { compareBytes } from './order.ts';
import { shellCommand } from '../render/index.ts';

/** Names of the tables, in the order of FORMAT.md. */
export type TableName =
  | 'files.tsv'
  | 'units.tsv'
  | 'readers.tsv'
  | 'packages.tsv'
  | 'users.tsv'
  | 'groups.tsv'
  | 'kernel.tsv'
  | 'secrets.tsv'
  | 'downloads.tsv'
  | 'recipes.tsv'
  | 'checks.tsv'
  | 'health.tsv'
  | 'manual.tsv'
  | 'settings.tsv';

type Rows = Pick<
  Manifest,
  | 'files'
  | 'units'
  | 'packages'
  | 'users'
  | 'groups'
  | 'kernel'
  | 'secrets'
  | 'downloads'
  | 'recipes'
  | 'checks'
  | 'health'
  | 'manual'
  | 'settings'
>;

/** Every table of a manifest, as text. */
export function tables(rows: Rows): Record<TableName, string> {
  return {
    'files.tsv': table(rows.files.map(fileRow)),
    'units.tsv': table(rows.units.map(unitRow)),
    'readers.tsv': table(rows.units.flatMap(readerRows)),
    'packages.tsv': table(rows.packages.map(({ name, version, hold }) => [name, version ?? '-', yes(hold)])),
    'users.tsv': table(
      rows.users.map((user) => [
        user.name,
        number(user.uid),
        user.group,
        list(user.groups),
        user.home,
        user.shell,
        yes(user.system),
        yes(user.linger),
        list(user.enforced),
        user.passwordFile ?? '-',
      ]),
    ),
    'groups.tsv': table(rows.groups.map((group) => [group.name, number(group.gid), yes(group.system)])),
    'kernel.tsv': table([
      ...rows.kernel.add.map((word, index) => ['add', String(index + 1).padStart(4, '0'), word]),
      ...rows.kernel.remove.map((word) => ['remove', '-', word]),
      ...rows.kernel.modules.map((name) => ['module', '-', name]),
      ...Object.entries(rows.kernel.sysctl).map(([path, value]) => ['sysctl', path, value]),
    ]),
    'secrets.tsv': secretsTable(rows),
    'downloads.tsv': table(rows.downloads.flatMap(downloadRows)),
    'recipes.tsv': table(rows.recipes.map(({ hash, name, version, path }) => [hash, name, version, path])),
    'checks.tsv': table(rows.checks.map((check) => [check.name, shellCommand(check.command)])),
    'health.tsv': table(
      rows.health.map(({ name, tries, everySeconds, command }) => [
        name,
        String(tries),
        String(everySeconds),
        shellCommand(command),
      ]),
    ),
    'manual.tsv': table(
      rows.manual.map(({ name, instruction, command }) => [name, instruction, shellCommand(command)]),
    ),
    'settings.tsv': table(Object.entries(rows.settings)),
  };
}

/** Equal text, equal secrets: what the host names the folder by that it decrypts them into. */
export function secretsTable({ secrets, files }: Pick<Rows, 'secrets' | 'files'>): string {
  return table(secrets.map((secret) => secretRow(secret, files)));
}

function fileRow(file: ManifestFile): string[] {
  const { path, kind } = file;
  switch (kind) {
    case 'link':
    case 'copy':
      return [
        path,
        kind,
        file.mode,
        file.owner,
        file.group,
        String(file.size),
        file.sha256,
        storeName(file.object as Digest, path),
        '-',
      ];
    case 'directory':
      return [path, kind, file.mode, file.owner, file.group, '-', '-', '-', '-'];
    case 'symlink':
      return [path, kind, '-', '-', '-', '-', '-', '-', file.target];
    default:
      return file satisfies never;
  }
}

function readerRows({ name, scope, reads }: ManifestUnit): string[][] {
  return reads.map(({ path, reload }) => [path, name, reload ? 'reload' : 'restart', scope]);
}

function unitRow(unit: ManifestUnit): string[] {
  const { name, hash, definition, reload, start, onChange, wantedBy, scope } = unit;
  const flags = [
    ...(unit.own ? ['own'] : []),
    ...(unit.masked ? ['masked'] : []),
    ...(unit.mayFail ? ['may-fail'] : []),
    ...(unit.stopWhenRemoved ? [] : ['stays']),
  ];
  return [
    name,
    hash,
    definition ?? '-',
    reload ?? '-',
    yes(start),
    onChange,
    list(flags),
    list(wantedBy),
    scope,
  ];
}

/** With the sum of what it is made from, so that another ciphertext makes another row. */
function secretRow(secret: Manifest['secrets'][number], files: Rows['files']): string[] {
  const { name, kind, owner, group, mode, source, restart, reload, neededFor } = secret;
  const file = files.find(({ path }) => path === source);
  const sum = file !== undefined && 'sha256' in file ? file.sha256 : '-';
  return [name, kind, mode, owner, group, source, sum, list(restart), list(reload), neededFor];
}

function downloadRows({ path, tokenFile, files }: Manifest['downloads'][number]): string[][] {
  const folder = path.slice(path.lastIndexOf('/') + 1);
  return files.map(({ name, size, sha256, from }) => [
    folder,
    name,
    String(size),
    sha256,
    from,
    tokenFile ?? '-',
  ]);
}

/** No item holds a comma: unit and account names do not. */
function list(items: readonly string[]): string {
  return items.length === 0 ? '-' : items.join(',');
}

function number(value: number | null): string {
  return value === null ? '-' : String(value);
}

function yes(value: boolean): string {
  return value ? 'yes' : 'no';
}

/** The schema has refused control characters, so that a tab is always a column's end. */
function table(rows: readonly (readonly string[])[]): string {
  return rows
    .map((columns) => `${columns.join('\t')}\n`)
    .sort(compareBytes)
    .join('');
}
