// What can be set about a host's DNS server for its networks.
import { domainName, fqdn, interfaceName, ip, options, port, uniqueList, z } from 'stead';

export const dnsmasq = options(
  'dnsmasq',
  z.object({
    interfaces: uniqueList(interfaceName()).describe('Network interfaces to answer on.'),
    domain: domainName().describe('Domain of the fleet: host `pi5-0` is `pi5-0.DOMAIN`.'),
    publish: uniqueList(z.string()).describe(
      "Networks whose addresses are published for the fleet's hosts, in order of preference; none publishes no host.",
    ),
    records: z.record(fqdn(), ip()).describe('Further names and their addresses.'),
    forward: z
      .record(domainName(), ip())
      .describe('Domains that another server answers, and its address (split DNS).'),
    upstreams: uniqueList(ip()).describe(
      'Servers for everything else; without any, /etc/resolv.conf decides.',
    ),
    port: port().default(53).describe('Port to answer on.'),
    cacheSize: z.int().min(0).default(1000).describe('Names to keep in memory.'),
    settings: z
      .record(
        z.string(),
        z.union([z.string(), z.number(), z.literal(true), z.array(z.union([z.string(), z.number()]))]),
      )
      .describe('Further settings of dnsmasq.conf by name; `true` writes the name alone, a list repeats it.'),
  }),
);
