// Whether the account and port by which stead reaches a host are let in: what would lock it out is said before a switch.
import type { z } from 'zod';
import { target, users, type HostView, type OptionReference, type Statement } from 'stead';
import { network } from '../network/index.ts';
import { ssh } from './options.ts';

/** What is wrong, and the options that it is about. */
export type Lockout = readonly [problem: Statement, ...about: OptionReference[]];

type Way = z.output<typeof target.schema>['ssh'] & {};

/** Everything that keeps the host's own target out. An account that ssh_config(5) decides about is not known here. */
export function lockouts(host: HostView): Lockout[] {
  const way = host.get(target).ssh;
  if (way === undefined) return [];
  return [
    ...ofConnection(host, way),
    ...ofMethod(host),
    ...(way.user === undefined ? [] : ofUser(host, way.user)),
  ];
}

/** Where nothing answers. */
function* ofConnection(host: HostView, { address, port = 22 }: Way): Generator<Lockout> {
  const { ports, forwardedPorts, listenAddresses } = host.get(ssh);
  if (![...ports, ...forwardedPorts].includes(port)) {
    yield [
      {
        message: `the target is reached at port ${port}, and sshd is to listen on ${ports.join(' and ')}`,
        hint: `Add the port to \`ports\`; take the old one out once a switch has come in by the new one.`,
      },
      [ssh, 'ports'],
      [target, 'ssh', 'port'],
    ];
  }
  const everywhere = address.includes(':') ? '::' : '0.0.0.0';
  // Another address may be one that a router passes on.
  const isOwn = Object.values(host.get(network).addresses).includes(address);
  if (
    listenAddresses.length > 0 &&
    isOwn &&
    ![address, everywhere].some((one) => listenAddresses.includes(one))
  ) {
    yield [
      {
        message: `the target is reached at ${address}, and sshd is to listen on ${listenAddresses.join(' and ')}`,
        hint: 'Add the address to `listenAddresses`.',
      },
      [ssh, 'listenAddresses'],
      [target, 'ssh', 'address'],
    ];
  }
}

/** Where a key is not enough. */
function* ofMethod(host: HostView): Generator<Lockout> {
  const { PubkeyAuthentication: byKey, AuthenticationMethods: methods } = host.get(ssh).settings;
  if (byKey === false || byKey === 'no') {
    yield [
      {
        message: 'stead logs in with a key, and PubkeyAuthentication is off',
        hint: 'Take the setting out: it is on by default.',
      },
      [ssh, 'settings', 'PubkeyAuthentication'],
    ];
  }
  if (methods !== undefined && !/(^|\s)(any|publickey)(\s|$)/.test(String(methods))) {
    yield [
      {
        message: `stead logs in with a key alone, and AuthenticationMethods asks for ${String(methods)}`,
        hint: 'Add `publickey` to it, or ask the others for more in a block of `match`.',
      },
      [ssh, 'settings', 'AuthenticationMethods'],
    ];
  }
}

/** Where the account may not log in, or not run what it is to. */
function* ofUser(host: HostView, user: string): Generator<Lockout> {
  const self = host.get(ssh);
  const refuse = (why: string, hint: string, ...option: (string | number)[]): Lockout => [
    { message: `the target logs in as ${user}, ${why}`, hint },
    [ssh, ...option],
    [target, 'ssh', 'user'],
  ];
  if (user === 'root' && ['no', 'forced-commands-only'].includes(self.permitRootLogin)) {
    yield refuse(
      `and permitRootLogin is ${self.permitRootLogin}`,
      'Set it to prohibit-password, or have the target log in as another user, who may use sudo.',
      'permitRootLogin',
    );
  }
  if (self.allowUsers.length > 0 && !matches(self.allowUsers, user)) {
    yield refuse('who is not among allowUsers', `Add ${user} there.`, 'allowUsers');
  }
  if (matches(self.denyUsers, user)) {
    yield refuse('who is among denyUsers', 'Take that out, or write a narrower pattern.', 'denyUsers');
  }
  const account = host.get(users).users[user];
  const groups = user === 'root' ? ['root'] : account && [account.group, ...account.groups];
  const isIn = (patterns: readonly string[]) => groups?.some((group) => matches(patterns, group));
  if (self.allowGroups.length > 0 && isIn(self.allowGroups) === false) {
    yield refuse('who is in none of allowGroups', `Add a group of ${user} there.`, 'allowGroups');
  }
  if (isIn(self.denyGroups)) {
    yield refuse('who is in one of denyGroups', `Take it out there, or ${user} out of it.`, 'denyGroups');
  }
  const keys = account?.authorizedKeys ?? [];
  const isRead = self.authorizedKeysFiles.some((file) => /^(%h\/)?\.ssh\/authorized_keys$/.test(file));
  if (keys.length > 0 && !isRead) {
    yield refuse(
      'whose keys are in ~/.ssh/authorized_keys, which is not read',
      "Add '.ssh/authorized_keys'.",
      'authorizedKeysFiles',
    );
  }
  for (const [index, { users: names, settings, ...criteria }] of self.match.entries()) {
    const isForUser =
      matches(names, user) &&
      [criteria.groups, criteria.addresses, criteria.localAddresses, criteria.localPorts].every(
        (one) => one.length === 0,
      );
    if (isForUser && settings['ForceCommand'] !== undefined) {
      yield refuse(
        'for whom nothing runs but this ForceCommand',
        `Leave ${user} out of this block.`,
        'match',
        index,
      );
    }
  }
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
