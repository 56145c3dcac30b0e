// What can be set about a host's place in networks: where others find it, and how its interfaces are set up.
import {
  domainName,
  entries,
  hostName,
  interfaceAddress,
  interfaceName,
  ip,
  lines,
  macAddress,
  network as ipNetwork,
  options,
  uniqueList,
  z,
} from 'stead';

const section = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number()]))]),
);

const settings = (file: string, example: string) =>
  z
    .record(z.string(), section)
    .describe(`Further settings of systemd-networkd by section, as in ${file}(5): \`${example}\`.`);

const route = z.object({
  destination: z
    .union([ipNetwork(), z.literal('default')])
    .describe('Where it leads: a network, or `default`.'),
  via: ip().optional().describe('The router; none where the network is on the link itself.'),
  metric: z.int().min(0).max(4_294_967_295).optional().describe('Of several routes the lowest is taken.'),
  source: ip().optional().describe('The own address that packets have which take it.'),
  onLink: z
    .boolean()
    .default(false)
    .describe('Whether the router is on the link although no address says so, as at some providers.'),
});

const networkInterface = z.object({
  network: hostName()
    .optional()
    .describe(
      'The name of the network that it is in: its first address is then the one in `network.addresses`.',
    ),
  addresses: uniqueList(interfaceAddress()).describe(
    'Its addresses with their prefix lengths: `["10.42.0.1/24", "fd00:42::1/64"]`.',
  ),
  peer: ip()
    .optional()
    .describe('The address at the other end of a point-to-point link, where the own one is a /32 or /128.'),
  dhcp: z
    .enum(['no', 'ipv4', 'ipv6', 'yes'])
    .default('no')
    .describe('What it asks a DHCP server for; `yes` is both.'),
  acceptRA: z
    .boolean()
    .optional()
    .describe(
      'Whether routers may give it IPv6 addresses and routes: as its back end has it, where nothing is said.',
    ),
  gateways: uniqueList(ip()).describe('The default routers, of IPv4 and of IPv6.'),
  routes: z.array(route).describe('Further routes.'),
  dns: uniqueList(ip()).describe(
    'Servers for names that are asked for on this link; systemd-resolved or resolvconf has to be there.',
  ),
  domains: uniqueList(domainName()).describe('Domains that names without a dot are looked for in.'),
  mtu: z.int().min(68).max(65_535).optional().describe('The largest packet, in bytes.'),
  macAddress: macAddress().optional().describe('A hardware address other than its own.'),
  required: z
    .boolean()
    .default(true)
    .describe('Whether the host is online with it only, and a switch waits for its first address.'),
  settings: settings('systemd.network', '{ Network: { LLMNR: false } }'),
  extraConfig: lines().default('').describe('Further lines of its stanza in interfaces(5), with ifupdown.'),
});

const bridge = z.object({
  interfaces: uniqueList(interfaceName()).describe('Its ports.'),
  stp: z.boolean().default(false).describe('Whether it looks for loops (spanning tree).'),
  settings: settings('systemd.netdev', '{ Bridge: { VLANFiltering: true } }'),
});

const vlan = z.object({
  id: z.int().min(1).max(4094).describe('Its number.'),
  interface: interfaceName().describe('The interface that it is on.'),
  settings: settings('systemd.netdev', '{ VLAN: { GVRP: true } }'),
});

const bond = z.object({
  interfaces: uniqueList(interfaceName()).describe('Its members.'),
  mode: z
    .enum([
      'balance-rr',
      'active-backup',
      'balance-xor',
      'broadcast',
      '802.3ad',
      'balance-tlb',
      'balance-alb',
    ])
    .default('active-backup')
    .describe('How its members share the work.'),
  settings: settings('systemd.netdev', '{ Bond: { LACPTransmitRate: "fast" } }'),
});

export const network = options(
  'network',
  z.object({
    addresses: z
      .record(hostName(), ip())
      .describe(
        "The host's address in each network it is part of, by the network's name: `{ rack: '10.42.0.10' }`.",
      ),
    aliases: z.array(hostName()).describe('Further names of the host, without the domain.'),
  }),
);

export const networking = options(
  'networking',
  z.object({
    backend: z
      .enum(['networkd', 'ifupdown', 'ifupdown2'])
      .default('networkd')
      .describe(
        'What sets interfaces up: systemd-networkd, or /etc/network/interfaces with Debian’s ifupdown or with ifupdown2 (Proxmox VE).',
      ),
    interfaces: entries(networkInterface, undefined, interfaceName()).describe(
      'Interfaces by name, those of `bridges`, `vlans` and `bonds` as well. One that is not named stays as it is.',
    ),
    bridges: entries(bridge, undefined, interfaceName()).describe('Bridges to make, by name.'),
    vlans: entries(vlan, undefined, interfaceName()).describe('VLANs to make, by name.'),
    bonds: entries(bond, undefined, interfaceName()).describe('Bonds to make, by name.'),
    forwarding: z
      .enum(['no', 'ipv4', 'ipv6', 'yes'])
      .default('no')
      .describe('What this host carries from one network to another; `yes` is both.'),
  }),
);
