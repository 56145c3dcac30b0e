// What can be set about a host's place in a WireGuard mesh.
import {
  absolutePath,
  entries,
  fqdn,
  interfaceName,
  ip,
  ipv4,
  ipv4Network,
  line,
  network,
  options,
  port,
  readOnly,
  uniqueList,
  wireguardKey,
  z,
} from 'stead';

const keepalive = () => z.int().min(0).max(65535);
const commands = () => z.array(line());

const device = z.object({
  address: ipv4().describe('Its address inside the mesh.'),
  publicKey: wireguardKey().describe('Its public key.'),
  presharedKeyFile: absolutePath()
    .optional()
    .describe('The file on the hub that holds the key which the two share besides.'),
  tunnel: z
    .enum(['split', 'full'])
    .default('split')
    .describe(
      '`split`: it sends what is meant for the mesh and for `subnets` behind it. `full`: all that it sends to anybody.',
    ),
  dns: uniqueList(line())
    .optional()
    .describe(
      'Name servers and search domains of the device while it is connected: where nothing is said, the DNS server of the hub, if it answers the mesh.',
    ),
  keepalive: keepalive()
    .default(25)
    .describe(
      'Seconds between packets that hold its NAT open. With 0 it sleeps longer, and nobody reaches it then.',
    ),
});

const peer = z.object({
  publicKey: wireguardKey().describe('Its public key.'),
  presharedKeyFile: absolutePath()
    .optional()
    .describe('The file on this host that holds the key which the two share besides.'),
  allowedIPs: uniqueList(network()).describe('What is sent to it, and what it may send from.'),
  endpoint: z.union([fqdn(), ip()]).optional().describe('Name or address at which it is reached.'),
  port: port().default(51820).describe('UDP port at which it is reached.'),
  keepalive: keepalive().default(0).describe('Seconds between keepalive packets to it; 0 sends none.'),
});

export const wireguard = options(
  'wireguard',
  z.object({
    role: z
      .enum(['hub', 'gateway', 'spoke'])
      .default('spoke')
      .describe(
        '`hub`: has a public address, everybody connects to it. `gateway`: connects to the hub and announces `subnets` behind it. `spoke`: connects to the hub for itself.',
      ),
    network: ipv4Network().describe('The mesh: all hosts with the same network make one mesh.'),
    address: ipv4().describe('Address of this host inside the mesh.'),
    publicKey: wireguardKey().describe('Public key of this host; its private key stays on the host.'),
    privateKeyFile: absolutePath()
      .default('/etc/wireguard/private.key')
      .describe('The file on the host that holds the private key; never part of a generation.'),
    presharedKeyFile: absolutePath()
      .optional()
      .describe(
        'The file that holds the key which this host shares with the hub besides, at the same path on both.',
      ),
    interface: interfaceName().default('wg0').describe('Name of the network interface.'),
    port: port().default(51820).describe('UDP port to listen on, for a host that has an `endpoint`.'),
    openTo: uniqueList(line())
      .default(['outside'])
      .describe('Zones of the firewall from which `port` may be reached.'),
    endpoint: z
      .union([fqdn(), ip()])
      .optional()
      .describe(
        'Name or address at which others reach it: a hub has one. Any other host that has one is behind no NAT.',
      ),
    endpointRefreshSeconds: z
      .int()
      .min(0)
      .max(86400)
      .default(30)
      .describe(
        'Where an endpoint is a name: how often it is looked whether the peer is silent, so that its name is to be resolved again. 0 resolves it once.',
      ),
    subnets: uniqueList(ipv4Network()).describe('A gateway: networks behind it that the mesh may reach.'),
    keepalive: keepalive().describe(
      'Seconds between keepalive packets to the hub, which hold a NAT open: 25 where nothing is said, and 0, none, for a host with an `endpoint`.',
    ),
    roaming: entries(device).describe(
      'The hub: devices without stead (laptops, phones) that connect to it. `stead wireguard peer NAME` prints the configuration of one.',
    ),
    peers: entries(peer).describe('Peers outside of the fleet: the network of a friend, a VPN provider.'),
    mtu: z
      .int()
      .min(576)
      .max(65535)
      .optional()
      .describe('The largest packet on the interface; wg-quick works one out where nothing is said.'),
    table: z
      .union([z.enum(['auto', 'off']), z.int().min(1).max(4_294_967_295)])
      .default('auto')
      .describe('The routing table that routes go to; `off` adds none.'),
    fwMark: z
      .int()
      .min(1)
      .max(4_294_967_295)
      .optional()
      .describe('The mark of packets that the tunnel itself sends.'),
    preUp: commands().describe('Command lines of bash before the interface comes up; %i is its name.'),
    postUp: commands().describe('Command lines of bash once the interface is up.'),
    preDown: commands().describe('Command lines of bash before the interface goes down.'),
    postDown: commands().describe('Command lines of bash once the interface is gone.'),
    settings: z
      .record(line(), z.union([line(), z.number(), z.array(line())]))
      .describe('Further settings of [Interface] as in wg-quick(8); a list repeats the key.'),
  }),
  { defaults: (self) => ({ keepalive: () => (self.endpoint === undefined ? 25 : 0) }) },
);

/** What `stead wireguard peer` prints. */
export const wireguardDevices = options(
  'wireguardDevices',
  z.object({
    devices: entries(
      z.object({
        publicKey: readOnly(wireguardKey()).describe('The public key that its private key must have.'),
        conf: readOnly(z.string()).describe(
          'Its configuration, as wg-quick(8) and the apps of phones read it, with words in place of keys.',
        ),
        shared: readOnly(z.boolean()).describe('Whether it needs a preshared key.'),
      }),
    ).describe('Devices by name, as the hub says they are; nothing to be set.'),
  }),
);
