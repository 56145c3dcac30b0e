// This machine as a host, with accounts and secrets, whose /etc nobody else sees changed. Needs root.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Bundle } from './bundle.ts';
import { makeMountedHost, type MountedHost } from './fileSystem.ts';
import type { Result } from './host.ts';

/** The namespace's /etc, /var/lib, /usr/local/bin and /run are in the host's folder, so that both roots are one host. */
const OWN_ROOT = `set -e
mkdir -p "$1/var/lib/stead" "$1/var/lib/dpkg" "$1/usr/local/bin"
cp -a /etc "$1/etc"
mount --bind /var/lib/dpkg "$1/var/lib/dpkg"
mount --rbind "$1/var/lib" /var/lib
mount --bind "$1/etc" /etc
mount --bind "$1/usr/local/bin" /usr/local/bin
mount -t tmpfs tmpfs /run
rm -f /etc/ssh/ssh_host_ed25519_key*
mkdir -p /etc/ssh
ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key`;

export interface Machine {
  readonly host: MountedHost;
  /** Runs a verb of stead-host on `/`. */
  stead(words: string, path?: string): Promise<Result>;
  switchTo(bundle: Bundle): Promise<Result>;
  succeed(command: string): Promise<string>;
  /** The fields of /etc/shadow that a password changes. */
  shadow(user: string): Promise<string>;
  /** A ciphertext for this machine. */
  sealed(content: string): string;
}

/** It ends with the test. @param more commands of sh that prepare it further */
export async function makeMachine(more = ':'): Promise<Machine> {
  const host = await makeMountedHost(`${OWN_ROOT}\n${more}`);
  const key = host.read('/etc/ssh/ssh_host_ed25519_key.pub');
  const stead: Machine['stead'] = (words, path = '') =>
    host.run(`PATH='${path}':$PATH exec sh '${join(host.path, '../stead-host')}' --root / ${words}`);
  const succeed: Machine['succeed'] = async (command) => {
    const result = await host.run(command);
    expect(result, command).toMatchObject({ code: 0 });
    return result.stdout.trim();
  };
  return {
    host,
    stead,
    succeed,
    switchTo: async (bundle) => {
      const received = await host.receive(bundle);
      return received.code === 0 ? stead(`switch ${bundle.name}`) : received;
    },
    shadow: (user) => succeed(`awk -F : '$1 == "${user}" { print $2 " " $3 }' /etc/shadow`),
    sealed: (content) =>
      execFileSync('age', ['--encrypt', '--armor', '--recipient', key], { input: content }).toString(),
  };
}
