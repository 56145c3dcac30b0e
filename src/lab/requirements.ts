// What a machine must have for a lab to run on it.

import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SteadError } from '../options/error.ts';
import { controlGroupsOf } from './place.ts';

/** Programs that a lab runs on the machine, and Debian's packages with them. */
export const LAB_PROGRAMS = {
  'systemd-nspawn': 'systemd-container',
  mmdebstrap: 'mmdebstrap',
  'mkfs.ext4': 'e2fsprogs',
  xfs_io: 'xfsprogs',
  ip: 'iproute2',
  tc: 'iproute2',
  nft: 'nftables',
  nc: 'netcat-openbsd',
  zstd: 'zstd',
  'ssh-keygen': 'openssh-client',
  losetup: 'mount',
  'dpkg-deb': 'dpkg',
  nsenter: 'util-linux',
} as const;

/** Why no lab can run here, with what to do about it; nothing when one can. */
export function labObstacle(): SteadError | undefined {
  if (process.getuid?.() !== 0) {
    return obstacle('a lab boots hosts, which takes root', 'Run it with sudo.');
  }
  if (!existsSync('/etc/debian_version') || !existsSync('/usr/share/keyrings/debian-archive-keyring.gpg')) {
    return obstacle(
      'a lab makes its hosts from the packages of the machine it runs on, and this one is not Debian',
      'Run it on Debian 12 or 13, or in a virtual machine with one.',
    );
  }
  const lacking = Object.entries(LAB_PROGRAMS).filter(([name]) => !found(name));
  if (lacking.length > 0) {
    const packages = [...new Set(lacking.map(([, name]) => name))];
    return obstacle(
      `a lab needs ${lacking.map(([name]) => name).join(', ')}`,
      `apt-get install --no-install-recommends ${packages.join(' ')}`,
    );
  }
  if (controlGroupsOf(readFileSync('/proc/self/mountinfo', 'utf8')) === undefined) {
    return obstacle(
      'this machine has no control groups of version 2',
      'Boot it with a kernel and systemd of this decade.',
    );
  }
  return undefined;
}

function obstacle(message: string, hint: string): SteadError {
  return new SteadError({ code: 'lab.machine', message, hint });
}

function found(name: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
