// The files of systemd-networkd: a .network for every device, a .netdev for those that are made.
import { systemdUnit } from 'stead';
import { devicesOf, type Device, type Interface, type Network } from './devices.ts';

type Value = string | number | boolean | readonly (string | number)[] | null;
type Section = Readonly<Record<string, Value>>;
type Sections = Readonly<Record<string, Section | readonly Section[]>>;

/** Files by name, which come before those that others have put there. */
export function networkdFiles(host: string, self: Network): Record<string, string> {
  const note = `# Written by stead for ${host}; changes made here are lost at the next switch.\n`;
  const made = new Map(netdevs(self).map(([name, sections]) => [name, systemdUnit(sections)]));
  return Object.fromEntries([
    ...[...made].map(([name, text]) => [`05-${name}.netdev`, note + text]),
    ...devicesOf(self).map((device) => [
      `05-${device.name}.network`,
      [note, systemdUnit(networkSections(device, self)), ...madeOf(device, made)].join(''),
    ]),
  ]);
}

/** @see systemd.netdev(5) */
function netdevs({ bridges, vlans, bonds }: Network): [name: string, sections: Sections][] {
  const netdev = (name: string, kind: string, own: Sections, more: Sections): [string, Sections] => {
    return [name, merged({ NetDev: { Name: name, Kind: kind }, ...own }, more)];
  };
  return [
    ...Object.entries(bridges).map(([name, { stp, settings }]) =>
      netdev(name, 'bridge', { Bridge: { STP: stp, ForwardDelaySec: stp ? null : 0 } }, settings),
    ),
    ...Object.entries(vlans).map(([name, { id, settings }]) =>
      netdev(name, 'vlan', { VLAN: { Id: id } }, settings),
    ),
    ...Object.entries(bonds).map(([name, { mode, settings }]) =>
      netdev(name, 'bond', { Bond: { Mode: mode, MIIMonitorSec: '100ms' } }, settings),
    ),
  ];
}

/**
 * What is made of a device, as a comment. A file that a reload finds unchanged goes on to mean the device that was there
 * before, so that the two can be joined again only where it is another file as well.
 */
function madeOf({ bridge, bond, vlans }: Device, made: ReadonlyMap<string, string>): string[] {
  return [bridge, bond, ...vlans].flatMap((name) => {
    const text = name === undefined ? undefined : made.get(name);
    return text === undefined ? [] : [`\n${text.trim().replaceAll(/^/gm, '# ')}\n`];
  });
}

/** @see systemd.network(5) */
function networkSections({ name, settings, bridge, bond, vlans }: Device, self: Network): Sections {
  const isPart = bridge !== undefined || bond !== undefined;
  // Without ports it would never have a carrier, and so no address.
  const isEmptyBridge = self.bridges[name]?.interfaces.length === 0;
  const typed = settings === undefined ? {} : interfaceSections(settings);
  return merged(
    {
      Match: { Name: name },
      Link: { ...typed.Link },
      Network: {
        ...typed.Network,
        Bridge: bridge ?? null,
        Bond: bond ?? null,
        VLAN: vlans,
        LinkLocalAddressing: isPart ? false : null,
        ConfigureWithoutCarrier: isEmptyBridge ? true : null,
      },
      Address: typed.Address ?? [],
      Route: typed.Route ?? [],
    },
    settings?.settings ?? {},
  );
}

interface InterfaceSections {
  readonly Link?: Section;
  readonly Network?: Section;
  readonly Address?: readonly Section[];
  readonly Route?: readonly Section[];
}

function interfaceSections(one: Interface): InterfaceSections {
  const { addresses, peer, dhcp, routes } = one;
  const [far, near] = peer === undefined ? [[], addresses] : [addresses.slice(0, 1), addresses.slice(1)];
  return {
    Link: {
      MACAddress: one.macAddress ?? null,
      MTUBytes: one.mtu ?? null,
      RequiredForOnline: one.required ? null : false,
    },
    Network: {
      DHCP: dhcp === 'no' ? null : dhcp,
      IPv6AcceptRA: one.acceptRA ?? null,
      Address: near,
      Gateway: one.gateways,
      DNS: one.dns,
      Domains: one.domains.length > 0 ? one.domains.join(' ') : null,
    },
    Address: far.map((address) => ({ Address: address, Peer: `${peer}/${peer?.includes(':') ? 128 : 32}` })),
    Route: routes.map(({ destination, via, metric, source, onLink }) => ({
      Destination: destination === 'default' ? (via === undefined ? '0.0.0.0/0' : null) : destination,
      Gateway: via ?? null,
      GatewayOnLink: onLink ? true : null,
      Metric: metric ?? null,
      PreferredSource: source ?? null,
      Scope: via === undefined ? 'link' : null,
    })),
  };
}

/** Sections without those that say nothing; of further ones, a repeated section is one more, and any other goes over. */
function merged(own: Sections, more: Sections): Sections {
  const all: Record<string, Section | readonly Section[]> = { ...own };
  for (const [name, section] of Object.entries(more)) {
    const before = all[name];
    all[name] = isList(before) ? [...before, section as Section] : { ...before, ...(section as Section) };
  }
  return Object.fromEntries(
    Object.entries(all).filter(([, section]) => (isList(section) ? section.length > 0 : !isEmpty(section))),
  );
}

function isList(section: Section | readonly Section[] | undefined): section is readonly Section[] {
  return Array.isArray(section);
}

function isEmpty(section: Section): boolean {
  return Object.values(section).every(
    (value) => value === null || (Array.isArray(value) && value.length === 0),
  );
}
