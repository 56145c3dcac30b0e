// The texts of a Debian archive: stanzas of fields (deb822(5)), and relations between packages (deb-control(5)).
import { createHash } from 'node:crypto';

/** One alternative of a dependency. */
export interface Relation {
  readonly name: string;
  readonly version?: { readonly relation: string; readonly bound: string };
}

/** What of a package matters here. */
export interface IndexedPackage {
  readonly name: string;
  readonly version: string;
  readonly priority: string;
  readonly essential: boolean;
  /** Groups of alternatives: one of each is needed. */
  readonly depends: readonly (readonly Relation[])[];
  readonly provides: readonly Relation[];
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

/** The packages of an index, `Packages` of an archive. Stanzas without a sha256 are left out. */
export function parseIndex(text: string): IndexedPackage[] {
  const packages: IndexedPackage[] = [];
  for (const stanza of text.split('\n\n')) {
    const found = fieldsOf(stanza);
    const { Package: name, Version: version, Filename: path, Size: size, SHA256: sha256 } = found;
    if (name === undefined || version === undefined || path === undefined || sha256 === undefined) continue;
    packages.push({
      name,
      version,
      priority: found['Priority'] ?? 'optional',
      essential: found['Essential'] === 'yes',
      get depends() {
        return [...relations(found['Pre-Depends']), ...relations(found['Depends'])];
      },
      provides: found['Provides'] === undefined ? [] : relations(found['Provides']).flat(),
      path: path.replace(/^\.\//, ''),
      size: Number(size),
      sha256,
    });
  }
  return packages;
}

/** `Depends: a (>= 1) | b, c:any` as groups of alternatives. */
export function relations(field = ''): Relation[][] {
  return field
    .split(',')
    .map((group) => group.trim())
    .filter((group) => group !== '')
    .map((group) => group.split('|').map((text) => relation(text.trim())));
}

function relation(text: string): Relation {
  const match = /^([a-z0-9][a-z0-9+.-]*)(?::[a-z0-9-]+)?\s*(?:\(\s*([<>=]+)\s*([^\s)]+)\s*\))?/.exec(text);
  if (match === null) throw new TypeError(`no relation of packages: ${text}`);
  const [, name, sign, bound] = match;
  return sign === undefined || bound === undefined
    ? { name: name! }
    : { name: name!, version: { relation: sign, bound } };
}

/** A file that a Release file speaks of. */
export interface ReleasedFile {
  readonly sha256: string;
  readonly size: number;
}

/** What an archive says of a suite: when, and of which files. */
export interface Release {
  readonly date: string;
  readonly byHash: boolean;
  readonly files: ReadonlyMap<string, ReleasedFile>;
}

/** A Release file, with or without the signature around it. */
export function parseRelease(text: string): Release {
  const plain = text
    .replace(/^-----BEGIN PGP SIGNED MESSAGE-----\n(?:\S.*\n)*\n/, '')
    .split('\n-----BEGIN PGP SIGNATURE-----')[0]!;
  const found = fieldsOf(plain);
  const lines = (found['SHA256'] ?? '').split('\n').map((line) => line.trim().split(/\s+/));
  return {
    date: found['Date'] ?? '',
    byHash: found['Acquire-By-Hash'] === 'yes',
    files: new Map(
      lines
        .filter((line) => line.length === 3)
        .map(([sha256, size, path]) => [path!, { sha256: sha256!, size: Number(size) }]),
    ),
  };
}

/** Whether bytes are what a Release file says. */
export function isReleased(bytes: Uint8Array, { sha256 }: ReleasedFile): boolean {
  return createHash('sha256').update(bytes).digest('hex') === sha256;
}

function fieldsOf(stanza: string): Partial<Record<string, string>> {
  const fields: Record<string, string> = {};
  let last = '';
  for (const line of stanza.split('\n')) {
    if (line.startsWith(' ') || line.startsWith('\t')) {
      if (last !== '') fields[last] += `\n${line.slice(1)}`;
      continue;
    }
    const colon = line.indexOf(':');
    if (colon === -1) continue;
    last = line.slice(0, colon);
    fields[last] = line.slice(colon + 1).trim();
  }
  return fields;
}
