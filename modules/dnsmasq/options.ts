// What can be set about a host's DNS and DHCP server for its networks.
import {
  domainName,
  entries,
  hostName,
  interfaceName,
  ip,
  ipv4,
  line,
  macAddress,
  network,
  options,
  port,
  uniqueList,
  z,
} from 'stead';

const leaseTime = () =>
  z.string().regex(/^([1-9]\d*[smhdw]?|infinite)$/, {
    error: 'a time that dnsmasq knows, such as 45m, 12h, 7d or infinite',
  });

const dhcpOptions = () =>
  z.record(
    z.string().regex(/^([a-z][a-z0-9+-]*|[1-9]\d{0,2})$/, {
      error: 'an option by its name, such as router, or by its number',
    }),
    z.union([line(), z.array(line())]),
  );

const service = z.object({
  target: domainName().describe('The host that offers it.'),
  port: port().describe('Its port there.'),
  priority: z.int().min(0).max(65535).default(0).describe('The smallest is asked first.'),
  weight: z.int().min(0).max(65535).default(0).describe('Its share among those of one priority.'),
});

const mail = z.object({
  target: domainName().describe('The host that takes the mail.'),
  preference: z.int().min(0).max(65535).default(10).describe('The smallest is asked first.'),
});

const range = z.object({
  first: ipv4().describe('The first address to give away.'),
  last: ipv4().describe('The last.'),
  leaseTime: leaseTime().default('12h').describe('How long one may be kept: `45m`, `12h`, `7d`, `infinite`.'),
  options: dhcpOptions().describe(
    'What else is told to who asks there: `{ router: "10.42.0.2" }`. Without `router` and `dns-server` it is this host; an empty text says nothing of it.',
  ),
});

const lease = z.object({
  mac: macAddress().describe('The hardware address.'),
  address: ipv4()
    .optional()
    .describe(
      'The address: that of the host of this name in the networks of `publish` where nothing is said, and any of the range where there is no such host.',
    ),
  leaseTime: leaseTime().optional().describe('How long it may be kept, where that differs from the range.'),
});

export const dnsmasq = options(
  'dnsmasq',
  z.object({
    interfaces: uniqueList(interfaceName()).describe('Network interfaces to answer on, besides `lo`.'),
    listenAddresses: uniqueList(ip()).describe('Addresses to answer on, besides those of `interfaces`.'),
    port: port().default(53).describe('Port to answer on.'),
    openTo: uniqueList(line()).describe('Zones of the firewall from which it may be asked.'),
    domain: domainName().describe('Domain of the fleet: host `pi5-0` is `pi5-0.DOMAIN`.'),
    publish: uniqueList(z.string()).describe(
      "Networks whose addresses are published for the fleet's hosts and for what they serve, in order of preference; none publishes no host.",
    ),
    records: z
      .record(domainName(), ip())
      .describe('Further names and their addresses; the domain itself may be one.'),
    wildcards: z.record(domainName(), ip()).describe('Domains of which every name has one address.'),
    cnames: z
      .record(domainName(), domainName())
      .describe('Further names for names that this server knows itself (CNAME).'),
    services: z
      .record(domainName(), z.array(service))
      .describe('Services by name: `_minecraft._tcp.wildelab.com` (SRV).'),
    mail: z.record(domainName(), z.array(mail)).describe('Who takes the mail of a domain (MX).'),
    texts: z.record(domainName(), z.array(line())).describe('Texts by name (TXT).'),
    forward: z
      .record(domainName(), ip())
      .describe('Domains that another server answers, and its address (split DNS).'),
    forwardReverse: z
      .record(network(), ip())
      .describe('Networks for whose addresses another server knows the names, and its address.'),
    upstreams: uniqueList(ip()).describe(
      'Servers for everything else; without any, /etc/resolv.conf decides.',
    ),
    upstreamNames: uniqueList(domainName()).describe(
      'Names and domains inside of `domain` that `upstreams` answer all the same, such as public ones of a VPS. Endpoints of WireGuard are among them by themselves.',
    ),
    rebindProtection: z
      .boolean()
      .default(true)
      .describe(
        'Whether private addresses in answers of `upstreams` are dropped: a web page could reach into the network with them. Domains of `forward` and `upstreamNames` may have them.',
      ),
    dnssec: z.boolean().default(false).describe('Whether signatures of answers are checked.'),
    logQueries: z.boolean().default(false).describe('Whether each question goes to the journal.'),
    cacheSize: z.int().min(0).default(1000).describe('Names to keep in memory.'),
    dhcp: z
      .object({
        ranges: entries(range, undefined, hostName()).describe(
          'Addresses to give away, by a name for the network: `{ rack: { first: "10.42.0.100", last: "10.42.0.199" } }`. Without any there is no DHCP.',
        ),
        leases: entries(lease, undefined, hostName()).describe(
          'Machines that always get the same address, by name.',
        ),
        options: dhcpOptions().describe('What else is told to all: `{ ntp-server: "10.42.0.1" }`.'),
        authoritative: z
          .boolean()
          .default(true)
          .describe(
            'Whether it is the only DHCP server there, so that it may refuse addresses it does not know.',
          ),
      })
      .describe('DHCP on the same interfaces.'),
    settings: z
      .record(line(), z.union([line(), z.number(), z.literal(true), z.array(z.union([line(), z.number()]))]))
      .describe('Further settings of dnsmasq.conf by name; `true` writes the name alone, a list repeats it.'),
  }),
);

/** What a server publishes, as it follows from the whole fleet. */
export const dnsmasqNames = options(
  'dnsmasqNames',
  z.object({
    hosts: z.string().default('').describe('Addresses and their names, as in hosts(5); nothing to be set.'),
  }),
);
