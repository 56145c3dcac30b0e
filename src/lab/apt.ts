// Where this machine's apt has its packages from, and how it gets there; read when an image is made.

import { SteadError } from '../options/error.ts';
import { program } from './process.ts';
import type { Suite } from './topology.ts';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Where this machine has its packages from, as lines of sources.list(5); for another suite, the same archive's. */
export async function aptSources(suite: Suite): Promise<string> {
  const format = `deb [signed-by=${KEYRING}] $(REPO_URI) $(RELEASE) $(COMPONENT)`;
  const known = await program(['apt-get', 'indextargets', '--format', format, 'Created-By: Packages']);
  const lines = [...new Set(known.split('\n'))]
    .map((line) => line.split(' '))
    .filter(([, , , , part]) => part === 'main');
  const own = lines.filter(([, , , release = '']) => release.replace(/-(updates|security)$/, '') === suite);
  const [archive] = lines.filter(([, , , release = '']) => /^[a-z]+$/.test(release));
  if (archive === undefined) {
    throw new SteadError({
      code: 'lab.sources',
      message: "this machine's apt has no archive of Debian's to make hosts from",
      hint: 'See /etc/apt/sources.list, and run apt-get update.',
    });
  }
  const chosen = own.length > 0 ? own : [archive.with(3, suite)];
  return chosen.map((line) => `${line.join(' ')}\n`).join('');
}

/** How this machine's apt reaches its archive: proxies, certificates, checks of dates. */
export async function aptSettings(): Promise<string> {
  const dump = await program(['apt-config', 'dump', '--no-empty', '--format', '%f "%v";%n']);
  const lines = dump.split('\n').filter((line) => /^Acquire::(http|https|Check|Retries|Proxy)/.test(line));
  return [...lines, 'APT::Install-Recommends "false";', ''].join('\n');
}
