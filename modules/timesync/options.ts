// What can be set about where a host has the time from.
import { fqdn, hostName, ip, line, lines, network, options, uniqueList, z } from 'stead';

const server = () => z.union([fqdn(), hostName(), ip()]);

export const timesync = options(
  'timesync',
  z.object({
    daemon: z
      .enum(['timesyncd', 'chrony'])
      .default('timesyncd')
      .describe(
        'What keeps the clock. `chrony` can serve the time to others, and cannot be installed beside systemd-timesyncd: a switch removes no package, so remove that one first.',
      ),
    servers: uniqueList(server()).describe('Time servers, the preferred ones first.'),
    fallbackServers: uniqueList(server())
      .default([
        '0.debian.pool.ntp.org',
        '1.debian.pool.ntp.org',
        '2.debian.pool.ntp.org',
        '3.debian.pool.ntp.org',
      ])
      .describe('Servers that are asked where none of the others is known, as names of a pool.'),
    allow: uniqueList(network()).describe('With chrony: networks that may ask this host for the time.'),
    openTo: uniqueList(line()).describe('With `allow`: zones of the firewall from which it may be asked.'),
    extraConfig: lines().default('').describe('With chrony: further lines of chrony.conf(5), as they are.'),
  }),
);
