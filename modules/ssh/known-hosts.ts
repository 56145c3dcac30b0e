// The fleet's own list of SSH host keys: every host under all of its names and addresses.
import { target, type FleetView, type HostView } from 'stead';
import { dnsmasq } from '../dnsmasq/index.ts';
import { network } from '../network/index.ts';
import { ssh } from './options.ts';

/** The text of ssh_known_hosts(8): hosts of the fleet by name, then the others. */
export function knownHosts(host: HostView, fleet: FleetView): string {
  const domains = domainsOf(fleet);
  const ours = fleet.hosts.flatMap((other) => linesOf(addressed(other, domains), keysOf(other)));
  const others = Object.values(host.get(ssh).knownHosts).flatMap((one) =>
    linesOf(one.hostNames, one.publicKeys),
  );
  return [...ours, ...others].map((line) => `${line}\n`).join('');
}

function linesOf(names: readonly string[], keys: readonly string[]): string[] {
  return keys.map((key) => `${names.join(',')} ${key.split(' ').slice(0, 2).join(' ')}`);
}

function keysOf(host: HostView): string[] {
  const way = host.get(target).ssh;
  const own = host.uses(ssh) ? host.get(ssh).publicHostKeys : [];
  return [...new Set([...(way?.hostKeys ?? []), ...own])];
}

/** Every way to name a host; a port other than 22 is part of it. */
function addressed(host: HostView, domains: readonly string[]): string[] {
  const { addresses, aliases } = host.get(network);
  const way = host.get(target).ssh;
  const own = host.uses(ssh) ? host.get(ssh) : undefined;
  const short = [host.name, ...aliases];
  const names = [
    ...short,
    ...domains.flatMap((domain) => short.map((name) => `${name}.${domain}`)),
    ...Object.values(addresses),
    ...(own?.hostNames ?? []),
  ];
  const ports = own?.ports ?? [way?.port ?? 22];
  const everywhere = ports.flatMap((port) => names.map((name) => at(name, port)));
  const reached = way === undefined ? [] : [at(way.address, way.port ?? 22)];
  return [...new Set([...everywhere, ...reached])];
}

function at(name: string, port: number): string {
  return port === 22 ? name : `[${name}]:${port}`;
}

/** Domains in which the fleet's name servers publish its hosts. */
function domainsOf(fleet: FleetView): string[] {
  const servers = fleet.hosts.filter((host) => host.uses(dnsmasq)).map((host) => host.get(dnsmasq));
  return [...new Set(servers.filter(({ publish }) => publish.length > 0).map(({ domain }) => domain))];
}
