// Copying a bundle: asks what the host has, sends in one stream just what it lacks.
import { randomBytes } from 'node:crypto';
import { streamTar, type Bundle, type Digest, type Manifest } from '../bundle/index.ts';
import { SteadError } from '../options/index.ts';
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
import { outputNames } from './outputs.ts';
import { compressed } from './packing.ts';
import { storedAs } from './wanted.ts';
import { deltaShipment, objectName, objectNames, wholeShipment, type Members } from './shipment.ts';

/** A bundle's name in a host's store. */
export function bundleStoreName({ manifest }: Bundle): string {
  return storedAs(manifest);
}

/**
 * Brings a bundle into a host's store; gives what the host had said before, which outputs of recipes it lacks included.
 * One round trip where the host has it, two where it has one that was copied from here: then only differences are sent.
 */
export async function copyBundle(
  session: Session,
  bundle: Bundle,
  history: ManifestHistory,
  watch: Watch,
): Promise<Probe> {
  const name = bundleStoreName(bundle);
  const objects = new Map(bundle.entries.map((entry) => [objectName(entry), entry.file.size]));
  const asked = unexpected(bundle, objects.keys(), history);
  const answer = await probe(session, name, [...asked, ...outputNames(bundle.manifest)]);
  if (!answer.bundlePresent) {
    const send = async (missing: readonly string[], base: Manifest | undefined): Promise<void> => {
      const bytes = missing.reduce((sum, object) => sum + (objects.get(object) ?? 0), 0);
      watch({ kind: 'copying', host: bundle.manifest.host, objects: missing.length, bytes });
      await ship(session, bundle, new Set(missing), base, answer);
    };
    const base = baseOf(bundle, answer, history);
    if (base === undefined || !(await fits(send(lacking(objects, asked, answer, base), base)))) {
      const saidAll = base === undefined && asked.size === objects.size;
      const { missing } = saidAll ? answer : await probe(session, name, objects.keys());
      await send(
        missing.filter((object) => objects.has(object)),
        undefined,
      );
    }
  }
  history.keep(bundle.manifest);
  return answer;
}

/** Objects to ask for: all, or those that the bundle copied last did not have. */
function unexpected(
  bundle: Bundle,
  objects: Iterable<string>,
  history: ManifestHistory,
): ReadonlySet<string> {
  const { host, hash } = bundle.manifest;
  const hashes = history.hashes(host);
  if (hashes.includes(hash as Digest)) return new Set();
  const last = hashes[0] === undefined ? undefined : history.read(host, hashes[0]);
  const all = new Set(objects);
  return last === undefined ? all : without(all, objectNames(last));
}

function without(names: ReadonlySet<string>, others: ReadonlySet<string>): Set<string> {
  return new Set([...names].filter((name) => !others.has(name)));
}

/** A bundle that the host has, and that is known here. */
function baseOf(bundle: Bundle, { bundles }: Probe, history: ManifestHistory): Manifest | undefined {
  const { host } = bundle.manifest;
  const known = history.hashes(host).find((hash) => bundles.includes(hash));
  return known === undefined ? undefined : history.read(host, known);
}

/** What the host said that it lacks, and what it was not asked for unless the base has it. */
function lacking(
  objects: ReadonlyMap<string, number>,
  asked: ReadonlySet<string>,
  { missing }: Probe,
  base: Manifest,
): readonly string[] {
  const based = objectNames(base);
  const lacks = new Set(missing);
  return [...objects.keys()].filter((name) => (asked.has(name) ? lacks.has(name) : !based.has(name)));
}

/** False where the host refused: what is in its store is not what is known here, and a whole bundle mends that. */
async function fits(sent: Promise<void>): Promise<boolean> {
  try {
    await sent;
    return true;
  } catch (error) {
    if (error instanceof SteadError && error.code === 'host.receive') return false;
    throw error;
  }
}

async function ship(
  session: Session,
  bundle: Bundle,
  missing: ReadonlySet<string>,
  base: Manifest | undefined,
  { zstd }: Probe,
): Promise<void> {
  const incoming = incomingName(randomBytes(8));
  const compression: Compression = zstd ? 'zstd' : 'gzip';
  const { members, bytes }: Members =
    base === undefined
      ? wholeShipment(bundle, incoming, missing)
      : await deltaShipment(bundle, base, incoming, missing);
  await receive(session, {
    bundle: bundleStoreName(bundle),
    incoming,
    compression,
    bytes,
    ...(base === undefined ? {} : { base: `${base.hash}-${base.host}` }),
    stream: compressed(streamTar(members, 'given'), compression),
  });
}
