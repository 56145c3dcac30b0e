// The text of /etc/network/interfaces, for Debian's ifupdown and for ifupdown2.
import { devicesOf, type Device, type Interface, type Network } from './devices.ts';

/** One `iface` stanza. */
export interface Stanza {
  readonly name: string;
  readonly family: 'inet' | 'inet6';
  readonly method: 'static' | 'dhcp' | 'manual' | 'auto';
  /** `key value`. */
  readonly lines: readonly string[];
}

/** Every device with its stanzas: the first one has what is of the device itself. @see interfaces(5) */
export function stanzas(self: Network): { readonly name: string; readonly stanzas: readonly Stanza[] }[] {
  return inOrder(self).map((device) => ({ name: device.name, stanzas: deviceStanzas(device, self) }));
}

/** Devices come after those that they are made of, since they are set up in the order of the file. */
function inOrder(self: Network): Device[] {
  const rank = ({ name }: Device): number =>
    name in self.vlans ? 3 : name in self.bridges ? 2 : name in self.bonds ? 1 : 0;
  return devicesOf(self).sort((one, other) => rank(one) - rank(other));
}

function deviceStanzas(device: Device, self: Network): Stanza[] {
  const { name, settings } = device;
  const [first, ...rest] = settings === undefined ? [] : addressStanzas(name, settings);
  const own = [...madeLines(device, self), ...(settings === undefined ? [] : interfaceLines(settings))];
  const whole: Stanza = first ?? { name, family: 'inet', method: 'manual', lines: [] };
  return [{ ...whole, lines: [...whole.lines, ...own] }, ...rest];
}

/** Addresses and routers, by family; an address more than one is a stanza more. */
function addressStanzas(name: string, one: Interface): Stanza[] {
  return (['inet', 'inet6'] as const).flatMap((family): Stanza[] => {
    const ours = (address: string): boolean => address.includes(':') === (family === 'inet6');
    const addresses = one.addresses.filter(ours);
    const gateways = one.gateways.filter(ours).map((gateway) => `gateway ${gateway}`);
    const peer = one.peer !== undefined && ours(one.peer) ? [`pointopoint ${one.peer}`] : [];
    const asks = one.dhcp === 'yes' || one.dhcp === (family === 'inet' ? 'ipv4' : 'ipv6');
    const routers = one.acceptRA === undefined ? [] : [`accept_ra ${one.acceptRA ? 1 : 0}`];
    const stanza = (method: Stanza['method'], lines: readonly string[], index = 0): Stanza => {
      return {
        name,
        family,
        method,
        lines: [...lines, ...(family === 'inet6' && index === 0 ? routers : [])],
      };
    };
    const fixed = addresses.map((address, index) =>
      stanza('static', [`address ${address}`, ...(index === 0 ? [...peer, ...gateways] : [])], index),
    );
    const announced = family === 'inet6' && one.acceptRA === true && addresses.length === 0 && !asks;
    return [...(asks ? [stanza('dhcp', [])] : []), ...fixed, ...(announced ? [stanza('auto', [], 1)] : [])];
  });
}

function interfaceLines(one: Interface): string[] {
  return [
    ...(one.macAddress === undefined ? [] : [`hwaddress ${one.macAddress}`]),
    ...(one.mtu === undefined ? [] : [`mtu ${one.mtu}`]),
    ...(one.dns.length === 0 ? [] : [`dns-nameservers ${one.dns.join(' ')}`]),
    ...(one.domains.length === 0 ? [] : [`dns-search ${one.domains.join(' ')}`]),
    ...one.routes.flatMap(routeLines),
    ...(one.extraConfig === '' ? [] : one.extraConfig.split('\n')),
  ];
}

function routeLines(route: Interface['routes'][number]): string[] {
  const version = [route.destination, route.via ?? ''].some((text) => text.includes(':')) ? '-6 ' : '';
  const words = [
    route.destination,
    ...(route.via === undefined ? [] : ['via', route.via]),
    'dev $IFACE',
    ...(route.onLink ? ['onlink'] : []),
    ...(route.metric === undefined ? [] : ['metric', String(route.metric)]),
    ...(route.source === undefined ? [] : ['src', route.source]),
  ].join(' ');
  return [`up ip ${version}route replace ${words}`, `down ip ${version}route del ${words} || true`];
}

/** What a device is made of, as bridge-utils, vlan and ifenslave read it, and ifupdown2 as well. */
function madeLines({ name, bond }: Device, { bridges, vlans, bonds }: Network): string[] {
  const { [name]: bridge } = bridges;
  const { [name]: vlan } = vlans;
  const { [name]: own } = bonds;
  return [
    ...(bond === undefined ? [] : [`bond-master ${bond}`]),
    ...(bridge === undefined
      ? []
      : [
          `bridge_ports ${bridge.interfaces.length === 0 ? 'none' : bridge.interfaces.join(' ')}`,
          `bridge_stp ${bridge.stp ? 'on' : 'off'}`,
          ...(bridge.stp ? [] : ['bridge_fd 0']),
        ]),
    ...(vlan === undefined ? [] : [`vlan-raw-device ${vlan.interface}`, `vlan-id ${vlan.id}`]),
    ...(own === undefined
      ? []
      : [`bond-slaves ${own.interfaces.join(' ')}`, `bond-mode ${own.mode}`, 'bond-miimon 100']),
  ];
}
