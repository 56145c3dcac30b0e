// Looks for plaintexts of secrets wherever a run may have left one: after every lab whose test told of some.
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { folder } from '../cli/stead.ts';
import type { Host } from './driver.ts';

const known = new Set<string>();
const hashes = new Set<string>();

/**
 * Tells of a plaintext that may be nowhere but in memory of its hosts; gives it. The hash of a password may be in
 * /etc/shadow besides.
 */
export function plaintext(text: string): string {
  // The last of the longest: keys of SSH begin with a line that all of them have.
  const line = text
    .trim()
    .split('\n')
    .reduce((longest, one) => (one.length >= longest.length ? one : longest), '');
  if (line.length >= 8) (line.startsWith('$') ? hashes : known).add(line);
  return text;
}

/** What a lab leaves behind, as far as it could hold a secret. */
export interface Remains {
  /** Disks, consoles' logs, keys. */
  readonly folder: string;
  readonly hosts: readonly Host[];
  /** When the first of them was made. */
  readonly since: Date;
  /** All that the command line said. */
  readonly said: readonly string[];
}

/** Tells of all secrets that a host has in memory, so that no test need know of them. */
export async function secretsIn(host: Host): Promise<void> {
  const { stdout } = await host.run(
    `awk -F '\\t' '$2 == "secret" { print $1 }' /var/lib/stead/current/secrets.tsv |
while IFS= read -r name; do base64 -w 0 "/run/stead/secrets/$name" && echo; done`,
  );
  for (const line of stdout.split('\n')) plaintext(Buffer.from(line, 'base64').toString());
}

/** Where plaintexts are found that tests have told of, or these: nowhere, one hopes. */
export async function leaks(
  { folder: labFolder, hosts, since, said }: Remains,
  plaintexts: Iterable<string> = known,
): Promise<readonly string[]> {
  const texts = [...plaintexts, ...hashes];
  if (texts.length === 0) return [];
  // In files of root's own, since an argument could be seen.
  const place = folder();
  const patternsOf = (name: string, all: readonly string[]): string => {
    writeFileSync(join(place, name), all.map((text) => `${text}\n`).join(''), { mode: 0o600 });
    return join(place, name);
  };
  const patterns = patternsOf('all', texts);
  const on = hosts.filter((host) => host.isOn);
  const journals = await Promise.all(
    on.map(async (host) => {
      const { stdout } = await host.run('sync -f /; journalctl --no-pager --output=export');
      return { place: `the journal of ${host.name}`, text: stdout };
    }),
  );
  const outputs = said.map((text) => ({ place: 'what the command line said', text }));
  return [
    ...[...journals, ...outputs]
      .filter(({ text }) => texts.some((one) => text.includes(one)))
      .map(({ place }) => place),
    // Raw disks: what was removed there is found as well.
    ...(await filesWith(patternsOf('plaintexts', [...plaintexts]), [labFolder])),
    ...(await filesWith(patterns, [...ownFolders(), ...histories()])),
    ...(await filesBesidesShadow(patterns, hashes.size === 0 ? [] : on, since)),
    ...(await processesWith(patterns)),
  ];
}

/** Repositories of tests, and what the command line makes for a while. */
function ownFolders(): string[] {
  return [tmpdir(), '/dev/shm']
    .filter((path) => existsSync(path))
    .flatMap((path) =>
      readdirSync(path)
        .filter((name) => name.startsWith('stead-'))
        .map((name) => join(path, name)),
    );
}

function histories(): string[] {
  return ['.bash_history', '.sh_history', '.ash_history']
    .map((name) => join(homedir(), name))
    .filter((path) => existsSync(path));
}

/** A raw disk has /etc/shadow, too. What has not changed since the hosts were made is of their base image. */
async function filesBesidesShadow(patterns: string, hosts: readonly Host[], since: Date): Promise<string[]> {
  if (hosts.length === 0) return [];
  const found = await filesWith(
    patterns,
    hosts.map(({ root }) => root),
    since,
  );
  return found.filter((path) => !/\/etc\/shadow-?$/.test(path));
}

/** Other tests come and go meanwhile: what is gone by then says nothing. */
async function filesWith(
  patterns: string,
  places: readonly string[],
  since = new Date(0),
): Promise<string[]> {
  const { stdout } = await execa(
    'sh',
    [
      '-c',
      'patterns=$1 since=$2; shift 2; find "$@" -xdev -type f -newerct "$since" ! -path "${patterns%/*}/*" -exec grep -laF -f "$patterns" -- {} + 2>/dev/null',
      'sh',
      patterns,
      since.toISOString(),
      ...places,
    ],
    { reject: false },
  );
  return stdout.split('\n').filter((line) => line !== '');
}

async function processesWith(patterns: string): Promise<string[]> {
  const { stdout } = await execa(
    'sh',
    ['-c', 'grep -laF -f "$1" /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null', 'sh', patterns],
    { reject: false },
  );
  return stdout.split('\n').filter((line) => line !== '');
}
