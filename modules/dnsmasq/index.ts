// A DNS and DHCP server that knows the fleet: names of all hosts from their own settings, split DNS to other servers.
import {
  addressOf,
  checks,
  files,
  packages,
  readSource,
  systemd,
  template,
  type FleetView,
  type HostView,
  type z,
} from 'stead';
import { networking } from '../network/index.ts';
import { ports } from '../ports/index.ts';
import { wireguard } from '../wireguard/options.ts';
import { consistency } from './consistency.ts';
import { dhcpLines, leasesText } from './dhcp.ts';
import { hostsText } from './names.ts';
import { dnsmasq, dnsmasqNames } from './options.ts';

export { dnsmasq, dnsmasqNames } from './options.ts';

const configuration = readSource('./dnsmasq.conf.hbs');
const CONFIGURATION = '/etc/dnsmasq.d/stead.conf';
const HOSTS = '/etc/stead/dnsmasq.hosts';
const LEASES = '/etc/stead/dnsmasq.leases';
/** Of the package dnsmasq-base. */
const TRUST_ANCHORS = '/usr/share/dnsmasq-base/trust-anchors.conf';

dnsmasq.implement({
  defines: [checks, dnsmasqNames, files, packages, ports, systemd],
  *config(self, { host, fleet }) {
    const givesAddresses = Object.keys(self.dhcp.ranges).length > 0;
    yield packages({ install: ['dnsmasq', 'bind9-dnsutils'] });
    yield dnsmasqNames({ hosts: () => hostsText(host, fleet) });
    yield files({
      paths: {
        [CONFIGURATION]: () => confText(host, fleet),
        [HOSTS]: () => host.get(dnsmasqNames).hosts,
      },
    });
    if (givesAddresses) yield files({ paths: { [LEASES]: () => leasesText(host, fleet) } });
    yield systemd({
      units: {
        'dnsmasq.service': {
          wantedBy: ['multi-user.target'],
          readBy: [CONFIGURATION, { reload: HOSTS }, ...(givesAddresses ? [{ reload: LEASES }] : [])],
          // Stopped before the commit point it would leave the rest of the switch without names.
          onChange: 'restart',
        },
        // What starts after it waits for a restart, too: without a job of its own the target orders nothing.
        'nss-lookup.target': { dropIns: { stead: { Unit: { PartOf: 'dnsmasq.service' } } } },
      },
    });
    yield ports({ listen: listeners(host) });
    yield checks({
      preflight: { dnsmasq: ['dnsmasq', '--test', `--conf-file=${CONFIGURATION}`] },
      health: {
        dnsmasq: {
          command: [
            'dig',
            '@127.0.0.1',
            '-p',
            `${self.port}`,
            '+time=2',
            '+tries=1',
            'version.bind',
            'CH',
            'TXT',
          ],
          tries: 5,
        },
      },
    });
  },
});

/** Reads what hosts listen on, and so must have no say in it. */
dnsmasqNames.implement({
  *config(_, { host, fleet }) {
    if (host.uses(dnsmasq)) yield* consistency(host, fleet);
  },
});

function confText(host: HostView, fleet: FleetView): string {
  const self = host.get(dnsmasq);
  return template(configuration, {
    host: host.name,
    port: self.port,
    hostsFile: HOSTS,
    cacheSize: self.cacheSize,
    interfaces: self.interfaces,
    // An interface brings `lo` with it, an address does not.
    listenAddresses: self.listenAddresses.length > 0 ? ['127.0.0.1', ...self.listenAddresses] : [],
    domain: self.domain,
    authoritative: self.publish.length > 0,
    lines: [
      ...recordLines(self),
      ...forwardLines(self, [...new Set([...self.upstreamNames, ...endpointNames(self, fleet)])]),
      ...(self.dnssec ? ['dnssec', `conf-file=${TRUST_ANCHORS}`] : []),
      ...(self.logQueries ? ['log-queries'] : []),
      ...dhcpLines(self, LEASES),
      ...Object.entries(self.settings).flatMap(([key, value]) => settingLines(key, value)),
    ],
  });
}

type Dnsmasq = z.output<typeof dnsmasq.schema>;

function recordLines({ wildcards, cnames, services, mail, texts }: Dnsmasq): string[] {
  return [
    ...Object.entries(wildcards).map(([name, address]) => `address=/${name}/${address}`),
    ...Object.entries(cnames).map(([name, target]) => `cname=${name},${target}`),
    ...Object.entries(services).flatMap(([name, all]) =>
      all.map(
        ({ target, port, priority, weight }) => `srv-host=${name},${target},${port},${priority},${weight}`,
      ),
    ),
    ...Object.entries(mail).flatMap(([name, all]) =>
      all.map(({ target, preference }) => `mx-host=${name},${target},${preference}`),
    ),
    ...Object.entries(texts).flatMap(([name, all]) =>
      all.map((text) => `txt-record=${name},${quoted(text)}`),
    ),
  ];
}

function forwardLines(
  { forward, forwardReverse, upstreams, rebindProtection }: Dnsmasq,
  upstreamNames: readonly string[],
): string[] {
  const domains = Object.keys(forward);
  return [
    ...domains.map((domain) => `server=/${domain}/${forward[domain]}`),
    ...Object.entries(forwardReverse).map(([addresses, server]) => `rev-server=${addresses},${server}`),
    ...upstreamNames.map((name) => `server=/${name}/#`),
    ...(upstreams.length > 0 ? ['no-resolv'] : []),
    ...upstreams.map((server) => `server=${server}`),
    ...(rebindProtection ? ['stop-dns-rebind', 'rebind-localhost-ok'] : []),
    ...(rebindProtection
      ? [...domains, ...upstreamNames].map((domain) => `rebind-domain-ok=/${domain}/`)
      : []),
  ];
}

/** Where a tunnel leads to: who answers for the whole domain would say that there is no such name. */
function endpointNames({ publish, domain, records }: Dnsmasq, fleet: FleetView): string[] {
  if (publish.length === 0) return [];
  return fleet.hosts
    .filter((host) => host.uses(wireguard))
    .map((host) => host.get(wireguard).endpoint)
    .filter((name) => name !== undefined)
    .filter((name) => name.endsWith(`.${domain}`) && !(name in records));
}

/** As dnsmasq reads a string: texts of more than 255 characters are several to DNS. */
function quoted(text: string): string {
  const parts = text.match(/.{1,255}/gs) ?? [''];
  return parts.map((part) => `"${part.replaceAll(/["\\]/g, String.raw`\$&`)}"`).join(',');
}

function settingLines(key: string, value: string | number | true | readonly (string | number)[]): string[] {
  if (value === true) return [key];
  return (Array.isArray(value) ? value : [value]).map((one) => `${key}=${one}`);
}

/** By address where all are known, so that another server may have the others. */
function listeners(host: HostView) {
  const { interfaces, listenAddresses, port, openTo, dhcp } = host.get(dnsmasq);
  const addresses = [...interfaces.flatMap((name) => interfaceAddresses(host, name)), ...listenAddresses];
  const known = addresses.every((one) => one !== undefined) ? addresses : [];
  const dns = (known.length > 0 ? known : [undefined]).flatMap((address) =>
    (['udp', 'tcp'] as const).map(
      (protocol) =>
        [
          `dnsmasq dns ${protocol}${address === undefined ? '' : ` ${address}`}`,
          { port, protocol, openTo, ...(address === undefined ? {} : { address }) },
        ] as const,
    ),
  );
  const givesAddresses = Object.keys(dhcp.ranges).length > 0;
  return Object.fromEntries([
    ...dns,
    ...(givesAddresses ? [['dnsmasq dhcp', { port: 67, protocol: 'udp' as const, openTo }] as const] : []),
  ]);
}

/** Addresses of an interface as far as modules say; undefined where none does. */
function interfaceAddresses(host: HostView, name: string): (string | undefined)[] {
  const mesh = host.uses(wireguard) ? host.get(wireguard) : undefined;
  if (name === mesh?.interface) return [mesh.address];
  const known = host.uses(networking) ? host.get(networking).interfaces[name] : undefined;
  if (known === undefined || known.dhcp !== 'no' || known.addresses.length === 0) return [undefined];
  return known.addresses.map(addressOf);
}
