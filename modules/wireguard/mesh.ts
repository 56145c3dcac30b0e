// Who talks to whom: the peers of every host, computed from the whole fleet.
import { compareAddresses, type FleetView, type HostView } from 'stead';
import { wireguard } from './options.ts';

/** One `[Peer]` section. */
export interface Peer {
  readonly name: string;
  readonly publicKey: string;
  readonly allowedIPs: readonly string[];
  readonly presharedKeyFile?: string | undefined;
  /** Name or address, and port. */
  readonly endpoint?: Endpoint | undefined;
  /** Seconds; 0 for none. */
  readonly keepalive: number;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Every host of the mesh that `host` is part of, by address. */
export function members(host: HostView, fleet: FleetView): readonly HostView[] {
  const { network } = host.get(wireguard);
  return fleet.hosts
    .filter((other) => other.uses(wireguard) && other.get(wireguard).network === network)
    .sort((a, b) => compareAddresses(a.get(wireguard).address, b.get(wireguard).address));
}

export function hubs(host: HostView, fleet: FleetView): readonly HostView[] {
  return members(host, fleet).filter((other) => other.get(wireguard).role === 'hub');
}

/** A hub talks to everybody; everybody else talks to the hub, and reaches the rest through it. */
export function peers(host: HostView, fleet: FleetView): readonly Peer[] {
  const self = host.get(wireguard);
  const others = members(host, fleet).filter((other) => other.name !== host.name);
  const ours =
    self.role === 'hub'
      ? [...others.map(memberPeer), ...devicePeers(host)]
      : hubs(host, fleet).map((hub) => hubPeer(hub, host, fleet));
  return [...ours, ...foreignPeers(host)];
}

/** What a host or a device sends into the mesh: all of it, and what its gateways announce. */
export function reached(host: HostView, fleet: FleetView): readonly string[] {
  const others = members(host, fleet).filter((other) => other.name !== host.name);
  return [host.get(wireguard).network, ...new Set(others.flatMap((other) => other.get(wireguard).subnets))];
}

/** The hub as a device sees it, which has nothing to announce itself. */
export function networksOfMesh(hub: HostView, fleet: FleetView): readonly string[] {
  const { network } = hub.get(wireguard);
  return [network, ...new Set(members(hub, fleet).flatMap((other) => other.get(wireguard).subnets))];
}

/** The endpoint as wg(8) writes it. */
export function endpointText({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether it has to be resolved. */
export function isNamed({ host }: Endpoint): boolean {
  return !/^[\d.]+$|:/.test(host);
}

function memberPeer(other: HostView): Peer {
  const { publicKey, address, subnets, presharedKeyFile, endpoint, port } = other.get(wireguard);
  return {
    name: other.name,
    publicKey,
    allowedIPs: [`${address}/32`, ...subnets],
    presharedKeyFile,
    endpoint: endpoint === undefined ? undefined : { host: endpoint, port },
    keepalive: 0,
  };
}

function devicePeers(hub: HostView): Peer[] {
  return Object.entries(hub.get(wireguard).roaming).map(([name, device]) => ({
    name,
    publicKey: device.publicKey,
    allowedIPs: [`${device.address}/32`],
    presharedKeyFile: device.presharedKeyFile,
    keepalive: 0,
  }));
}

function hubPeer(hub: HostView, host: HostView, fleet: FleetView): Peer {
  const { publicKey, endpoint = '', port } = hub.get(wireguard);
  const { presharedKeyFile, keepalive } = host.get(wireguard);
  return {
    name: hub.name,
    publicKey,
    allowedIPs: reached(host, fleet),
    presharedKeyFile,
    endpoint: { host: endpoint, port },
    keepalive,
  };
}

function foreignPeers(host: HostView): Peer[] {
  return Object.entries(host.get(wireguard).peers).map(([name, one]) => ({
    name,
    publicKey: one.publicKey,
    allowedIPs: one.allowedIPs,
    presharedKeyFile: one.presharedKeyFile,
    endpoint: one.endpoint === undefined ? undefined : { host: one.endpoint, port: one.port },
    keepalive: one.keepalive,
  }));
}
