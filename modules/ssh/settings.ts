// From options to the lines of sshd_config(5).
import type { z } from 'zod';
import { ssh } from './options.ts';

type Ssh = z.output<typeof ssh.schema>;
type Value = Ssh['settings'][string];

/** One line. */
export interface Setting {
  readonly name: string;
  readonly value: string;
}

/** The file's settings in their order; `banner` is where the banner's text stands. */
export function serverSettings(self: Ssh, banner: string): Setting[] {
  return [
    ...written('Port', self.ports.map(String)),
    ...written('ListenAddress', self.listenAddresses),
    ...written('HostKey', self.hostKeys),
    ...written('PermitRootLogin', self.permitRootLogin),
    ...written('PasswordAuthentication', self.passwordAuthentication),
    ...written('KbdInteractiveAuthentication', self.kbdInteractiveAuthentication),
    ...joined('AllowUsers', self.allowUsers, ' '),
    ...joined('DenyUsers', self.denyUsers, ' '),
    ...joined('AllowGroups', self.allowGroups, ' '),
    ...joined('DenyGroups', self.denyGroups, ' '),
    ...joined('AuthorizedKeysFile', self.authorizedKeysFiles, ' '),
    ...written('X11Forwarding', self.x11Forwarding),
    ...written('GatewayPorts', self.gatewayPorts),
    ...written('UseDNS', self.useDns),
    ...written('LogLevel', self.logLevel),
    ...joined('Ciphers', self.ciphers, ','),
    ...joined('KexAlgorithms', self.kexAlgorithms, ','),
    ...joined('MACs', self.macs, ','),
    ...(self.banner === undefined ? [] : written('Banner', banner)),
    ...Object.entries(self.settings).flatMap(([name, value]) => written(name, value)),
  ];
}

/** Names in lower case of what has an option of its own: the first value counts, so that a second one is lost. */
export const typedSettings: ReadonlySet<string> = new Set(
  [
    'Port',
    'ListenAddress',
    'HostKey',
    'PermitRootLogin',
    'PasswordAuthentication',
    'KbdInteractiveAuthentication',
    'AllowUsers',
    'DenyUsers',
    'AllowGroups',
    'DenyGroups',
    'AuthorizedKeysFile',
    'X11Forwarding',
    'GatewayPorts',
    'UseDNS',
    'LogLevel',
    'Ciphers',
    'KexAlgorithms',
    'MACs',
    'Banner',
  ].map((name) => name.toLowerCase()),
);

/** The `Match` blocks: what they are for, and what holds there. */
export function matchBlocks(self: Ssh): { criteria: string; settings: Setting[] }[] {
  return self.match.map((block) => ({
    criteria: [
      ...criterion('User', block.users),
      ...criterion('Group', block.groups),
      ...criterion('Address', block.addresses),
      ...criterion('LocalAddress', block.localAddresses),
      ...criterion('LocalPort', block.localPorts.map(String)),
    ].join(' '),
    settings: Object.entries(block.settings).flatMap(([name, value]) => written(name, value)),
  }));
}

/** Lines of `sshd -T` that hold once the settings are taken, as extended regular expressions. */
export function effective(self: Ssh): string[] {
  const root =
    self.permitRootLogin === 'prohibit-password' ? '(prohibit|without)-password' : self.permitRootLogin;
  return [
    ...self.ports.map((port) => `port ${port}`),
    `permitrootlogin ${root}`,
    `passwordauthentication ${yesNo(self.passwordAuthentication)}`,
    `kbdinteractiveauthentication ${yesNo(self.kbdInteractiveAuthentication)}`,
  ];
}

function criterion(name: string, patterns: readonly string[]): string[] {
  return patterns.length === 0 ? [] : [`${name} ${patterns.join(',')}`];
}

function joined(name: string, values: readonly string[], separator: string): Setting[] {
  return values.length === 0 ? [] : [{ name, value: values.join(separator) }];
}

function written(name: string, value: Value): Setting[] {
  if (typeof value === 'object') return value.map((one) => ({ name, value: one }));
  return [{ name, value: typeof value === 'boolean' ? yesNo(value) : String(value) }];
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no';
}
