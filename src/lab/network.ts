// The lab's networks: a namespace without any way out, with a switch for each network and a port for each interface.

import { createHash } from 'node:crypto';
import { deviceName, namespaceOf, type LabPlace } from './place.ts';
import { attempt, program } from './process.ts';
import type { HostSpec, Topology } from './topology.ts';

/** What is done to the frames of an interface, in both directions. */
export interface LinkState {
  readonly plugged: boolean;
  /** As tc(8) takes it: `1mbit`. */
  readonly rate?: string | undefined;
  /** Of a hundred frames, at random. */
  readonly lossPercent?: number;
}

export const PLUGGED: LinkState = { plugged: true };

/** Makes the operator's namespace with all switches. */
export async function makeNetworks(place: LabPlace, { networks, forward = false }: Topology): Promise<void> {
  await program(['ip', 'netns', 'add', place.operator]);
  const switches = Object.entries(networks).flatMap(([name, address]) => {
    const device = switchOf(name);
    return [
      `link add ${device} type bridge forward_delay 0 stp_state 0`,
      `link set ${device} alias ${name}`,
      `address add ${address} dev ${device} nodad`,
      `link set ${device} up`,
    ];
  });
  await batch(place.operator, ['link set lo up', ...switches]);
  const forwarding = `net.ipv4.ip_forward=${forward ? 1 : 0}`;
  await program(operatorCommand(place, ['sysctl', '--quiet', '--write', forwarding]));
}

/** Gives a host fresh links, as a machine has them after power-on. */
export async function makeLinks(place: LabPlace, host: string, spec: HostSpec): Promise<void> {
  await removeLinks(place, host);
  const namespace = namespaceOf(place, host);
  await program(['ip', 'netns', 'add', namespace]);
  const links = Object.entries(spec.interfaces).flatMap(([device, { network }]) => {
    const port = portOf(host, device);
    const address = hardwareAddress(place, host, device);
    return [
      `link add ${port} type veth peer name ${device} netns ${namespace} address ${address}`,
      `link set ${port} master ${switchOf(network)} up alias ${host}/${device}`,
    ];
  });
  await batch(place.operator, links);
}

/** Removes a host's namespace and with it its links, once none of its processes is left. */
export async function removeLinks(place: LabPlace, host: string): Promise<void> {
  const namespace = namespaceOf(place, host);
  const known = (await program(['ip', 'netns', 'list'])).split('\n').map((line) => line.split(' ')[0]);
  if (!known.includes(namespace)) return;
  await program(['ip', 'netns', 'delete', namespace]);
  // The kernel takes a namespace apart in its own time; the ports' names are wanted again at once.
  const ports = JSON.parse(await program(['ip', '-n', place.operator, '-json', 'link'])) as {
    ifname: string;
    ifalias?: string;
  }[];
  for (const { ifname, ifalias } of ports) {
    if (ifalias?.startsWith(`${host}/`))
      await attempt(['ip', '-n', place.operator, 'link', 'delete', ifname]);
  }
}

/** Puts an interface's links into a state. */
export async function applyLink(
  place: LabPlace,
  host: string,
  device: string,
  state: LinkState,
): Promise<void> {
  const port = portOf(host, device);
  await batch(place.operator, [`link set ${port} ${state.plugged ? 'up' : 'down'}`]);
  const ends = [
    { namespace: place.operator, device: port },
    { namespace: namespaceOf(place, host), device },
  ];
  for (const end of ends) await applyRate(end.namespace, end.device, state.rate);
  await applyLoss(place, port, state.lossPercent ?? 0);
}

async function applyRate(namespace: string, device: string, rate: string | undefined): Promise<void> {
  await attempt(['tc', '-n', namespace, 'qdisc', 'delete', 'dev', device, 'root']);
  if (rate === undefined) return;
  const bucket = ['tbf', 'rate', rate, 'burst', '16kb', 'latency', '200ms'];
  await program(['tc', '-n', namespace, 'qdisc', 'add', 'dev', device, 'root', ...bucket]);
}

/** By the packet filter: not every kernel has netem. */
async function applyLoss(place: LabPlace, port: string, percent: number): Promise<void> {
  const table = `netdev loss_${port}`;
  const chains = ['ingress', 'egress'].map(
    (hook) =>
      `chain ${hook} { type filter hook ${hook} device ${port} priority 0; numgen random mod 100 < ${percent} drop; }`,
  );
  const rules = [`table ${table} {}`, `delete table ${table}`];
  if (percent > 0) rules.push(`table ${table} {\n${chains.join('\n')}\n}`);
  await program(operatorCommand(place, ['nft', '-f', '-']), { input: `${rules.join('\n')}\n` });
}

/** The same program on the operator's machine, which is in every network of the lab and in no other. */
export function operatorCommand(place: LabPlace, argv: readonly string[]): string[] {
  return ['nsenter', `--net=/run/netns/${place.operator}`, '--', ...argv];
}

/** Locally administered, and the same at every start (RFC 7042, 2.1). */
function hardwareAddress(place: LabPlace, host: string, device: string): string {
  const digest = createHash('sha256').update(`${place.id}/${host}/${device}`).digest('hex');
  return ['02', ...digest.slice(0, 10).match(/../g)!].join(':');
}

function switchOf(network: string): string {
  return deviceName('n', network);
}

function portOf(host: string, device: string): string {
  return deviceName('p', host, device);
}

async function batch(namespace: string, lines: readonly string[]): Promise<void> {
  await program(['ip', '-n', namespace, '-batch', '-'], { input: lines.map((line) => `${line}\n`).join('') });
}
