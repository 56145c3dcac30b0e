// A packet filter by zones (nftables): what listens says who may reach it, and nothing else comes in.
import {
  activation,
  checks,
  files,
  packages,
  readSource,
  sysctl,
  systemd,
  template,
  type Contribution,
  type HostView,
  type z,
} from 'stead';
import { consistency } from './consistency.ts';
import { openings, type Opening } from './openings.ts';
import { firewall } from './options.ts';
import { addressMatches, interfaceMatches, portMatch, publishedMatch, versionOf, words } from './rules.ts';

export { firewall } from './options.ts';

type Self = z.output<typeof firewall.schema>;
type Forward = Self['forward'][string];
type ForwardPort = Self['forwardPorts'][string];

const ruleset = readSource('./firewall.nft.hbs');
const tableFile = readSource('./table.nft.hbs');

firewall.implement({
  defines: [activation, checks, files, packages, sysctl, systemd],
  *config(self, { host, fleet }) {
    yield* consistency(host, fleet);
    yield packages({ install: ['nftables'] });
    yield* nftTable('firewall', 'inet stead', () => filter(host));
    for (const [name, { family, content }] of Object.entries(self.tables)) {
      const table = `${family} ${name}`;
      yield* nftTable(`firewall-${name}`, table, () =>
        template(tableFile, { host: host.name, table, content }),
      );
    }
    const carried = [...Object.values(self.forward), ...Object.values(self.forwardPorts)];
    // Docker drops what it does not know where it has switched forwarding on itself: this comes before it at a start.
    if (carried.length > 0) yield sysctl({ settings: { 'net.ipv4.ip_forward': 1 } });
    const addresses = [
      ...Object.values(self.forward).flatMap(({ sources, destinations }) => [...sources, ...destinations]),
      ...Object.values(self.forwardPorts).map(({ destination }) => destination),
    ];
    if (addresses.some((one) => versionOf(one) === 6)) {
      yield sysctl({ settings: { 'net.ipv6.conf.all.forwarding': 1 } });
    }
  },
});

/** A table of its own, as a unit that stands before any network does, replaces it at once, and takes away no other. */
function* nftTable(name: string, table: string, text: () => string): Generator<Contribution> {
  const path = `/etc/stead/${name}.nft`;
  const load = `/usr/sbin/nft -f ${path}`;
  yield files({ paths: { [path]: { mode: '0640', text } } });
  yield checks({ preflight: { [`nftables ${table}`]: ['nft', '-c', '-f', path] } });
  yield activation({ watchdogFor: [path] });
  yield systemd({
    units: {
      [`${name}.service`]: {
        wantedBy: ['sysinit.target'],
        readBy: [{ reload: path }],
        sections: {
          Unit: {
            Description: `Table ${table} of nftables`,
            // That of Debian's own unit begins with `flush ruleset`.
            After: 'nftables.service',
            Wants: 'network-pre.target',
            Before: 'network-pre.target',
            DefaultDependencies: false,
          },
          Service: {
            Type: 'oneshot',
            RemainAfterExit: true,
            ExecStart: load,
            ExecReload: load,
            ExecStop: `/usr/sbin/nft "add table ${table}; delete table ${table}"`,
          },
        },
      },
    },
  });
}

function filter(host: HostView): string {
  const self = host.get(firewall);
  const open = openings(host);
  const { [self.outside]: outside } = self.zones;
  const { containerInterfaces } = self;
  return template(ruleset, {
    host: host.name,
    reversePath: { strict: 'saddr . mark . iif', loose: 'saddr . mark', off: null }[self.checkReversePath],
    zones: Object.entries(self.zones).map(([name, { interfaces, allowPing }]) => {
      const openHere = open.filter(({ zone }) => zone === name);
      return {
        name,
        matches: interfaceMatches('iifname', interfaces),
        allowPing,
        input: openHere.map(inputRules),
        published: containerInterfaces.length === 0 ? [] : openHere.map((one) => publishedRules(one, self)),
      };
    }),
    closed: self.zeroInbound && outside !== undefined ? interfaceMatches('iifname', outside.interfaces) : [],
    extraInputRules: textLines(self.extraInputRules),
    extraForwardRules: textLines(self.extraForwardRules),
    fromContainers: interfaceMatches('iifname', containerInterfaces),
    forward: Object.entries(self.forward).map(([name, one]) => ({ name, rules: forwardRules(one, self) })),
    forwardPorts: Object.entries(self.forwardPorts).map(([name, one]) => ({
      name,
      ...forwardPortRules(one, self),
    })),
    masquerade: Object.entries(self.forward)
      .filter(([, { masquerade }]) => masquerade)
      .map(([name, one]) => ({ name, rules: masqueradeRules(one, self) })),
    reject: self.rejectPackets,
    log: self.logRefusedConnections,
  });
}

function inputRules({ name, protocol, ports, sources }: Opening): object {
  return { name, rules: product(addressMatches(sources), [portMatch(protocol, ports)], ['accept']) };
}

function publishedRules({ name, protocol, ports, sources }: Opening, { containerInterfaces }: Self): object {
  const match = ports.length === 0 ? 'ct status dnat' : publishedMatch(protocol, ports);
  const to = interfaceMatches('oifname', containerInterfaces);
  return { name, rules: product(to, addressMatches(sources), [match], ['accept']) };
}

function forwardRules(one: Forward, self: Self): string[] {
  return product(
    interfaceMatches('iifname', interfacesOf(one.from, self)),
    interfaceMatches('oifname', interfacesOf(one.to, self)),
    addressMatches(one.sources, one.destinations),
    [portMatch(one.protocol, one.ports)],
    ['accept'],
  );
}

/** What this host sends by itself has its own address already. */
function masqueradeRules(one: Forward, self: Self): string[] {
  return product(
    interfaceMatches('oifname', interfacesOf(one.to, self)),
    ['fib saddr type != local'],
    addressMatches(one.sources, one.destinations),
    [portMatch(one.protocol, one.ports)],
    ['masquerade'],
  );
}

function forwardPortRules(one: ForwardPort, self: Self): { rewrite: string[]; rules: string[] } {
  const { destination, destinationPort, sourcePort, protocol } = one;
  const family = versionOf(destination) === 4 ? 'ip' : 'ip6';
  const sources = one.sources.filter((source) => versionOf(source) === versionOf(destination));
  const from = product(interfaceMatches('iifname', interfacesOf(one.from, self)), addressMatches(sources));
  const there = portMatch(protocol, [destinationPort ?? sourcePort]);
  return {
    rewrite: product(
      from,
      ['fib daddr type local'],
      [portMatch(protocol, [sourcePort])],
      [`dnat ${family} to ${whereTo(destination, destinationPort)}`],
    ),
    rules: product(from, [`ct status dnat ${family} daddr ${destination}`], [there], ['accept']),
  };
}

function interfacesOf(zones: readonly string[], self: Self): string[] {
  return zones.flatMap((zone) => self.zones[zone]?.interfaces ?? []);
}

/** A rule for every choice of one part from each list. */
function product(...lists: readonly (readonly string[])[]): string[] {
  return lists.reduce<string[]>(
    (rules, parts) => rules.flatMap((rule) => parts.map((part) => words(rule, part))),
    [''],
  );
}

function whereTo(address: string, port: number | undefined): string {
  if (port === undefined) return address;
  return versionOf(address) === 4 ? `${address}:${port}` : `[${address}]:${port}`;
}

function textLines(text: string): string[] {
  return text === '' ? [] : text.split('\n');
}
