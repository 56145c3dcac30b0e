// What can be set about the name servers that a host itself asks.
import { domainName, ip, line, options, uniqueList, z } from 'stead';

export const resolver = options(
  'resolver',
  z.object({
    backend: z
      .enum(['file', 'resolved'])
      .default('file')
      .describe(
        '`file`: /etc/resolv.conf, which programs of DHCP, resolvconf and NetworkManager then leave alone. `resolved`: systemd-resolved, which /etc/resolv.conf then points to.',
      ),
    nameservers: uniqueList(ip()).describe(
      'Name servers, the first one first. A further one is asked when those before it do not answer: with one outside, a host that is its own name server has names while that restarts.',
    ),
    search: uniqueList(domainName()).describe('Domains that names without a dot are looked for in.'),
    options: uniqueList(
      z.string().regex(/^[a-z][a-z0-9-]*(:\d+)?$/, {
        error: 'an option of resolv.conf(5), such as edns0 or timeout:2',
      }),
    ).describe('`file`: options of resolv.conf(5), such as `timeout:2` and `edns0`.'),
    fallbackNameservers: uniqueList(ip()).describe(
      '`resolved`: servers where neither this nor DHCP names any; with none it asks nobody then.',
    ),
    stubListener: z
      .boolean()
      .default(true)
      .describe('`resolved`: whether it answers programs on 127.0.0.53, with its cache and its own rules.'),
    dnssec: z
      .enum(['yes', 'no', 'allow-downgrade'])
      .default('no')
      .describe('`resolved`: whether signatures of answers are checked.'),
    dnsOverTls: z
      .enum(['yes', 'no', 'opportunistic'])
      .default('no')
      .describe('`resolved`: whether servers are asked over TLS.'),
    settings: z
      .record(line(), z.union([line(), z.boolean()]))
      .describe('`resolved`: further settings of [Resolve], as in resolved.conf(5).'),
  }),
);
