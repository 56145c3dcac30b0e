// What has to hold for names and addresses to be given out rightly; dnsmasq itself takes what is refused here.
import { assert, compareAddresses, type Contribution, type FleetView, type HostView } from 'stead';
import { network } from '../network/index.ts';
import { ports } from '../ports/index.ts';
import { leases } from './dhcp.ts';
import { published, publishedAddress, servedNames, type Published } from './names.ts';
import { dnsmasq } from './options.ts';

export function* consistency(host: HostView, fleet: FleetView): Generator<Contribution> {
  const all = published(host, fleet);
  yield* addresses(all);
  yield* unpublished(host, fleet);
  yield* cnames(host, all);
  yield* ranges(host, fleet);
  yield* twins(host, fleet);
}

/** A name that has two addresses leads to the one now and to the other then. */
function* addresses(all: readonly Published[]): Generator<Contribution> {
  const first = new Map<string, Published>();
  for (const one of all) {
    for (const name of one.names) {
      const other = first.get(name);
      if (other === undefined) first.set(name, one);
      // That two hosts serve a name, `ports` says of all hosts.
      else if (!(isServed(other) && isServed(one))) {
        yield assert(
          other.address === one.address,
          {
            message: `the name ${name} has two addresses: ${other.address} (${other.as}) and ${one.address} (${one.as})`,
            hint: 'Take out the one that is wrong, or rename one of the two.',
          },
          other.at,
          one.at,
        );
      }
    }
  }
}

function isServed({ at }: Published): boolean {
  return at.includes(ports);
}

function* unpublished(host: HostView, fleet: FleetView): Generator<Contribution> {
  const { publish } = host.get(dnsmasq);
  if (publish.length === 0) return;
  for (const other of fleet.hosts) {
    const names = servedNames(other);
    yield assert(
      names.length === 0 || publishedAddress(host, other) !== undefined,
      {
        message: `${other.name} serves ${names[0]}, and has no address in the networks that ${host.name} publishes: ${publish.join(', ')}`,
        hint: 'Give it an address there, or publish a network that it is in.',
      },
      [other, ports, 'serves'],
      [dnsmasq, 'publish'],
    );
  }
}

/** dnsmasq gives no answer for a CNAME whose target it would have to ask for. */
function* cnames(host: HostView, all: readonly Published[]): Generator<Contribution> {
  const self = host.get(dnsmasq);
  const known = new Set([...all.flatMap(({ names }) => names), ...Object.keys(self.dhcp.leases)]);
  for (const [name, target] of Object.entries(self.cnames)) {
    const at = [dnsmasq, 'cnames', name] as const;
    yield assert(
      known.has(target) || target in self.cnames || isGivenByDhcp(target, self),
      {
        message: `${target}, for which ${name} is another name, is none that ${host.name} knows itself`,
        hint: 'Give that name an address with `records`.',
      },
      at,
    );
    const address = all.find(({ names }) => names.includes(name));
    yield assert(
      address === undefined,
      {
        message: `${name} is another name for ${target}, and has the address ${address?.address} (${address?.as})`,
        hint: 'Keep the address or the other name, not both.',
      },
      at,
      ...(address === undefined ? [] : [address.at]),
    );
  }
}

function isGivenByDhcp(
  name: string,
  { domain, dhcp }: { readonly domain: string; readonly dhcp: { readonly leases: object } },
): boolean {
  return name.endsWith(`.${domain}`) && name.slice(0, -domain.length - 1) in dhcp.leases;
}

function* ranges(host: HostView, fleet: FleetView): Generator<Contribution> {
  const { dhcp } = host.get(dnsmasq);
  const all = Object.entries(dhcp.ranges);
  const fixed = new Set(leases(host, fleet).map(({ address }) => address));
  for (const [index, [name, { first, last }]] of all.entries()) {
    const at = [dnsmasq, 'dhcp', 'ranges', name] as const;
    const holds = (address: string): boolean =>
      compareAddresses(first, address) <= 0 && compareAddresses(address, last) <= 0;
    yield assert(
      compareAddresses(first, last) <= 0,
      {
        message: `the range ${name} runs backwards: ${first} to ${last}`,
        hint: 'Write the lower address as `first`.',
      },
      [...at, 'last'],
    );
    for (const [otherName, other] of all.slice(index + 1)) {
      yield assert(
        compareAddresses(last, other.first) < 0 || compareAddresses(other.last, first) < 0,
        {
          message: `the ranges ${name} and ${otherName} overlap`,
          hint: 'End the one before the other begins.',
        },
        at,
        [dnsmasq, 'dhcp', 'ranges', otherName],
      );
    }
    const taken = fleet.hosts
      .filter((one) => one.uses(network))
      .flatMap((other) =>
        Object.entries(other.get(network).addresses)
          .filter(([, address]) => holds(address) && !fixed.has(address))
          .map(([where, address]) => ({
            what: `${address} of ${other.name}`,
            about: [other, network, 'addresses', where] as const,
          })),
      );
    yield assert(
      taken.length === 0,
      {
        message: `${taken.map(({ what }) => what).join(', ')} ${taken.length === 1 ? 'lies' : 'lie'} in the range ${name}, ${first} to ${last}: somebody else may be given it`,
        hint: 'Move the range, or give the host the address by a lease, in `dhcp.leases`.',
      },
      at,
      ...taken.slice(0, 2).map(({ about }) => about),
    );
  }
}

/** Machines that share a hardware address, or are given one address. */
function* twins(host: HostView, fleet: FleetView): Generator<Contribution> {
  const all = leases(host, fleet);
  for (const [index, one] of all.entries()) {
    for (const other of all.slice(index + 1)) {
      const at = (name: string) => [dnsmasq, 'dhcp', 'leases', name] as const;
      yield assert(
        one.mac.toLowerCase() !== other.mac.toLowerCase(),
        {
          message: `${one.name} and ${other.name} have the same hardware address, ${one.mac}`,
          hint: 'Look up with `ip link` on each which is whose.',
        },
        at(one.name),
        at(other.name),
      );
      yield assert(
        one.address === undefined || one.address !== other.address,
        {
          message: `${one.name} and ${other.name} are both given ${one.address}`,
          hint: 'Give each an address of its own.',
        },
        at(one.name),
        at(other.name),
      );
    }
  }
}
