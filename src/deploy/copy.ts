// Copying a bundle: asks what the host lacks, sends just that in one stream.
import { randomBytes } from 'node:crypto';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { createGzip, createZstdCompress } from 'node:zlib';
import {
  bundleMembers,
  compareBytes,
  storeName,
  streamTar,
  type Bundle,
  type BundleEntry,
  type Digest,
  type TarEntry,
} from '../bundle/index.ts';
import {
  incomingName,
  probe,
  receive,
  type Compression,
  type Probe,
  type Session,
} from '../targets/index.ts';
import type { Watch } from './events.ts';
import type { ManifestHistory } from './history.ts';

/** A bundle's name in a host's store. */
export function bundleStoreName({ manifest }: Bundle): string {
  return `${manifest.hash}-${manifest.host}`;
}

/** Brings a bundle into a host's store; gives what the host had said before. */
export async function copyBundle(
  session: Session,
  bundle: Bundle,
  history: ManifestHistory,
  watch: Watch,
): Promise<Probe> {
  const name = bundleStoreName(bundle);
  const objects = new Set(bundle.entries.map(objectName));
  const answer = await probe(session, name, objects);
  if (answer.bundlePresent) {
    history.keep(bundle.manifest);
    return answer;
  }
  const missing = new Set(answer.missing);
  const bytes = bundle.entries.reduce(
    (sum, entry) => (missing.has(objectName(entry)) ? sum + entry.file.size : sum),
    0,
  );
  watch({ kind: 'copying', host: bundle.manifest.host, objects: missing.size, bytes });
  const incoming = incomingName(randomBytes(8));
  const compression: Compression = answer.zstd ? 'zstd' : 'gzip';
  const stream = compressed(streamTar(members(bundle, incoming, missing)), compression);
  await receive(session, name, incoming, compression, stream);
  history.keep(bundle.manifest);
  return answer;
}

/**
 * The bundle's folder and the objects it brings, under one name. A file of the tree and its object are
 * one file with two names; the object of a file that the host has already is linked to from there.
 */
function members(bundle: Bundle, incoming: string, missing: ReadonlySet<string>): TarEntry[] {
  const objectOf = new Map(bundle.entries.map((entry) => [`root${entry.file.path}`, objectName(entry)]));
  const firstName = new Map<string, string>();
  const sent: TarEntry[] = [];
  for (const member of bundleMembers(bundle).toSorted((a, b) => compareBytes(a.name, b.name))) {
    const name = `${incoming}/bundle/${member.name}`;
    const object = objectOf.get(member.name);
    const first = object === undefined ? undefined : firstName.get(object);
    if (object === undefined) {
      sent.push({ ...member, name });
    } else if (!missing.has(object)) {
      sent.push({ kind: 'hardlink', name, target: object });
    } else if (first !== undefined) {
      sent.push({ kind: 'hardlink', name, target: first });
    } else {
      firstName.set(object, name);
      sent.push({ ...member, name });
      sent.push({ kind: 'hardlink', name: `${incoming}/objects/${object}`, target: name });
    }
  }
  return [
    { kind: 'directory', name: incoming, mode: 0o755 },
    { kind: 'directory', name: `${incoming}/bundle`, mode: 0o755 },
    { kind: 'directory', name: `${incoming}/objects`, mode: 0o755 },
    ...sent,
  ];
}

function objectName({ file }: BundleEntry): string {
  return storeName(file.object as Digest, file.path);
}

function compressed(stream: Readable, compression: Compression): Readable {
  const packer: Transform = compression === 'zstd' ? createZstdCompress() : createGzip();
  // An error of either end reaches whoever reads the packer.
  pipeline(stream, packer, () => {});
  return packer;
}
