// What listens on a host and who may reach it: firewalls open it, proxies look it up, and nothing is taken twice.
import { assert, didYouMean, entries, fqdn, ip, line, nearest, options, port, uniqueList, z } from 'stead';
import { firewall } from '../firewall/options.ts';

const listener = z.object({
  port: port().describe('The port that it listens on.'),
  protocol: z.enum(['tcp', 'udp']).default('tcp').describe('The protocol.'),
  address: ip().optional().describe('The one address that it listens on: all, where nothing is said.'),
  openTo: uniqueList(line()).describe(
    'Zones of firewalls from which it may be reached: `mesh`, `rack`, `outside`. The host itself always may.',
  ),
});

export const ports = options(
  'ports',
  z.object({
    listen: entries(listener, undefined, line()).describe(
      'What listens, by a name that says what it is: `{ "nginx https": { port: 443, openTo: ["mesh"] } }`.',
    ),
    serves: uniqueList(fqdn()).describe(
      'Full names that this host answers to, besides its own: name servers of the fleet give its address for them.',
    ),
  }),
);

ports.implement({
  defines: [],
  *config(self, { host, fleet }) {
    const listeners = Object.entries(self.listen);
    for (const [index, [name, one]] of listeners.entries()) {
      for (const [otherName, other] of listeners.slice(index + 1)) {
        const both =
          one.port === other.port &&
          one.protocol === other.protocol &&
          (one.address === undefined || other.address === undefined || one.address === other.address);
        yield assert(
          !both,
          {
            message: `${name} and ${otherName} both listen on ${one.protocol} port ${one.port} of ${host.name}`,
            hint: 'Give one of them another port, or an `address` of its own to listen on.',
          },
          [ports, 'listen', name, 'port'],
          [ports, 'listen', otherName, 'port'],
        );
      }
    }
    const zones = fleet.hosts.flatMap((one) => Object.keys(one.get(firewall).zones));
    for (const [name, { openTo }] of zones.length === 0 ? [] : listeners) {
      for (const [index, zone] of openTo.entries()) {
        yield assert(
          zones.includes(zone),
          () => ({
            message: `${name} is open to the zone ${zone}, which no host has`,
            hint: instead(zone, zones),
          }),
          [ports, 'listen', name, 'openTo', index],
        );
      }
    }
    for (const other of fleet.hosts) {
      if (other.name <= host.name || !other.uses(ports)) continue;
      const theirs = other.get(ports).serves;
      for (const [index, name] of self.serves.entries()) {
        const twin = theirs.indexOf(name);
        if (twin === -1) continue;
        yield assert(
          false,
          {
            message: `${host.name} and ${other.name} both serve the name ${name}`,
            hint: 'Leave it on one of them, or serve it by another name.',
          },
          [ports, 'serves', index],
          [other, ports, 'serves', twin],
        );
      }
    }
  },
});

function instead(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  return didYouMean(near) ?? `There are ${[...new Set(known)].join(', ')}.`;
}
