// Whether the account and port by which stead reaches a host are let in: what would lock it out is said before a switch.
import { target, users, type HostView, type OptionReference } from 'stead';
import { network } from '../network/index.ts';
import { ssh } from './options.ts';

/** What is wrong, and the options that it is about. */
export type Lockout = readonly [message: string, ...about: OptionReference[]];

/** Everything that keeps the host's own target out. An account that ssh_config(5) decides about is not known here. */
export function lockouts(host: HostView): Lockout[] {
  const self = host.get(ssh);
  const way = host.get(target).ssh;
  if (way === undefined) return [];
  const found: Lockout[] = [];
  const refuse = (message: string, option: string, targetKey: 'user' | 'port' | 'address' = 'user'): void => {
    found.push([message, [ssh, option], [target, 'ssh', targetKey]]);
  };
  const port = way.port ?? 22;
  if (![...self.ports, ...self.forwardedPorts].includes(port)) {
    refuse(
      `the target is reached at port ${port}, and sshd is to listen on ${self.ports.join(' and ')}`,
      'ports',
      'port',
    );
  }
  if (self.listenAddresses.length > 0 && isOwnAddress(host, way.address) && !listensAt(self, way.address)) {
    refuse(
      `the target is reached at ${way.address}, and sshd is to listen on ${self.listenAddresses.join(' and ')}`,
      'listenAddresses',
      'address',
    );
  }
  if (isNo(self.settings['PubkeyAuthentication'])) {
    refuse('stead logs in with a key, and PubkeyAuthentication is off', 'settings');
  }
  const methods = self.settings['AuthenticationMethods'];
  if (methods !== undefined && !/(^|\s)(any|publickey)(\s|$)/.test(String(methods))) {
    refuse(
      `stead logs in with a key alone, and AuthenticationMethods asks for ${String(methods)}`,
      'settings',
    );
  }
  const { user } = way;
  if (user === undefined) return found;
  const refused = `the target logs in as ${user}`;
  if (user === 'root' && ['no', 'forced-commands-only'].includes(self.permitRootLogin)) {
    refuse(`${refused}, and permitRootLogin is ${self.permitRootLogin}`, 'permitRootLogin');
  }
  if (self.allowUsers.length > 0 && !matches(self.allowUsers, user)) {
    refuse(`${refused}, who is not among allowUsers`, 'allowUsers');
  }
  if (matches(self.denyUsers, user)) refuse(`${refused}, who is among denyUsers`, 'denyUsers');
  const account = host.get(users).users[user];
  const groups = user === 'root' ? ['root'] : account && [account.group, ...account.groups];
  if (groups !== undefined && self.allowGroups.length > 0) {
    if (!groups.some((group) => matches(self.allowGroups, group))) {
      refuse(`${refused}, who is in none of allowGroups`, 'allowGroups');
    }
  }
  if (groups?.some((group) => matches(self.denyGroups, group))) {
    refuse(`${refused}, who is in one of denyGroups`, 'denyGroups');
  }
  const keys = account?.authorizedKeys ?? [];
  if (
    keys.length > 0 &&
    !self.authorizedKeysFiles.some((file) => /^(%h\/)?\.ssh\/authorized_keys$/.test(file))
  ) {
    refuse(`${refused}, whose keys are in ~/.ssh/authorized_keys, which is not read`, 'authorizedKeysFiles');
  }
  return found;
}

/** Whether one of the patterns of sshd_config(5) fits a user or a group. `!` before one takes out what fits; what stands after @ is the client's. */
export function matches(patterns: readonly string[], name: string): boolean {
  const fits = (pattern: string): boolean => glob(pattern.replace(/@.*$/, '')).test(name);
  return (
    patterns.some((pattern) => !pattern.startsWith('!') && fits(pattern)) &&
    !patterns.some((pattern) => pattern.startsWith('!') && fits(pattern.slice(1)))
  );
}

function glob(pattern: string): RegExp {
  const text = pattern.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${text.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}

function isOwnAddress(host: HostView, address: string): boolean {
  return Object.values(host.get(network).addresses).includes(address);
}

function listensAt(
  { listenAddresses }: { readonly listenAddresses: readonly string[] },
  address: string,
): boolean {
  return [address, address.includes(':') ? '::' : '0.0.0.0'].some((one) => listenAddresses.includes(one));
}

function isNo(value: unknown): boolean {
  return value === false || value === 'no';
}
