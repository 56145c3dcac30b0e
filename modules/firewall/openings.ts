// What a host opens to each of its zones, and where that is said.
import { portsOf, type HostView, type OptionReference } from 'stead';
import { ports } from '../ports/index.ts';
import { firewall } from './options.ts';
import type { Ports } from './rules.ts';

/** Something that is open to a zone. */
export interface Opening {
  readonly zone: string;
  /** Says what it is. */
  readonly name: string;
  readonly protocol: 'tcp' | 'udp';
  /** None stands for all, of both protocols. */
  readonly ports: Ports;
  /** None stands for any. */
  readonly sources: readonly string[];
  readonly about: OptionReference;
}

/** Everything that is open to a zone of the host: by what listens, by the zone itself, by `allow`. */
export function openings(host: HostView): Opening[] {
  const self = host.get(firewall);
  const zones = Object.entries(self.zones);
  return [
    ...zones
      .filter(([, { trusted }]) => trusted)
      .map(([zone]) => opening(zone, 'all, since it is trusted', [firewall, 'zones', zone, 'trusted'])),
    ...Object.entries(host.get(ports).listen).flatMap(([name, { port, protocol, openTo }]) =>
      openTo
        .filter((zone) => zone in self.zones)
        .map((zone) => opening(zone, name, [ports, 'listen', name, 'openTo'], { protocol, ports: [port] })),
    ),
    ...zones.flatMap(([zone, { allowedTCPPorts, allowedUDPPorts }]) => [
      ...zonePorts(zone, 'tcp', 'allowedTCPPorts', allowedTCPPorts),
      ...zonePorts(zone, 'udp', 'allowedUDPPorts', allowedUDPPorts),
    ]),
    ...Object.entries(self.allow).flatMap(([name, { from, ...rest }]) =>
      from.map((zone) => opening(zone, name, [firewall, 'allow', name], rest)),
    ),
  ];
}

/** Whether it takes in a port. */
export function includesPort(opening: Opening, protocol: 'tcp' | 'udp', port: number): boolean {
  return opening.ports.length === 0 || (opening.protocol === protocol && holdsPort(opening.ports, port));
}

export function holdsPort(list: Ports, port: number): boolean {
  return list.some((one) => {
    const { first, last } = ends(one);
    return first <= port && port <= last;
  });
}

/** The first and the last port of what is a port or a range. */
export function ends(one: number | string): { readonly first: number; readonly last: number } {
  return typeof one === 'number' ? { first: one, last: one } : portsOf(one);
}

function zonePorts(
  zone: string,
  protocol: 'tcp' | 'udp',
  key: 'allowedTCPPorts' | 'allowedUDPPorts',
  list: Ports,
): Opening[] {
  return list.length === 0
    ? []
    : [opening(zone, key, [firewall, 'zones', zone, key], { protocol, ports: list })];
}

function opening(
  zone: string,
  name: string,
  about: OptionReference,
  { protocol = 'tcp', ports: list = [], sources = [] }: Partial<Opening> = {},
): Opening {
  return { zone, name, protocol, ports: list, sources, about };
}
