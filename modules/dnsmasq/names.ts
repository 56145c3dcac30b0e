// Which names a server publishes, and at which addresses: hosts of the fleet, what they serve, further records.
import type { FleetView, HostView, OptionReference } from 'stead';
import { network } from '../network/index.ts';
import { ports } from '../ports/index.ts';
import { dnsmasq } from './options.ts';

/** Names of one address, the one first that the address stands for. */
export interface Published {
  readonly address: string;
  readonly names: readonly string[];
  /** Says whose they are. */
  readonly as: string;
  readonly at: OptionReference;
}

/** The text of hosts(5). */
export function hostsText(host: HostView, fleet: FleetView): string {
  return published(host, fleet)
    .map(({ address, names }) => `${address} ${names.join(' ')}\n`)
    .join('');
}

/** Every host at its address in the most preferred network, what it serves there, then the further records. */
export function published(host: HostView, fleet: FleetView): Published[] {
  const { domain, records } = host.get(dnsmasq);
  const hosts = fleet.hosts.flatMap((other): Published[] => {
    const address = publishedAddress(host, other);
    if (address === undefined) return [];
    const own = [other.name, ...aliasesOf(other)].flatMap((name) => [`${name}.${domain}`, name]);
    return [{ address, names: own, as: `the host ${other.name}`, at: [other, network, 'addresses'] }];
  });
  const served = fleet.hosts.flatMap((other): Published[] => {
    const address = publishedAddress(host, other);
    const names = servedNames(other);
    if (address === undefined || names.length === 0) return [];
    return [{ address, names, as: `what ${other.name} serves`, at: [other, ports, 'serves'] }];
  });
  const further = Object.entries(records).map(([name, address]): Published => ({
    address,
    names: [name],
    as: 'a record',
    at: [dnsmasq, 'records', name],
  }));
  return [...hosts, ...served, ...further];
}

/** The address that `host` publishes for another. */
export function publishedAddress(host: HostView, other: HostView): string | undefined {
  if (!other.uses(network)) return undefined;
  const { addresses } = other.get(network);
  return host
    .get(dnsmasq)
    .publish.map((name) => addresses[name])
    .find((found) => found !== undefined);
}

/** Names that a host answers to, besides its own. */
export function servedNames(host: HostView): readonly string[] {
  return host.uses(ports) ? host.get(ports).serves : [];
}

function aliasesOf(host: HostView): readonly string[] {
  return host.get(network).aliases;
}
