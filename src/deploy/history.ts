// Manifests of the bundles that were copied to hosts from here: what a difference can be taken against.
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../bundle/atomic.ts';
import { isDigest, type Digest } from '../bundle/hash.ts';
import { parseManifest, type Manifest } from '../bundle/manifest.ts';
import { keptManifests, touchManifest } from './kept-manifest.ts';

/** Older ones than this are forgotten: a host that lags behind them gets a whole bundle once. */
const KEPT = 4;

/** What is remembered of the bundles that hosts have. */
export interface ManifestHistory {
  /** Hashes of a host's bundles, the last copied first. */
  hashes(host: string): readonly Digest[];
  /** The manifest with that hash; undefined where it cannot be read any more. */
  read(host: string, hash: Digest): Manifest | undefined;
  /** Remembers a bundle that its host now has. */
  keep(manifest: Manifest): void;
}

/** The history below `<out>/.manifests/<host>/<hash>.json`. */
export function manifestHistory(out: string): ManifestHistory {
  const folderOf = (host: string): string => keptManifests(out, host);
  const hashes = (host: string): Digest[] => newestFirst(folderOf(host));
  // Of each host the last one: a copy asks for it twice, and it is checked as a whole each time.
  const known = new Map<string, { readonly hash: Digest; readonly manifest: Manifest | undefined }>();
  return {
    hashes,
    read: (host, hash) => {
      const last = known.get(host);
      if (last?.hash === hash) return last.manifest;
      const manifest = readKept(join(folderOf(host), `${hash}.json`), hash);
      known.set(host, { hash, manifest });
      return manifest;
    },
    keep: (manifest) => {
      const folder = folderOf(manifest.host);
      if (!touchManifest(out, manifest.host, manifest.hash)) {
        writeFileAtomic(join(folder, `${manifest.hash}.json`), JSON.stringify(manifest));
      }
      for (const old of hashes(manifest.host).slice(KEPT))
        rmSync(join(folder, `${old}.json`), { force: true });
    },
  };
}

function newestFirst(folder: string): Digest[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((name) => {
      const hash = name.replace(/\.json$/, '');
      const time = statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs;
      return isDigest(hash) && time !== undefined ? [{ hash, time }] : [];
    })
    .sort((left, right) => right.time - left.time)
    .map(({ hash }) => hash);
}

function readKept(path: string, hash: Digest): Manifest | undefined {
  try {
    const manifest = parseManifest(readFileSync(path, 'utf8'), path);
    return manifest.hash === hash ? manifest : undefined;
  } catch {
    // A record that does not hold saves nothing, and costs nothing but a whole copy.
    return undefined;
  }
}
