// What has to hold of interfaces and networks, of one host and between hosts.
import {
  addressOf,
  assert,
  insideNetwork,
  networkOf,
  networksOverlap,
  type Contribution,
  type FleetView,
  type HostView,
  type OptionReference,
} from 'stead';
import { madeDevices, type MadeDevice } from './devices.ts';
import { networking } from './options.ts';

export function* consistency(host: HostView, fleet: FleetView): Generator<Contribution> {
  yield* devicesAreApart(host);
  yield* networksAreApart(host);
  yield* routersAreOnTheLink(host);
  yield* networksAgree(host, fleet);
}

function* devicesAreApart(host: HostView): Generator<Contribution> {
  const self = host.get(networking);
  const made = madeDevices(self).map((one): MadeDevice & { readonly about: OptionReference } => ({
    ...one,
    about: [networking, `${one.kind}s`, one.name],
  }));
  for (const [index, { name, kind, parts, about }] of made.entries()) {
    const twin = made.slice(index + 1).find((other) => other.name === name);
    yield assert(
      twin === undefined,
      {
        message: `${name} of ${host.name} is both a ${kind} and a ${twin?.kind}`,
        hint: 'Rename one of them.',
      },
      about,
      ...(twin === undefined ? [] : [twin.about]),
    );
    if (kind === 'vlan') continue;
    for (const part of parts) {
      const other = made
        .slice(index + 1)
        .find((one) => one.kind !== 'vlan' && one.name !== name && one.parts.includes(part));
      yield assert(
        other === undefined,
        {
          message: `${part} of ${host.name} is part of ${name} and of ${other?.name}`,
          hint: 'Leave it in one of them.',
        },
        about,
        ...(other === undefined ? [] : [other.about]),
      );
      const { addresses = [], dhcp = 'no' } = self.interfaces[part] ?? {};
      yield assert(
        addresses.length === 0 && dhcp === 'no',
        {
          message: `${part} of ${host.name} is part of ${name}, and has addresses of its own`,
          hint: `Give them to ${name}.`,
        },
        [networking, 'interfaces', part],
        about,
      );
    }
  }
  const vlans = Object.entries(self.vlans);
  for (const [index, [name, { id, interface: parent }]] of vlans.entries()) {
    const twin = vlans.slice(index + 1).find(([, other]) => other.id === id && other.interface === parent);
    yield assert(
      twin === undefined,
      {
        message: `${name} and ${twin?.[0]} are both VLAN ${id} of ${parent} on ${host.name}`,
        hint: 'Give one of them another `id`, or keep one.',
      },
      [networking, 'vlans', name, 'id'],
      [networking, 'vlans', twin?.[0] ?? name, 'id'],
    );
  }
}

/** An address has one way to it. */
function* networksAreApart(host: HostView): Generator<Contribution> {
  const interfaces = Object.entries(host.get(networking).interfaces);
  for (const [index, [name, { addresses, peer }]] of interfaces.entries()) {
    yield assert(
      peer === undefined || addresses.length > 0,
      {
        message: `${name} of ${host.name} has a peer, and no address of its own`,
        hint: 'Give it `addresses`: a link from point to point has one at each end.',
      },
      [networking, 'interfaces', name, 'peer'],
    );
    for (const [other, { addresses: theirs }] of interfaces.slice(index + 1)) {
      const [mine, overlapping] =
        addresses
          .map((one) => [one, theirs.find((two) => networksOverlap(networkOf(one), networkOf(two)))] as const)
          .find(([, two]) => two !== undefined) ?? [];
      yield assert(
        overlapping === undefined,
        {
          message: `${name} and ${other} of ${host.name} are in networks that overlap, with ${mine} and ${overlapping}`,
          hint: 'Give one of them an address in another network, or make both parts of a bridge.',
        },
        [networking, 'interfaces', name, 'addresses'],
        [networking, 'interfaces', other, 'addresses'],
      );
    }
  }
}

function* routersAreOnTheLink(host: HostView): Generator<Contribution> {
  for (const [name, { addresses, peer, dhcp, gateways, routes }] of Object.entries(
    host.get(networking).interfaces,
  )) {
    const reached = (router: string): boolean =>
      dhcp !== 'no' ||
      router === peer ||
      insideNetwork(router, 'fe80::/10') ||
      addresses.some((address) => insideNetwork(router, networkOf(address)));
    const routers: (readonly [string, OptionReference])[] = [
      ...gateways.map((one) => [one, [networking, 'interfaces', name, 'gateways']] as const),
      ...routes.flatMap(({ via, onLink }) =>
        via === undefined || onLink ? [] : [[via, [networking, 'interfaces', name, 'routes']] as const],
      ),
    ];
    for (const [router, about] of routers) {
      yield assert(
        reached(router),
        {
          message: `the router ${router} is in no network of ${name} on ${host.name}`,
          hint: 'Mend the address; where it is on the link all the same, say so by a route with `onLink`.',
        },
        about,
        [networking, 'interfaces', name, 'addresses'],
      );
    }
  }
}

/** A name means the same network on every host, no two of which are at one address in it or overlap another network. */
function* networksAgree(host: HostView, fleet: FleetView): Generator<Contribution> {
  const first = firstIn(fleet);
  for (const other of fleet.hosts.filter((one) => one.name > host.name)) {
    for (const [mine, myNetwork, myAddress] of placesOf(host)) {
      for (const [theirs, theirNetwork, theirAddress] of placesOf(other)) {
        const about = [
          [networking, 'interfaces', mine, 'addresses'],
          [other, networking, 'interfaces', theirs, 'addresses'],
        ] as const;
        const overlap = networksOverlap(networkOf(myAddress), networkOf(theirAddress));
        // Networks are told apart once, not for each two hosts in them.
        const isFirst =
          first.get(networkKey(myNetwork, myAddress)) === host &&
          first.get(networkKey(theirNetwork, theirAddress)) === other;
        if (myNetwork !== theirNetwork) {
          yield assert(
            !overlap || !isFirst,
            {
              message: `the networks ${myNetwork} and ${theirNetwork} overlap: ${host.name} has ${myAddress} in the one and ${other.name} ${theirAddress} in the other`,
              hint: 'Where both are one network, give them one name; otherwise mend an address or its prefix length.',
            },
            ...about,
          );
          continue;
        }
        yield assert(
          addressOf(myAddress) !== addressOf(theirAddress),
          {
            message: `${host.name} and ${other.name} both have ${addressOf(myAddress)} in the network ${myNetwork}`,
            hint: 'Give one of them another address.',
          },
          ...about,
        );
        yield assert(
          !overlap || !isFirst || networkOf(myAddress) === networkOf(theirAddress),
          {
            message: `the network ${myNetwork} is ${networkOf(myAddress)} on ${host.name} and ${networkOf(theirAddress)} on ${other.name}`,
            hint: 'Mend the address or its prefix length on one of them, or give the networks two names.',
          },
          ...about,
        );
      }
    }
  }
}

/** Of each network, the host in it whose name comes first. */
function firstIn(fleet: FleetView): ReadonlyMap<string, HostView> {
  const first = new Map<string, HostView>();
  for (const host of fleet.hosts) {
    for (const [, name, address] of placesOf(host)) {
      const key = networkKey(name, address);
      if (!first.has(key)) first.set(key, host);
    }
  }
  return first;
}

function networkKey(name: string, address: string): string {
  return `${name} ${networkOf(address)}`;
}

/** Interface, network and address, of each interface that says which network it is in. */
function placesOf(host: HostView): (readonly [string, string, string])[] {
  return Object.entries(host.get(networking).interfaces).flatMap(([name, one]) =>
    one.network === undefined ? [] : one.addresses.map((address) => [name, one.network!, address] as const),
  );
}
