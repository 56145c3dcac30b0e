// Who talks to whom: the peers of every host, computed from the whole fleet.
import { compareAddresses, type FleetView, type HostView } from 'stead';
import { wireguard } from './options.ts';

/** One `[Peer]` section. */
export interface Peer {
  readonly name: string;
  readonly publicKey: string;
  readonly allowedIPs: readonly string[];
  readonly endpoint?: string;
  readonly keepalive?: number;
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
  if (self.role === 'hub') {
    const hosts = members(host, fleet)
      .filter((other) => other.name !== host.name)
      .map((other) => memberPeer(other));
    const devices = Object.entries(self.roaming).map(([name, device]) => ({
      name,
      publicKey: device.publicKey,
      allowedIPs: [`${device.address}/32`],
    }));
    return [...hosts, ...devices];
  }
  return hubs(host, fleet).map((hub) => hubPeer(hub, host, fleet));
}

function memberPeer(other: HostView): Peer {
  const { publicKey, address, subnets } = other.get(wireguard);
  return { name: other.name, publicKey, allowedIPs: [`${address}/32`, ...subnets] };
}

function hubPeer(hub: HostView, host: HostView, fleet: FleetView): Peer {
  const { publicKey, endpoint, port } = hub.get(wireguard);
  const { network, keepalive } = host.get(wireguard);
  const others = members(host, fleet).filter((other) => other.name !== host.name);
  return {
    name: hub.name,
    publicKey,
    allowedIPs: [network, ...new Set(others.flatMap((other) => other.get(wireguard).subnets))],
    endpoint: `${endpoint ?? ''}:${port}`,
    ...(keepalive > 0 ? { keepalive } : {}),
  };
}
