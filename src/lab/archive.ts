// A package archive for a host that has no way out: the Debian packages that it may install, with all they depend on.

import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { SteadError } from '../options/error.ts';
import { aptSettings, aptSources } from './apt.ts';
import { baseFolder } from './base.ts';
import { withLock } from './lock.ts';
import { attempt, program } from './process.ts';
import type { Suite } from './topology.ts';

/** Where a host has its archive; what its sources.list(5) says. */
export const ARCHIVE = {
  folder: '/srv/packages',
  source: 'deb [trusted=yes] file:/srv/packages ./\n',
} as const;

export interface ArchiveOptions {
  readonly cache: string;
  readonly suite: Suite;
  /** Names of packages, as apt knows them. */
  readonly names: readonly string[];
  /** Takes the packages and their index; what is in it goes. */
  readonly folder: string;
  readonly note: (text: string) => void;
}

/**
 * Fills a folder with packages and what they depend on beyond the base image, from this machine's own archive.
 * @throws SteadError `lab.packages` with apt's words where one of them cannot be had
 */
export async function fillArchive({ cache, suite, names, folder, note }: ArchiveOptions): Promise<void> {
  const base = await baseFolder(cache, suite, note);
  const wanted = [...new Set(names)].sort();
  const hash = createHash('sha256')
    .update([basename(base), ...wanted].join('\n'))
    .digest('hex')
    .slice(0, 12);
  const kept = join(cache, `archive-${suite}-${hash}`);
  if (!existsSync(kept)) {
    await withLock(join(cache, 'archives.lock'), async () => {
      if (!existsSync(kept)) await download({ cache, suite, base, names: wanted, kept, note });
    });
  }
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
  // Copied: a lab's folder is a mount of its own, over which no link leads.
  for (const name of readdirSync(kept)) copyFileSync(join(kept, name), join(folder, name));
}

interface Download extends Omit<ArchiveOptions, 'folder'> {
  readonly base: string;
  readonly kept: string;
}

async function download({ cache, suite, base, names, kept, note }: Download): Promise<void> {
  const apt = await privateApt(cache, suite, base);
  const install = ['--yes', '--no-install-recommends', 'install', ...names];
  if ((await attempt([...apt, '--simulate', ...install])).code !== 0) {
    note(`reading the package lists of Debian ${suite}`);
    await program([...apt, '--quiet', 'update']);
    const { code, stderr } = await attempt([...apt, '--simulate', ...install]);
    if (code !== 0) throw unavailable(suite, stderr);
  }
  note(`fetching ${names.join(', ')} of Debian ${suite}, once`);
  const uris = await program([...apt, '--print-uris', '-qq', ...install]);
  // Each line is 'URI' NAME SIZE HASH; the name is that of the file that apt keeps.
  const files = uris.split('\n').flatMap((line) => /^'[^']*' (\S+\.deb) /.exec(line)?.[1] ?? []);
  const shared = join(cache, `apt-${suite}`, 'archives');
  const { code, stderr } = await attempt([
    ...apt,
    `-o=Dir::Cache::archives=${shared}`,
    '--download-only',
    ...install,
  ]);
  if (code !== 0) throw unavailable(suite, stderr);
  rmSync(`${kept}.new`, { recursive: true, force: true });
  mkdirSync(`${kept}.new`);
  for (const file of files) linkSync(join(shared, file), join(`${kept}.new`, file));
  await writePackageIndex(`${kept}.new`);
  renameSync(`${kept}.new`, kept);
}

/** apt with lists and sources of its own, that takes the base image's packages for installed. */
async function privateApt(cache: string, suite: Suite, base: string): Promise<string[]> {
  const folder = join(cache, `apt-${suite}`);
  for (const part of ['lists/partial', 'archives/partial', 'none']) {
    mkdirSync(join(folder, part), { recursive: true });
  }
  writeFileSync(join(folder, 'sources.list'), await aptSources(suite));
  const settings = {
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::State::status': join(base, 'var/lib/dpkg/status'),
    // Empty: what is printed of a download is then all of it.
    'Dir::Cache::archives': join(folder, 'none'),
    'Dir::Cache::pkgcache': '',
    'Dir::Cache::srcpkgcache': '',
    'Dir::Etc::sourcelist': join(folder, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'APT::Sandbox::User': 'root',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";\n`);
  writeFileSync(join(folder, 'apt.conf'), (await aptSettings()) + lines.join(''));
  return ['apt-get', '-c', join(folder, 'apt.conf')];
}

function unavailable(suite: Suite, stderr: string): SteadError {
  const said = stderr.split('\n').filter((line) => line.startsWith('E: '));
  return new SteadError({
    code: 'lab.packages',
    message: `not all packages can be had from this machine's archive of Debian ${suite}:\n${said.join('\n')}`,
    hint: 'Packages of other archives cannot be tried in a lab.',
  });
}

/** Writes the index of a folder of packages, as dpkg-scanpackages(1) does. */
export async function writePackageIndex(folder: string): Promise<void> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.deb'));
  const stanzas: string[] = [];
  for (const name of names.sort()) {
    const file = join(folder, name);
    const sum = createHash('sha256').update(readFileSync(file)).digest('hex');
    const control = (await program(['dpkg-deb', '--field', file])).trimEnd();
    stanzas.push(`${control}\nFilename: ./${name}\nSize: ${statSync(file).size}\nSHA256: ${sum}\n`);
  }
  writeFileSync(join(folder, 'Packages'), stanzas.join('\n'));
}
