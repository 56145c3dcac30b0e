// The lab that a fleet would live in: each host at the address that it is really reached at.

import { isIPv4 } from 'node:net';
import type { HostSpec, Topology } from './topology.ts';

export interface FleetHost {
  readonly name: string;
  /** What `target` says: an IPv4 address, or a name, which gets an address in the lab. */
  readonly address: string;
  /** Debian packages that its configuration names. */
  readonly packages: readonly string[];
}

/** What stands for the internet: addresses that nobody has (RFC 5737). */
const OUTSIDE = '198.51.100';

/**
 * Hosts at IPv4 addresses share a network with their neighbours, of 24 bits; the others are in one that stands for
 * the internet. The operator's machine is the router between all of them.
 */
export function fleetTopology(hosts: readonly FleetHost[]): Topology {
  const names: Record<string, string> = {};
  const addresses = new Map<string, string>();
  let outsiders = 10;
  for (const { name, address } of hosts) {
    const given = isIPv4(address) ? address : `${OUTSIDE}.${outsiders++}`;
    addresses.set(name, given);
    if (given !== address) names[address] = given;
    names[name] ??= given;
  }
  const routers = new Map<string, string>();
  for (const address of addresses.values()) {
    const prefix = prefixOf(address);
    if (!routers.has(prefix)) routers.set(prefix, routerOf(prefix, [...addresses.values()]));
  }
  const specs = hosts.map(({ name, packages }): [string, HostSpec] => {
    const address = addresses.get(name)!;
    const prefix = prefixOf(address);
    const eth0 = { network: networkName(prefix), address: `${address}/24`, gateway: routers.get(prefix)! };
    return [name, { interfaces: { eth0 }, packages }];
  });
  return {
    networks: Object.fromEntries(
      [...routers].map(([prefix, router]) => [networkName(prefix), `${router}/24`]),
    ),
    hosts: Object.fromEntries(specs),
    names,
    admitOperator: true,
    forward: true,
  };
}

/** The highest address of a network that no host has. */
function routerOf(prefix: string, taken: readonly string[]): string {
  let last = 254;
  while (taken.includes(`${prefix}.${last}`)) last -= 1;
  return `${prefix}.${last}`;
}

function prefixOf(address: string): string {
  return address.split('.').slice(0, 3).join('.');
}

function networkName(prefix: string): string {
  return `n${prefix.replaceAll('.', '-')}`;
}
