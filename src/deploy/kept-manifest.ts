// Where the manifest of a bundle that was copied to a host is kept: out/.manifests/<host>/<hash>.json.
import { existsSync, utimesSync } from 'node:fs';
import { join } from 'node:path';

export function keptManifests(out: string, host: string): string {
  return join(out, '.manifests', host);
}

/** Makes a manifest the one that was copied last, where it is kept; says whether it is. */
export function touchManifest(out: string, host: string, hash: string): boolean {
  const path = join(keptManifests(out, host), `${hash}.json`);
  if (!existsSync(path)) return false;
  const now = new Date();
  utimesSync(path, now, now);
  return true;
}
