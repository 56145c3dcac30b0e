// Base images: Debian as packages of its own make it, built once and kept as an archive and as a folder.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aptSettings, aptSources } from './apt.ts';
import { withLock } from './lock.ts';
import { program } from './process.ts';
import type { Suite } from './topology.ts';

const PACKAGES = `
systemd systemd-sysv dbus libpam-systemd udev kmod procps sudo cron
openssh-server iproute2 iputils-ping nftables wireguard-tools wireguard-go
dnsmasq nginx-light curl bind9-dnsutils netcat-openbsd ca-certificates zstd age libfaketime`
  .trim()
  .split(/\s+/);

const FINISH = join(import.meta.dirname, 'base.sh');

/**
 * The folder of a suite's base image, which nobody may write to. Made when it is not in the cache yet: in a minute or
 * two from packages, in seconds from an archive.
 */
export async function baseFolder(cache: string, suite: Suite, note: (text: string) => void): Promise<string> {
  mkdirSync(cache, { recursive: true });
  const base = join(cache, `${suite}-${recipe(suite)}`);
  if (existsSync(base)) return base;
  return withLock(join(cache, 'lock'), async () => {
    const archive = `${base}.tar.zst`;
    if (!existsSync(archive)) {
      note(`making a base image of Debian ${suite}; this takes a minute or two, once`);
      await build(suite, archive);
    }
    if (!existsSync(base)) await unpack(archive, base);
    return base;
  });
}

/** The same as `baseFolder` as an ext4 file system, to be copied. */
export async function baseImage(
  cache: string,
  suite: Suite,
  mebibytes: number,
  note: (text: string) => void,
): Promise<string> {
  const base = await baseFolder(cache, suite, note);
  const image = `${base}-${mebibytes}.img`;
  if (existsSync(image)) return image;
  return withLock(join(cache, 'lock'), async () => {
    if (existsSync(image)) return image;
    rmSync(`${image}.new`, { force: true });
    await program(['truncate', '-s', `${mebibytes}M`, `${image}.new`]);
    await program([
      'mkfs.ext4',
      '-q',
      '-m',
      '0',
      '-E',
      'lazy_itable_init=0,nodiscard',
      '-d',
      base,
      `${image}.new`,
    ]);
    renameSync(`${image}.new`, image);
    return image;
  });
}

/** What an image consists of, hashed: a change of the recipe makes another image. */
function recipe(suite: Suite): string {
  const parts = [suite, ...PACKAGES, readFileSync(FINISH, 'utf8')];
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12);
}

async function build(suite: Suite, archive: string): Promise<void> {
  const sources = await aptSources(suite);
  const settings = `${archive}.apt.conf`;
  writeFileSync(settings, await aptSettings());
  try {
    const dpkg = [
      'force-unsafe-io',
      'path-exclude=/usr/share/man/*',
      'path-exclude=/usr/share/locale/*',
      'path-exclude=/usr/share/doc/*',
    ];
    await program(
      [
        'mmdebstrap',
        '--quiet',
        '--mode=root',
        '--variant=apt',
        '--format=tar',
        `--aptopt=${settings}`,
        ...dpkg.map((option) => `--dpkgopt=${option}`),
        `--include=${PACKAGES.join(',')}`,
        `--customize-hook=sh ${FINISH} "$1"`,
        suite,
        `${archive}.new.tar.zst`,
        '-',
      ],
      { input: sources },
    );
    renameSync(`${archive}.new.tar.zst`, archive);
  } finally {
    rmSync(settings, { force: true });
  }
}

async function unpack(archive: string, base: string): Promise<void> {
  const fresh = `${base}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh);
  const exact = ['--xattrs', '--xattrs-include=*', '--numeric-owner'];
  await program(['tar', '-C', fresh, '--zstd', ...exact, '-xf', archive]);
  renameSync(fresh, base);
}
