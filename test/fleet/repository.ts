// Fleet repositories made in a moment, for tests: files in, a folder, its evaluation or its errors out.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { checkFleet, loadFleet, report, type CheckedFleet } from '../../src/fleet/index.ts';

let base: string | undefined;
let count = 0;

/** Writes a repository of these files (by path inside it) and gives its folder, which goes when the tests end. */
export function repository(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = join((base ??= makeBase()), String((count += 1)));
  const made = new Set<string>();
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    const parent = dirname(file);
    if (!made.has(parent)) mkdirSync(parent, { recursive: true });
    made.add(parent);
    writeFileSync(file, content);
  }
  return folder;
}

/** Loads and evaluates a repository of these files. */
export async function evaluated(files: Readonly<Record<string, string | Uint8Array>>): Promise<CheckedFleet> {
  return checkFleet(await loadFleet(repository(files)));
}

/** The report of what is wrong with a repository of these files; empty where nothing is. */
export async function reported(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = repository(files);
  try {
    checkFleet(await loadFleet(folder));
    return '';
  } catch (error) {
    return report(error, { repository: folder });
  }
}

function makeBase(): string {
  return mkdtempSync(join(realpathSync(tmpdir()), 'stead-fleet-'));
}

afterAll(() => {
  if (base !== undefined) rmSync(base, { recursive: true, force: true });
  base = undefined;
});
