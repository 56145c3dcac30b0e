// What has to hold for a firewall to mean what it says, and for the deployer to come in again.
import {
  assert,
  didYouMean,
  insideNetwork,
  nearest,
  target,
  type Contribution,
  type FleetView,
  type HostView,
  type OptionReference,
} from 'stead';
import { network, networking } from '../network/index.ts';
import { ports } from '../ports/index.ts';
import { ends, holdsPort, includesPort, openings, type Opening } from './openings.ts';
import { firewall } from './options.ts';
import { versionOf } from './rules.ts';

export function* consistency(host: HostView, fleet: FleetView): Generator<Contribution> {
  yield* zonesAreApart(host);
  yield* zonesAreKnown(host);
  yield* addressesFit(host);
  yield* portsAreForwarded(host, fleet);
  yield* deployerComesIn(host);
  yield* nothingIsOpenOutside(host);
}

/** An interface belongs to one zone, and a zone has one. */
function* zonesAreApart(host: HostView): Generator<Contribution> {
  const zones = Object.entries(host.get(firewall).zones);
  for (const [index, [name, { interfaces }]] of zones.entries()) {
    yield assert(
      interfaces.length > 0,
      {
        message: `the zone ${name} of ${host.name} has no interface`,
        hint: 'Name its interfaces, or take the zone out.',
      },
      [firewall, 'zones', name],
    );
    for (const [other, { interfaces: theirs }] of zones.slice(index + 1)) {
      const shared = interfaces.find((one) => theirs.some((two) => stand(one, two)));
      yield assert(
        shared === undefined,
        {
          message: `the zones ${name} and ${other} of ${host.name} both have the interface ${shared}`,
          hint: 'Leave it in one of them.',
        },
        [firewall, 'zones', name, 'interfaces'],
        [firewall, 'zones', other, 'interfaces'],
      );
    }
  }
}

/** Whether two patterns stand for one interface. */
function stand(one: string, two: string): boolean {
  const [first, second] = [one.replace(/\*$/, ''), two.replace(/\*$/, '')];
  if (one === first && two === second) return first === second;
  return (one !== first && second.startsWith(first)) || (two !== second && first.startsWith(second));
}

function* zonesAreKnown(host: HostView): Generator<Contribution> {
  const self = host.get(firewall);
  const known = Object.keys(self.zones);
  const named: (readonly [what: string, zones: readonly string[], about: OptionReference])[] = [
    ...Object.entries(self.allow).map(
      ([name, one]) => [name, one.from, [firewall, 'allow', name, 'from']] as const,
    ),
    ...Object.entries(self.forward).flatMap(([name, one]) => [
      [name, one.from, [firewall, 'forward', name, 'from']] as const,
      [name, one.to, [firewall, 'forward', name, 'to']] as const,
    ]),
    ...Object.entries(self.forwardPorts).map(
      ([name, one]) => [name, one.from, [firewall, 'forwardPorts', name, 'from']] as const,
    ),
    ...(self.zeroInbound ? [['zeroInbound', [self.outside], [firewall, 'zeroInbound']] as const] : []),
  ];
  for (const [what, zones, about] of named) {
    const unknown = zones.find((zone) => !known.includes(zone));
    const near = nearest(unknown ?? '', known);
    yield assert(
      unknown === undefined,
      {
        message: `${what} names the zone ${unknown}, which ${host.name} does not have`,
        hint: didYouMean(near) ?? `It has ${known.join(', ')}.`,
      },
      about,
      [firewall, 'zones'],
    );
    yield assert(
      zones.length > 0,
      { message: `${what} names no zone, so that it has no effect`, hint: 'Name zones, or take it out.' },
      about,
    );
  }
}

/** A packet has one version of IP. */
function* addressesFit(host: HostView): Generator<Contribution> {
  const self = host.get(firewall);
  const pairs = [
    ...Object.entries(self.forward).map(
      ([name, { sources, destinations }]) =>
        [name, sources, destinations, [firewall, 'forward', name]] as const,
    ),
    ...Object.entries(self.forwardPorts).map(
      ([name, { sources, destination }]) =>
        [name, sources, [destination], [firewall, 'forwardPorts', name]] as const,
    ),
  ];
  for (const [name, sources, destinations, about] of pairs) {
    const meet = sources.some((one) => destinations.some((other) => versionOf(one) === versionOf(other)));
    yield assert(
      sources.length === 0 || destinations.length === 0 || meet,
      {
        message: `${name} has IPv${versionOf(sources[0] ?? '')} sources and IPv${versionOf(destinations[0] ?? '')} destinations, which never meet`,
        hint: 'Write addresses of one version, or one entry for each version.',
      },
      about,
    );
  }
}

function* portsAreForwarded(host: HostView, fleet: FleetView): Generator<Contribution> {
  const forwards = Object.entries(host.get(firewall).forwardPorts);
  for (const [index, [name, one]] of forwards.entries()) {
    const about: OptionReference = [firewall, 'forwardPorts', name];
    yield assert(
      typeof one.sourcePort === 'number' || one.destinationPort === undefined,
      {
        message: `${name} forwards a range of ports, which keep their numbers`,
        hint: 'Leave out `destinationPort`.',
      },
      about,
    );
    const twin = forwards
      .slice(index + 1)
      .find(
        ([, other]) => other.protocol === one.protocol && overlap(one, other) && meet(one.from, other.from),
      );
    yield assert(
      twin === undefined,
      {
        message: `${name} and ${twin?.[0]} of ${host.name} both forward ${one.protocol} port ${one.sourcePort}`,
        hint: 'Give one of them another `sourcePort`, or other zones in `from`.',
      },
      [...about, 'sourcePort'],
      [firewall, 'forwardPorts', twin?.[0] ?? name, 'sourcePort'],
    );
    const here = Object.entries(host.get(ports).listen).find(
      ([, { port, protocol, openTo }]) =>
        protocol === one.protocol && holdsPort([one.sourcePort], port) && meet(one.from, openTo),
    );
    yield assert(
      here === undefined,
      {
        message: `${name} forwards ${one.protocol} port ${one.sourcePort} of ${host.name}, on which ${here?.[0]} listens`,
        hint: 'Give it another `sourcePort`, or let the service listen elsewhere.',
      },
      [...about, 'sourcePort'],
      [ports, 'listen', here?.[0] ?? '', 'port'],
    );
    yield* leadsSomewhere(host, fleet, name);
  }
}

/** To a host of the fleet that listens there, or into a network that this host is in. */
function* leadsSomewhere(host: HostView, fleet: FleetView, name: string): Generator<Contribution> {
  const one = host.get(firewall).forwardPorts[name]!;
  const about: OptionReference = [firewall, 'forwardPorts', name, 'destination'];
  const there = fleet.hosts.find((other) =>
    Object.values(other.get(network).addresses).includes(one.destination),
  );
  if (there === undefined) {
    const networks = Object.values(host.get(networking).interfaces).flatMap(({ addresses }) => addresses);
    yield assert(
      networks.length === 0 || networks.some((mine) => insideNetwork(one.destination, mine)),
      {
        message: `${name} forwards to ${one.destination}, which no host of the fleet has, and which is in no network of ${host.name}`,
        hint: 'Mend the address, or add the route to its network to `networking`.',
      },
      about,
      [networking, 'interfaces'],
    );
    return;
  }
  const { first, last } = ends(one.destinationPort ?? one.sourcePort);
  const listens = Object.values(there.get(ports).listen).some(
    ({ port, protocol }) => protocol === one.protocol && first <= port && port <= last,
  );
  yield assert(
    listens || !there.uses(ports),
    {
      message: `${name} forwards to ${one.protocol} port ${first === last ? first : `${first}-${last}`} of ${there.name}, on which nothing listens`,
      hint: 'Mend the port; what listens there without a module is said with `ports({ listen: … })`.',
    },
    about,
    [there, network, 'addresses'],
  );
}

function overlap(one: { sourcePort: number | string }, other: { sourcePort: number | string }): boolean {
  const [mine, theirs] = [ends(one.sourcePort), ends(other.sourcePort)];
  return mine.first <= theirs.last && theirs.first <= mine.last;
}

function meet(one: readonly string[], other: readonly string[]): boolean {
  return one.some((zone) => other.includes(zone));
}

function* deployerComesIn(host: HostView): Generator<Contribution> {
  const { ssh } = host.get(target);
  if (ssh === undefined) return;
  const port = ssh.port ?? 22;
  yield assert(
    openings(host).some((one) => includesPort(one, 'tcp', port)),
    {
      message: `${host.name} is switched over SSH, and its port ${port} is open to no zone`,
      hint: `Open it to the zone that you come from: \`allowedTCPPorts: [${port}]\`.`,
    },
    [target, 'ssh'],
    [firewall, 'zones'],
  );
}

function* nothingIsOpenOutside(host: HostView): Generator<Contribution> {
  const self = host.get(firewall);
  if (!self.zeroInbound) return;
  const violations: (readonly [string, OptionReference])[] = [
    ...openings(host)
      .filter(({ zone }) => zone === self.outside)
      .map((one) => [`${openingText(one)} is open`, one.about] as const),
    ...Object.entries(self.forwardPorts)
      .filter(([, { from }]) => from.includes(self.outside))
      .map(
        ([name, { protocol, sourcePort }]) =>
          [
            `${protocol} port ${sourcePort} (${name}) is forwarded`,
            [firewall, 'forwardPorts', name],
          ] as const,
      ),
    ...Object.entries(self.forward)
      .filter(([, { from }]) => from.includes(self.outside))
      .map(([name]) => [`${name} is carried on`, [firewall, 'forward', name, 'from']] as const),
  ];
  for (const [what, about] of violations) {
    yield assert(
      false,
      {
        message: `${what} from the zone ${self.outside} of ${host.name}, and zeroInbound lets nothing in from there`,
        hint: 'Leave the zone out there, or set `zeroInbound: false`.',
      },
      about,
      [firewall, 'zeroInbound'],
    );
  }
}

function openingText({ name, protocol, ports: list }: Opening): string {
  return list.length === 0 ? name : `${protocol} port ${list.join(', ')} (${name})`;
}
