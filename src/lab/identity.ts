// What makes a fresh disk one host: its name, keys, addresses, and who may log in.

import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { ARCHIVE } from './archive.ts';
import { operatorCommand } from './network.ts';
import type { LabPlace } from './place.ts';
import { program } from './process.ts';
import { addressOf, type HostSpec, type Interface, type Topology } from './topology.ts';

/** Makes the operator's key, and an ssh_config(5) that reaches hosts by name through the operator's namespace. */
export async function makeOperator(place: LabPlace): Promise<void> {
  const key = join(place.folder, 'id_ed25519');
  await makeKey(key, 'operator');
  const way = operatorCommand(place, ['nc', '%h', '%p']).join(' ');
  const shared = [
    'Host *',
    `IdentityFile ${key}`,
    'IdentitiesOnly yes',
    `UserKnownHostsFile ${join(place.folder, 'known_hosts')}`,
    'GlobalKnownHostsFile none',
    'StrictHostKeyChecking yes',
    `ProxyCommand ${way}`,
  ];
  writeFileSync(join(place.folder, 'known_hosts'), '');
  writeFileSync(sshConfigOf(place), `${shared.join('\n  ')}\n`);
}

/** SSH host keys of the hosts that an ssh_config of a lab knows, by name. */
export function labHostKeys(sshConfig: string): ReadonlyMap<string, string> {
  const lines = readFileSync(join(dirname(sshConfig), 'known_hosts'), 'utf8')
    .trim()
    .split('\n');
  return new Map(
    lines.map((line) => {
      const [host = '', ...key] = line.split(' ');
      return [host, key.join(' ')];
    }),
  );
}

export function sshConfigOf(place: LabPlace): string {
  return join(place.folder, 'ssh_config');
}

/** Writes a host's identity to its root, which must be attached. */
export async function makeIdentity(
  place: LabPlace,
  host: string,
  { hosts, names = {}, admitOperator = false }: Topology,
  root: string,
): Promise<void> {
  const spec = hosts[host]!;
  const write = (path: string, text: string): void => writeFileSync(join(root, path), text);
  write('etc/hostname', `${host}\n`);
  const others = Object.entries(names).map(([name, address]) => `${address} ${name}\n`);
  write('etc/hosts', `127.0.0.1 localhost\n127.0.1.1 ${host}\n${others.join('')}`);
  write(
    'etc/machine-id',
    `${createHash('sha256').update(`${place.id}/${host}`).digest('hex').slice(0, 32)}\n`,
  );
  write('etc/resolv.conf', (spec.nameservers ?? []).map((server) => `nameserver ${server}\n`).join(''));
  if (spec.packages !== undefined) write('etc/apt/sources.list', ARCHIVE.source);
  for (const [device, settings] of Object.entries(spec.interfaces)) {
    write(`etc/systemd/network/10-${device}.network`, networkUnit(device, settings));
  }
  for (const home of ['root', 'home/deploy']) letIn(place, join(root, home));
  if (admitOperator) {
    copyFileSync(join(place.folder, 'id_ed25519.pub'), join(root, OPERATOR_KEY));
    write('etc/ssh/sshd_config.d/zz-lab.conf', ADMISSION);
  }
  await introduce(place, host, spec, root);
}

const OPERATOR_KEY = '/etc/ssh/lab_operator.pub';

/** What is in a block for some users counts over what all other files say for everybody. */
const ADMISSION = `Match User root
    PermitRootLogin prohibit-password
    AllowUsers root
    AuthorizedKeysFile .ssh/authorized_keys ${OPERATOR_KEY}
`;

/** Makes the host's key, and vouches for it to those who use the lab's ssh_config. */
async function introduce(place: LabPlace, host: string, spec: HostSpec, root: string): Promise<void> {
  const key = join(root, 'etc/ssh/ssh_host_ed25519_key');
  await makeKey(key, host);
  const address = addressOf(spec);
  if (address === undefined) return;
  const [type, blob] = readFileSync(`${key}.pub`, 'utf8').split(' ');
  appendFileSync(join(place.folder, 'known_hosts'), `${host} ${type} ${blob!}\n`);
  const lines = [`Host ${host}`, `HostName ${address}`, `HostKeyAlias ${host}`, 'User root'];
  appendFileSync(sshConfigOf(place), `${lines.join('\n  ')}\n`);
}

async function makeKey(path: string, comment: string): Promise<void> {
  await program(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', path]);
}

/** A link without a carrier keeps its addresses: that a cable is out must not be what a test is about. */
function networkUnit(device: string, { address, gateway }: Interface): string {
  const lines = ['[Match]', `Name=${device}`, '[Network]', 'LinkLocalAddressing=no', 'IPv6AcceptRA=no'];
  lines.push('ConfigureWithoutCarrier=yes', 'IgnoreCarrierLoss=yes');
  if (address !== undefined) lines.push(`Address=${address}`);
  if (gateway !== undefined) lines.push(`Gateway=${gateway}`);
  return `${lines.join('\n')}\n`;
}

function letIn(place: LabPlace, home: string): void {
  const keys = join(home, '.ssh/authorized_keys');
  const { uid, gid } = statSync(home);
  copyFileSync(join(place.folder, 'id_ed25519.pub'), keys);
  chmodSync(keys, 0o600);
  chownSync(keys, uid, gid);
}
