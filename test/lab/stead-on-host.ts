// stead on a host of a lab, which reaches no registry: as `npm ci` would bring it there.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stead } from '../cli/stead.ts';
import type { Host } from './driver.ts';

/** What a fleet's package.json says of stead there. */
export const STEAD_FILES = {
  'package.json': '{ "name": "fleet", "private": true, "dependencies": { "stead": "file:/opt/stead" } }\n',
  'package-lock.json': '{ "name": "fleet", "lockfileVersion": 3, "requires": true, "packages": {} }\n',
  '.gitignore': 'out/\nnode_modules/\n',
} as const;

/** What stands for npm: it links what a registry would send, and notes that it was asked. */
const NPM = `#!/bin/sh
set -eu
[ "$1" = ci ]
rm -rf node_modules
mkdir -p node_modules/.bin
ln -s /opt/stead node_modules/stead
ln -s /opt/stead/node node_modules/.bin/node
ln -s ../stead/src/cli/stead.mjs node_modules/.bin/stead
: >node_modules/.package-lock.json
echo ci >>"$HOME/npm-was-here"
`;

/** Copies this checkout, what it runs on and its packages to /opt/stead. */
export async function putStead(host: Host): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'stead-on-host-'));
  try {
    for (const name of ['package.json', 'src', 'modules', ...neededPackages()]) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      cpSync(join(stead, name), join(folder, name), { recursive: true });
    }
    cpSync(process.execPath, join(folder, 'node'));
    await host.put(folder, '/opt/stead');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  await host.succeed(
    `chmod 755 /opt/stead && cat >/usr/local/bin/npm <<'END'\n${NPM}END\nchmod 755 /usr/local/bin/npm`,
  );
}

/** Folders of the packages that stead itself needs, without those that only tests do. */
function neededPackages(): string[] {
  const lock = JSON.parse(readFileSync(join(stead, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: true; readonly devOptional?: true }>>;
  };
  return Object.entries(lock.packages).flatMap(([path, { dev, devOptional }]) =>
    path !== '' && dev !== true && devOptional !== true && existsSync(join(stead, path)) ? [path] : [],
  );
}
