// What has to hold for a mesh to work, as assertions that name both places.
import {
  assert,
  insideNetwork,
  isSubnetOf,
  networksOverlap,
  prefixLength,
  hostPart,
  type Contribution,
  type FleetView,
  type HostView,
} from 'stead';
import { hubs, members } from './mesh.ts';
import { wireguard } from './options.ts';

type Reference = readonly [HostView, typeof wireguard, ...(string | number)[]];

/** Something that may be there once in a mesh only, and who has it. */
interface Claim {
  readonly who: string;
  readonly value: string;
  readonly at: Reference;
}

/** Each pair of hosts is looked at once, by the one whose name comes first. */
export function* consistency(host: HostView, fleet: FleetView): Generator<Contribution> {
  const others = members(host, fleet).filter((other) => other.name > host.name);
  yield* roles(host, fleet);
  yield* addresses(host, fleet);
  yield* distinct(addressClaims, host, others, 'address in the mesh');
  yield* distinct(keyClaims, host, others, 'public key');
  yield* subnets(host, others);
  yield* foreignPeers(host);
  yield* meshes(host, fleet);
}

function* roles(host: HostView, fleet: FleetView): Generator<Contribution> {
  const self = host.get(wireguard);
  const meshHubs = hubs(host, fleet);
  yield assert(
    meshHubs.length === 1,
    {
      message: `the mesh ${self.network} needs exactly one hub and has ${meshHubs.length}`,
      hint: "Give `role: 'hub'` to the one host that all others reach.",
    },
    ...(meshHubs.length > 0 ? meshHubs : [host]).map((hub) => [hub, wireguard, 'role'] as const),
  );
  yield assert(
    self.role !== 'hub' || self.endpoint !== undefined,
    {
      message: 'a hub needs an `endpoint`',
      hint: 'Give the public name or address that the others connect to.',
    },
    [wireguard, 'role'],
  );
  yield assert(
    self.role === 'gateway' || self.subnets.length === 0,
    {
      message: `only a gateway announces subnets, and ${host.name} is a ${self.role}`,
      hint: "Set `role: 'gateway'`, or take `subnets` out.",
    },
    [wireguard, 'subnets'],
    [wireguard, 'role'],
  );
  yield assert(
    self.role === 'hub' || Object.keys(self.roaming).length === 0,
    {
      message: `roaming devices connect to a hub, and ${host.name} is a ${self.role}`,
      hint: 'Move `roaming` to the hub.',
    },
    [wireguard, 'roaming'],
    [wireguard, 'role'],
  );
  yield assert(
    self.role !== 'hub' || self.presharedKeyFile === undefined,
    { message: 'a hub shares a key with each of the others', hint: 'Give `presharedKeyFile` on those.' },
    [wireguard, 'presharedKeyFile'],
  );
}

function* addresses(host: HostView, fleet: FleetView): Generator<Contribution> {
  const { network } = host.get(wireguard);
  const everybody = members(host, fleet);
  const claims = everybody.flatMap(addressClaims);
  // Where all of several are outside, it is not they that are wrong.
  if (claims.length > 2 && claims.every(({ value }) => !insideNetwork(value, network))) {
    const first = everybody.every((other) => host.name <= other.name);
    yield assert(
      !first,
      {
        message: `no address of the mesh ${network} is inside it: ${claims.map(({ value }) => value).join(', ')}`,
        hint: 'Mend `network`, or the addresses.',
      },
      [wireguard, 'network'],
      ...claims.slice(0, 2).map(({ at }) => at),
    );
    return;
  }
  for (const { who, value, at } of addressClaims(host)) {
    const inside = insideNetwork(value, network);
    const subject = who === host.name ? value : `${who} has the address ${value}, which`;
    yield assert(
      inside,
      {
        message: `${subject} is not inside the mesh ${network}`,
        hint: 'Give it an address in the mesh, or mend `network`.',
      },
      at,
      [wireguard, 'network'],
    );
    const part = hostPart(`${value}/${prefixLength(network)}`);
    const last = (1n << BigInt(32 - prefixLength(network))) - 1n;
    yield assert(
      !inside || prefixLength(network) > 30 || (part !== 0n && part !== last),
      {
        message: `${value} is the ${part === 0n ? 'network itself' : 'broadcast address'} in ${network}`,
        hint: 'Give it another address.',
      },
      at,
    );
  }
}

function* distinct(
  claimsOf: (host: HostView) => readonly Claim[],
  host: HostView,
  others: readonly HostView[],
  what: string,
): Generator<Contribution> {
  const own = claimsOf(host);
  const further = others.flatMap(claimsOf);
  for (const [index, one] of own.entries()) {
    for (const other of [...own.slice(index + 1), ...further]) {
      yield assert(
        one.value !== other.value,
        {
          message: `${one.who} and ${other.who} have the same ${what}, ${one.value}`,
          hint: 'Give each one of its own.',
        },
        one.at,
        other.at,
      );
    }
  }
}

function addressClaims(host: HostView): readonly Claim[] {
  const { address, roaming } = host.get(wireguard);
  return [
    { who: host.name, value: address, at: [host, wireguard, 'address'] },
    ...Object.entries(roaming).map(([name, device]): Claim => ({
      who: `the device ${name}`,
      value: device.address,
      at: [host, wireguard, 'roaming', name, 'address'],
    })),
  ];
}

function keyClaims(host: HostView): readonly Claim[] {
  const { publicKey, roaming, peers } = host.get(wireguard);
  return [
    { who: host.name, value: publicKey, at: [host, wireguard, 'publicKey'] },
    ...Object.entries(roaming).map(([name, one]): Claim => ({
      who: `the device ${name}`,
      value: one.publicKey,
      at: [host, wireguard, 'roaming', name, 'publicKey'],
    })),
    ...Object.entries(peers).map(([name, one]): Claim => ({
      who: `the peer ${name} of ${host.name}`,
      value: one.publicKey,
      at: [host, wireguard, 'peers', name, 'publicKey'],
    })),
  ];
}

function* subnets(host: HostView, others: readonly HostView[]): Generator<Contribution> {
  const self = host.get(wireguard);
  for (const subnet of self.subnets) {
    yield assert(
      !networksOverlap(subnet, self.network),
      {
        message: `the announced subnet ${subnet} overlaps the mesh ${self.network} itself`,
        hint: 'Announce the networks behind the host alone.',
      },
      [wireguard, 'subnets'],
      [wireguard, 'network'],
    );
    for (const other of others) {
      const overlap = other.get(wireguard).subnets.find((theirs) => networksOverlap(subnet, theirs));
      yield assert(
        overlap === undefined,
        {
          message: `${host.name} announces ${subnet} and ${other.name} ${overlap}, which overlap`,
          hint: 'Announce a network on one host, or narrower parts of it on each.',
        },
        [wireguard, 'subnets'],
        [other, wireguard, 'subnets'],
      );
    }
  }
}

/** WireGuard sends each address to one peer: what two are given goes to the last alone. */
function* foreignPeers(host: HostView): Generator<Contribution> {
  const { peers, network } = host.get(wireguard);
  const all = Object.entries(peers);
  for (const [index, [name, { allowedIPs }]] of all.entries()) {
    const inside = allowedIPs.find((one) => isSubnetOf(one, network));
    yield assert(
      inside === undefined,
      {
        message: `${inside} of the peer ${name} lies in the mesh ${network}`,
        hint: 'Addresses of the mesh belong to its hosts and their `roaming` devices: make it one of them, or give it another network.',
      },
      [wireguard, 'peers', name, 'allowedIPs'],
      [wireguard, 'network'],
    );
    for (const [otherName, other] of all.slice(index + 1)) {
      const shared = allowedIPs.find((one) => other.allowedIPs.includes(one));
      yield assert(
        shared === undefined,
        {
          message: `the peers ${name} and ${otherName} of ${host.name} are both given ${shared}`,
          hint: 'WireGuard sends an address to one peer: take it out of the other.',
        },
        [wireguard, 'peers', name, 'allowedIPs'],
        [wireguard, 'peers', otherName, 'allowedIPs'],
      );
    }
  }
}

/** Two meshes that overlap are one with a mistake in it. */
function* meshes(host: HostView, fleet: FleetView): Generator<Contribution> {
  const { network } = host.get(wireguard);
  for (const other of fleet.hosts) {
    if (other.name <= host.name || !other.uses(wireguard)) continue;
    const theirs = other.get(wireguard).network;
    yield assert(
      theirs === network || !networksOverlap(theirs, network),
      {
        message: `${host.name} is in the mesh ${network} and ${other.name} in ${theirs}, which overlap`,
        hint: 'Where both are one mesh, give them one `network`; otherwise mend one of the two.',
      },
      [wireguard, 'network'],
      [other, wireguard, 'network'],
    );
  }
}
