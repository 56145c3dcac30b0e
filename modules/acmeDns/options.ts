// What can be set about an acme-dns server, in the words of its own configuration.
import { absolutePath, domainName, fqdn, ip, line, options, port, uniqueList, url, z } from 'stead';

export const acmeDns = options(
  'acmeDns',
  z.object({
    binary: absolutePath()
      .default('/usr/local/bin/acme-dns')
      .describe('The program on the host. Debian has no package of it; the server starts once it is there.'),
    domain: fqdn().describe('The domain that it answers for, which is delegated to it: `acme.wildelab.com`.'),
    address: ip().describe('The public address of the host, where it answers.'),
    port: port().default(53).describe('The port that it answers on.'),
    nsname: fqdn().describe(
      'Its own name, as name server of the domain: the domain itself, where nothing is said.',
    ),
    nsadmin: domainName().describe(
      'Who is responsible for the domain, as a name: `me.wildelab.com` for me@wildelab.com; `hostmaster` of it, where nothing is said.',
    ),
    protocol: z
      .enum(['both', 'both4', 'both6', 'udp', 'udp4', 'udp6', 'tcp', 'tcp4', 'tcp6'])
      .default('both')
      .describe('Protocols that it answers by.'),
    records: uniqueList(line()).describe(
      'Records of the domain beside its own address and name server: `acme.wildelab.com. CAA 0 issue "letsencrypt.org"`.',
    ),
    debug: z.boolean().default(false).describe('Whether CORS and more are told in the log.'),
    openTo: uniqueList(line()).describe(
      'Zones from which it is asked: `outside`, for it answers the whole world.',
    ),
    database: z
      .object({
        engine: z.enum(['sqlite3', 'postgres']).default('sqlite3').describe('Where registrations are kept.'),
        connection: line()
          .default('/var/lib/acme-dns/acme-dns.db')
          .describe('The file, or the connection string of PostgreSQL.'),
      })
      .describe('The database.'),
    api: z
      .object({
        ip: ip().default('127.0.0.1').describe('The address of the API, one that only the fleet reaches.'),
        port: port().default(8053).describe('The port of the API.'),
        openTo: uniqueList(line()).describe('Zones from which it may be reached: `mesh`.'),
        tls: z
          .enum(['none', 'letsencrypt', 'letsencryptstaging', 'cert'])
          .default('none')
          .describe('How it speaks TLS: not at all, as inside a mesh that encrypts.'),
        tls_cert_privkey: absolutePath().optional().describe('With `cert`: a file on the host with the key.'),
        tls_cert_fullchain: absolutePath()
          .optional()
          .describe('With `cert`: a file with certificate and chain.'),
        notification_email: line().optional().describe("With Let's Encrypt: where it writes to."),
        disable_registration: z.boolean().default(false).describe('Whether nobody may register any more.'),
        corsorigins: uniqueList(z.union([url(), z.literal('*')])).describe(
          'Origins of web pages that may use it.',
        ),
        use_header: z.boolean().default(false).describe('Whether a proxy before it says who the client is.'),
        header_name: line().default('X-Forwarded-For').describe('With `use_header`: by which header.'),
      })
      .describe('The API that hosts register and leave their proofs at.'),
    logconfig: z
      .object({
        loglevel: z.enum(['error', 'warning', 'info', 'debug']).default('info').describe('How much is told.'),
        logformat: z.enum(['text', 'json']).default('text').describe('In which form.'),
      })
      .describe('The log, which is in the journal.'),
    resolver: ip()
      .optional()
      .describe(
        "The name server that is asked whether the domain is delegated: the host's own, where nothing is said.",
      ),
  }),
  {
    defaults: (self) => ({
      nsname: () => self.domain,
      nsadmin: () => `hostmaster.${self.domain}`,
    }),
  },
);
