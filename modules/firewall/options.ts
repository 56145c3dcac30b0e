// What can be set about a host's firewall: its zones, and what may pass between them.
import { entries, ip, line, lines, network, options, port, portRange, uniqueList, z } from 'stead';

const zoneName = () =>
  z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, {
    error: 'a zone name of lower-case letters, digits and hyphens, such as outside',
  });

const interfacePattern = () =>
  z.string().regex(/^[0-9A-Za-z_.][0-9A-Za-z_.-]{0,14}$|^[0-9A-Za-z_.][0-9A-Za-z_.-]{0,13}\*$/, {
    error: 'a network interface such as wg0, or the beginning of several such as br-*',
  });

const portOrRange = () => z.union([port(), portRange()]);
const protocol = () => z.enum(['tcp', 'udp']);

const zone = z.object({
  interfaces: uniqueList(interfacePattern()).describe(
    'Its network interfaces; `br-*` stands for all whose names begin like that.',
  ),
  trusted: z.boolean().default(false).describe('Whether all that comes in from it is taken.'),
  allowPing: z.boolean().default(true).describe('Whether this host answers pings from it.'),
  allowedTCPPorts: uniqueList(portOrRange()).describe(
    'TCP ports and ranges open to it, besides those of `ports.listen`: `[22, "8000-8010"]`.',
  ),
  allowedUDPPorts: uniqueList(portOrRange()).describe(
    'UDP ports and ranges open to it, besides those of `ports.listen`.',
  ),
});

const allowed = z.object({
  from: uniqueList(zoneName()).describe('The zones that it may come from.'),
  sources: uniqueList(network()).describe('The networks that it may come from; any, where nothing is said.'),
  protocol: protocol().default('tcp').describe('The protocol of `ports`.'),
  ports: uniqueList(portOrRange()).describe(
    'Ports and ranges of this host; all it has, where nothing is said.',
  ),
});

const forwarded = z.object({
  from: uniqueList(zoneName()).describe('The zones that it comes from.'),
  to: uniqueList(zoneName()).describe('The zones that it goes to; one may be both.'),
  sources: uniqueList(network()).describe('Networks that it comes from; any, where nothing is said.'),
  destinations: uniqueList(network()).describe('Networks that it goes to; any, where nothing is said.'),
  protocol: protocol().default('tcp').describe('The protocol of `ports`.'),
  ports: uniqueList(portOrRange()).describe('Ports and ranges that it goes to; all, where nothing is said.'),
  masquerade: z
    .boolean()
    .default(false)
    .describe("Whether it leaves with this host's own address, as at a router to the internet (source NAT)."),
});

const forwardedPort = z.object({
  from: uniqueList(zoneName()).describe('The zones that it may come from.'),
  sources: uniqueList(network()).describe('The networks that it may come from; any, where nothing is said.'),
  protocol: protocol().default('tcp').describe('The protocol.'),
  sourcePort: portOrRange().describe('The port or range of this host.'),
  destination: ip().describe('The address that it is sent on to (destination NAT).'),
  destinationPort: port().optional().describe('The port there: the same, where nothing is said.'),
});

const table = z.object({
  family: z.enum(['ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev']).default('inet').describe('Its family.'),
  content: lines().describe('Its chains and sets, as nft(8) takes them between the braces.'),
});

export const firewall = options(
  'firewall',
  z.object({
    zones: entries(zone, undefined, zoneName()).describe(
      'Groups of networks that are trusted alike, by name. What is not opened to a zone is refused, and so is all that comes from an interface in no zone.',
    ),
    outside: zoneName().default('outside').describe('The zone that is the internet.'),
    zeroInbound: z
      .boolean()
      .default(false)
      .describe(
        'Whether nothing at all may be open to the internet: whatever opens a port to it is then an error.',
      ),
    allow: entries(allowed, undefined, line()).describe(
      'What is open besides, by a name that says why: `{ metrics: { from: ["rack"], sources: ["10.42.0.1/32"], ports: [9100] } }`.',
    ),
    forward: entries(forwarded, undefined, line()).describe(
      'What this host carries from zone to zone, by a name that says why: `{ "roaming to the rack": { from: ["mesh"], to: ["rack"] } }`. Answers to it may always pass.',
    ),
    forwardPorts: entries(forwardedPort, undefined, line()).describe(
      'Ports of this host that are sent on to another, by name.',
    ),
    containerInterfaces: uniqueList(interfacePattern())
      .default(['docker0', 'br-*'])
      .describe(
        'Bridges of a container engine, where they are in no zone: what comes from their containers is left to its own rules. A port that it publishes is open to the zones of its listener in `ports.listen`, and to no others.',
      ),
    checkReversePath: z
      .enum(['strict', 'loose', 'off'])
      .default('strict')
      .describe(
        'Which senders are believed: `strict`, those that are answered through the interface that they came in by; `loose`, those that can be answered at all.',
      ),
    rejectPackets: z
      .boolean()
      .default(false)
      .describe('Whether what is refused is told so; otherwise it gets no answer.'),
    logRefusedConnections: z
      .boolean()
      .default(false)
      .describe("Whether what is refused is told to the kernel's log, ten lines a second at most."),
    extraInputRules: lines()
      .default('')
      .describe(
        'Further rules for what comes in, as nft(8) takes them, after all others. With `zeroInbound` they never see what comes from the internet.',
      ),
    extraForwardRules: lines()
      .default('')
      .describe(
        'Further rules for what is carried on, as nft(8) takes them, after all others; also without what `zeroInbound` refuses.',
      ),
    tables: entries(table, undefined, zoneName()).describe(
      'Further tables of nftables by name. Each is replaced as a whole, and goes when it leaves.',
    ),
  }),
);
