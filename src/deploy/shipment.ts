// What a stream to a host holds: a whole bundle, or what differs from one that the host has.
import {
  bundleMembers,
  identityText,
  lineDelta,
  manifestText,
  sha256Hex,
  storeName,
  tables,
  type Bundle,
  type BundleEntry,
  type Digest,
  type Manifest,
  type ManifestFile,
  type TarEntry,
} from '../bundle/index.ts';

/** The members of a stream, in their order, and what they take unpacked, at most. */
export interface Members {
  readonly members: readonly TarEntry[];
  readonly bytes: number;
}

/** A file's name in the store. */
export function objectName({ file }: BundleEntry): string {
  return storeName(file.object as Digest, file.path);
}

/** Names of all objects of a manifest. */
export function objectNames({ files }: Manifest): Set<string> {
  return new Set(
    files.flatMap((file) => ('object' in file ? [storeName(file.object as Digest, file.path)] : [])),
  );
}

/**
 * A bundle and the objects that the host lacks. Texts come first and objects next, so that of a stream that
 * breaks off every object that arrived can be known and kept; the tree comes last, as links to objects.
 */
export function wholeShipment(bundle: Bundle, incoming: string, missing: ReadonlySet<string>): Members {
  const tree = bundleMembers(bundle);
  return shipment(incoming, [
    ...objectList(bundle, incoming, missing),
    ...renamed(
      tree.filter(({ name }) => !/^root(\/|$)/.test(name)),
      `${incoming}/bundle`,
    ),
    ...objects(bundle, incoming, missing),
    ...treeMembers(bundle, tree, incoming, missing, () => true),
  ]);
}

/** What makes `bundle` of the bundle of `base`: new objects, paths that changed, and edits of the texts. */
export async function deltaShipment(
  bundle: Bundle,
  base: Manifest,
  incoming: string,
  missing: ReadonlySet<string>,
): Promise<Members> {
  const before = new Map(base.files.map((file) => [file.path, JSON.stringify(file)]));
  // Folders of the base stay where something is in them; those that are asked for are always sent.
  const isNew = (file: ManifestFile | undefined): boolean =>
    file !== undefined && (file.kind === 'directory' || before.get(file.path) !== JSON.stringify(file));
  const tree = bundleMembers(bundle);
  const sameRuntime = JSON.stringify(base.runtime) === JSON.stringify(bundle.manifest.runtime);
  const edited = await textEdits(bundle, base, incoming);
  const changedTexts = new Set(edited.whole);
  const texts = tree.filter(
    ({ name }) => changedTexts.has(name) || (!sameRuntime && /^runtime(\/|$)/.test(name)),
  );
  return shipment(incoming, [
    ...objectList(bundle, incoming, missing),
    ...edited.members,
    ...renamed(texts, `${incoming}/bundle`),
    ...objects(bundle, incoming, missing),
    ...treeMembers(bundle, tree, incoming, missing, isNew),
  ]);
}

function shipment(incoming: string, inside: readonly TarEntry[]): Members {
  const folders = [incoming, `${incoming}/bundle`, `${incoming}/objects`];
  const members: TarEntry[] = [
    ...folders.map((name): TarEntry => ({ kind: 'directory', name, mode: 0o755 })),
    ...inside,
  ];
  return { members, bytes: members.reduce((sum, member) => sum + unpackedBytes(member), MARGIN_BYTES) };
}

const MARGIN_BYTES = 64 * 1024;

/** A header, its extended header for a long name, and the content; each in blocks of 512 bytes. */
function unpackedBytes(member: TarEntry): number {
  const target = 'target' in member ? Buffer.byteLength(member.target) : 0;
  const header = 4 * 512 + Buffer.byteLength(member.name) + target;
  if (member.kind !== 'file') return header;
  return header + 512 + ('file' in member ? member.size : member.content.byteLength);
}

function renamed(members: readonly TarEntry[], folder: string): TarEntry[] {
  return members.map((member) => ({ ...member, name: `${folder}/${member.name}` }));
}

/** What the host must know of each object to keep it when the stream breaks off. */
function objectList(bundle: Bundle, incoming: string, missing: ReadonlySet<string>): TarEntry[] {
  const rows = new Map(
    bundle.entries.map((entry) => {
      const { mode, owner, group, sha256 } = entry.file;
      return [objectName(entry), [mode, owner, group, sha256].join('\t')];
    }),
  );
  const text = [...missing].map((name) => `${name}\t${rows.get(name) ?? ''}\n`).join('');
  return [textMember(`${incoming}/objects.tsv`, text)];
}

function objects(bundle: Bundle, incoming: string, missing: ReadonlySet<string>): TarEntry[] {
  const sent = new Map<string, TarEntry>();
  for (const entry of bundle.entries) {
    const object = objectName(entry);
    if (!missing.has(object) || sent.has(object)) continue;
    const { file, content } = entry;
    const member = {
      kind: 'file',
      name: `${incoming}/objects/${object}`,
      mode: Number.parseInt(file.mode, 8),
    } as const;
    sent.set(
      object,
      content instanceof Uint8Array
        ? { ...member, content }
        : { ...member, file: content.file, size: file.size },
    );
  }
  return [...sent.values()];
}

/** The paths of the tree that `isSent` takes; a file is a link to its object, sent or in the store already. */
function treeMembers(
  bundle: Bundle,
  tree: readonly TarEntry[],
  incoming: string,
  missing: ReadonlySet<string>,
  isSent: (file: ManifestFile | undefined) => boolean,
): TarEntry[] {
  const files = new Map(bundle.manifest.files.map((file) => [`root${file.path}`, file]));
  return tree.flatMap((member): TarEntry[] => {
    const file = files.get(member.name);
    if (!/^root(\/|$)/.test(member.name) || !isSent(file)) return [];
    const name = `${incoming}/bundle/${member.name}`;
    if (file === undefined || !('object' in file)) return [{ ...member, name }];
    const object = storeName(file.object as Digest, file.path);
    return [
      { kind: 'hardlink', name, target: missing.has(object) ? `${incoming}/objects/${object}` : object },
    ];
  });
}

/** Edits of the texts that differ, and the names of those that are better sent whole. */
async function textEdits(
  bundle: Bundle,
  base: Manifest,
  incoming: string,
): Promise<{ readonly members: readonly TarEntry[]; readonly whole: readonly string[] }> {
  const members: TarEntry[] = [{ kind: 'directory', name: `${incoming}/delta`, mode: 0o755 }];
  const whole: string[] = [];
  const manifest = manifestText(bundle.manifest);
  const edit = async (
    name: string,
    before: readonly string[] | undefined,
    after: readonly string[],
  ): Promise<void> => {
    const text = before === undefined ? undefined : await lineDelta(before, after);
    if (text === undefined) whole.push(name);
    else members.push(textMember(`${incoming}/delta/${name}`, text));
  };
  // No hash vouches for provenance, which the host's own copy may have from another commit.
  await edit('manifest.json', beforeProvenance(lines(manifestText(base))), lines(manifest));
  members.push(textMember(`${incoming}/delta/sums`, `${sha256Hex(manifest)}  manifest.json\n`));
  await edit('identity.json', identityText(base).split(','), bundle.identity.split(','));
  const old: Readonly<Record<string, string>> = tables(base);
  for (const [name, text] of Object.entries(bundle.tables)) {
    const before = old[name] ?? '';
    if (before === text) continue;
    const isKnown = sha256Hex(before) === base.tables[name];
    await edit(name, isKnown ? lines(before) : undefined, lines(text));
  }
  return { members, whole };
}

function beforeProvenance(text: readonly string[]): readonly string[] {
  return text.slice(0, text.indexOf('  "provenance": {'));
}

function lines(text: string): string[] {
  return text.split('\n').slice(0, -1);
}

function textMember(name: string, text: string): TarEntry {
  return { kind: 'file', name, mode: 0o644, content: Buffer.from(text) };
}
