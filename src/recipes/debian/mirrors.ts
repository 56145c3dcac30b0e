// Where the packages of a suite can be fetched from: what the fleet says, what this machine's own apt says, everybody's.
import type { Architecture } from '../../options/index.ts';

/** A family of suites with one archive. */
interface Distribution {
  readonly name: 'Debian' | 'Ubuntu';
  readonly components: readonly string[];
  readonly keyring: string;
  /** The Debian package that has the keyring. */
  readonly keyringPackage: string;
  readonly mirror: (architecture: Architecture) => string;
}

const DEBIAN: Distribution = {
  name: 'Debian',
  components: ['main'],
  keyring: '/usr/share/keyrings/debian-archive-keyring.gpg',
  keyringPackage: 'debian-archive-keyring',
  mirror: () => 'http://deb.debian.org/debian',
};

const UBUNTU: Distribution = {
  name: 'Ubuntu',
  components: ['main', 'universe'],
  keyring: '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
  keyringPackage: 'ubuntu-keyring',
  mirror: (architecture) =>
    architecture === 'amd64' ? 'http://archive.ubuntu.com/ubuntu' : 'http://ports.ubuntu.com/ubuntu-ports',
};

const UBUNTU_SUITES = new Set(['focal', 'jammy', 'noble', 'plucky', 'questing', 'resolute']);

/** Whose suite it is. Suites that are not known by name are taken for Debian's. */
export function distributionOf(suite: string): Distribution {
  return UBUNTU_SUITES.has(suite.replace(/-(updates|security|backports)$/, '')) ? UBUNTU : DEBIAN;
}

/**
 * URLs to try in this order.
 * @param own what the fleet says @param apt what `aptMirrors` read
 */
export function mirrorsOf(
  suite: string,
  architecture: Architecture,
  own: readonly string[],
  apt: readonly AptMirror[],
): readonly string[] {
  const { name, mirror } = distributionOf(suite);
  const known = apt.filter(({ origin }) => origin === name).map(({ url }) => url);
  return [...new Set([...own, ...known, mirror(architecture)].map((url) => url.replace(/\/+$/, '')))];
}

/** An archive that this machine has packages from. */
export interface AptMirror {
  readonly origin: string;
  readonly url: string;
}

/** Of what `apt-get indextargets` prints in the format below; archives of security updates are others. */
export function aptMirrors(printed: string): readonly AptMirror[] {
  return printed
    .split('\n')
    .map((line) => line.split(' '))
    .filter((words) => words.length === 4)
    .filter(([, suite]) => !suite!.includes('security'))
    .map(([origin, , , url]) => ({ origin: origin!, url: url! }));
}

export const APT_FORMAT = '$(ORIGIN) $(RELEASE) $(COMPONENT) $(REPO_URI)';
