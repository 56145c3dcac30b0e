// DHCP as dnsmasq(8) is told of it.
import type { FleetView, HostView, z } from 'stead';
import { publishedAddress } from './names.ts';
import { dnsmasq } from './options.ts';

type Dhcp = z.output<typeof dnsmasq.schema>['dhcp'];

/** Lines of the configuration; none where no addresses are given away. */
export function dhcpLines({ dhcp }: { readonly dhcp: Dhcp }, leasesFile: string): string[] {
  const ranges = Object.entries(dhcp.ranges);
  if (ranges.length === 0) return [];
  return [
    ...ranges.flatMap(([name, { first, last, leaseTime, options }]) => [
      `dhcp-range=set:${name},${first},${last},${leaseTime}`,
      ...optionLines(options, `tag:${name},`),
    ]),
    ...optionLines(dhcp.options, ''),
    ...(dhcp.authoritative ? ['dhcp-authoritative'] : []),
    `dhcp-hostsfile=${leasesFile}`,
  ];
}

/** A machine that always gets the same address. */
export interface Lease {
  readonly name: string;
  readonly mac: string;
  readonly address: string | undefined;
  readonly leaseTime: string | undefined;
}

/** Leases with the addresses that follow from the fleet. */
export function leases(host: HostView, fleet: FleetView): Lease[] {
  return Object.entries(host.get(dnsmasq).dhcp.leases).map(([name, { mac, address, leaseTime }]) => {
    const other = fleet.hosts.find((one) => one.name === name);
    return {
      name,
      mac,
      address: address ?? (other === undefined ? undefined : publishedAddress(host, other)),
      leaseTime,
    };
  });
}

/** The file that dnsmasq reads again when it is told to reload (dhcp-hostsfile). */
export function leasesText(host: HostView, fleet: FleetView): string {
  return leases(host, fleet)
    .map(({ name, mac, address, leaseTime }) =>
      [mac.toLowerCase(), address, name, leaseTime].filter((part) => part !== undefined).join(','),
    )
    .map((line) => `${line}\n`)
    .join('');
}

function optionLines(options: Dhcp['options'], tag: string): string[] {
  return Object.entries(options).map(([name, value]) => {
    const option = /^\d+$/.test(name) ? name : `option:${name}`;
    const values = (Array.isArray(value) ? value : [value]).filter((one) => one !== '');
    return `dhcp-option=${[`${tag}${option}`, ...values].join(',')}`;
  });
}
