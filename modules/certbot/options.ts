// What can be set about how a host gets its certificates from an ACME server.
import {
  absolutePath,
  calendar,
  domainName,
  ip,
  line,
  network,
  options,
  timeSpan,
  uniqueList,
  url,
  z,
} from 'stead';

const LETS_ENCRYPT = {
  production: 'https://acme-v02.api.letsencrypt.org/directory',
  staging: 'https://acme-staging-v02.api.letsencrypt.org/directory',
};

const provider = z.enum(['acmeDns', 'rfc2136', 'webroot']);

export const certbot = options(
  'certbot',
  z.object({
    acceptTerms: z
      .boolean()
      .default(false)
      .describe(
        "Whether you agree to the terms of the ACME server: Let's Encrypt's are at https://letsencrypt.org/repository.",
      ),
    email: line().optional().describe('Where the ACME server writes to about the account.'),
    server: url({ protocols: ['https'] }).describe(
      "The ACME server's directory: Let's Encrypt's, where nothing is said.",
    ),
    staging: z
      .boolean()
      .default(false)
      .describe(
        "Whether Let's Encrypt's server for trials issues: its limits are wide, and no browser trusts it.",
      ),
    serverRootFile: absolutePath()
      .optional()
      .describe(
        "A file on the host with the root certificate of the ACME server's own TLS: for a private one.",
      ),
    keyType: z
      .enum(['ec256', 'ec384', 'rsa2048', 'rsa4096'])
      .default('ec256')
      .describe('The kind of private keys.'),
    renewBeforeDays: z.int().min(1).max(365).default(30).describe('How long before its end one is renewed.'),
    provider: provider.describe(
      'How the host proves that names are its own. `acmeDns`: a record at the registrar that is made once leads to an acme-dns server. `rfc2136`: a DNS server that takes dynamic updates. `webroot`: a file that nginx serves at port 80, which is good for no wildcard.',
    ),
    providers: z
      .record(domainName(), provider)
      .describe('Another way for single certificates, by their names.'),
    acmeDns: z
      .object({
        url: url().optional().describe('The API of the acme-dns server: `http://10.9.9.1:8053`.'),
        credentialsFolder: absolutePath()
          .default('/var/lib/stead-certbot/acme-dns')
          .describe(
            'The folder on the host with a file for each domain: what `POST /register` answered. The host registers by itself where there is none.',
          ),
        allowFrom: uniqueList(z.union([ip(), network()])).describe(
          'Addresses from which a registration may be used; any, where none is named.',
        ),
      })
      .describe('With `acmeDns`.'),
    rfc2136: z
      .object({
        credentialsFile: absolutePath()
          .optional()
          .describe(
            'A file on the host with server, name and secret of the TSIG key, as certbot-dns-rfc2136 reads it.',
          ),
        propagationSeconds: z
          .int()
          .min(0)
          .default(60)
          .describe('How long, in seconds, the servers of the zone need to have a new record.'),
      })
      .describe('With `rfc2136`.'),
    resolver: ip()
      .optional()
      .describe(
        "The name server that is asked whether the record at the registrar is there: the host's own, where nothing is said. Say a public one where the host's own answers for the domain itself.",
      ),
    schedule: calendar()
      .default('*-*-* 00,12:00:00')
      .describe('When it is looked for what is to be renewed.'),
    jitter: timeSpan().default('1h').describe('By how much, at most, that is put off by chance.'),
    settings: z
      .record(line(), z.union([line(), z.number(), z.boolean()]))
      .describe("Further settings of certbot's cli.ini by name: `{ 'preferred-chain': 'ISRG Root X1' }`."),
  }),
  {
    defaults: (self) => ({ server: () => (self.staging ? LETS_ENCRYPT.staging : LETS_ENCRYPT.production) }),
  },
);
