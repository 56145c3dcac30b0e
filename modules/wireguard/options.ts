// What can be set about a host's place in a WireGuard mesh.
import {
  absolutePath,
  entries,
  interfaceName,
  ip,
  ipv4,
  ipv4Network,
  fqdn,
  options,
  port,
  uniqueList,
  wireguardKey,
  z,
} from 'stead';

const device = z.object({
  address: ipv4().describe('Its address inside the mesh.'),
  publicKey: wireguardKey().describe('Its public key.'),
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
    interface: interfaceName().default('wg0').describe('Name of the network interface.'),
    port: port().default(51820).describe('UDP port that the hub listens on.'),
    endpoint: z
      .union([fqdn(), ip()])
      .optional()
      .describe('The hub: name or address at which the others reach it.'),
    subnets: uniqueList(ipv4Network()).describe('A gateway: networks behind it that the mesh may reach.'),
    keepalive: z
      .int()
      .min(0)
      .max(65535)
      .default(25)
      .describe('Seconds between keepalive packets to the hub, which hold a NAT open; 0 sends none.'),
    roaming: entries(device).describe('The hub: devices without stead (laptops, phones) that connect to it.'),
  }),
);
