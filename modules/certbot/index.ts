// Certificates from an ACME server, by Debian's certbot, in a unit of its own: no switch waits for one or asks for one.
import {
  assert,
  checks,
  files,
  ini,
  packages,
  readSource,
  systemd,
  type Contribution,
  type FleetView,
  type HostView,
} from 'stead';
import type { z } from 'zod';
import { certificates } from '../certificates/index.ts';
import { hostAt, nothingListens, parseTarget, unanswered } from '../nginx/index.ts';
import { ports } from '../ports/index.ts';
import { certbot } from './options.ts';

export { certbot } from './options.ts';

const PROGRAM = '/usr/local/lib/stead/certbot';
const ACME_DNS_PROGRAM = '/usr/local/lib/stead/acme-dns';
const TABLE = '/etc/stead/certbot.tsv';
const SETTINGS = '/etc/stead/certbot.ini';
const ACME_DNS_TABLE = '/etc/stead/acme-dns.tsv';
const ROOT = '/var/lib/stead-certbot';
const WEBROOT = `${ROOT}/webroot`;
const SERVICE = 'stead-certbot.service';
const RETRY = 'stead-certbot-retry.timer';

const issue = readSource('./issue.sh');
const acmeDns = readSource('./acme-dns.sh');

type Certbot = z.output<typeof certbot.schema>;
type Provider = Certbot['provider'];

certbot.implement({
  defines: [certificates, checks, files, packages, systemd],
  *config(self, { host, fleet }) {
    yield* consistency(self, host, fleet);
    const used = new Set([self.provider, ...Object.values(self.providers)]);
    yield certificates({ issuers: ['certbot'] });
    yield packages({ install: ['certbot', 'openssl'] });
    yield files({
      paths: {
        [PROGRAM]: { mode: '0755', text: issue.text },
        [SETTINGS]: settings(self, used),
        [TABLE]: () => table(self, host),
        [ROOT]: { kind: 'directory' },
      },
    });
    if (used.has('webroot')) {
      yield certificates({ webroot: WEBROOT });
      yield files({ paths: { [WEBROOT]: { kind: 'directory' } } });
    }
    if (used.has('rfc2136')) yield packages({ install: ['python3-certbot-dns-rfc2136'] });
    if (used.has('acmeDns')) yield* acmeDnsClient(self, host);
    yield* units(self);
    yield checks({ preflight: { certbot: ['certbot', 'plugins', '--config', SETTINGS] } });
  },
});

/** Names by which this host's certificates are issued, with how each is proved. */
function issued(
  self: Certbot,
  host: HostView,
): { name: string; provider: Provider; domains: readonly string[] }[] {
  return Object.entries(host.get(certificates).certs)
    .filter(([, { issuer }]) => issuer === 'certbot')
    .map(([name, { domains }]) => ({ name, provider: self.providers[name] ?? self.provider, domains }));
}

/** certbot's own file of settings. Its folders are not Debian's, so that what is kept by hand there stays as it is. */
function settings(self: Certbot, used: ReadonlySet<Provider>): string {
  const keys: Record<Certbot['keyType'], Readonly<Record<string, string | number>>> = {
    ec256: { 'key-type': 'ecdsa', 'elliptic-curve': 'secp256r1' },
    ec384: { 'key-type': 'ecdsa', 'elliptic-curve': 'secp384r1' },
    rsa2048: { 'key-type': 'rsa', 'rsa-key-size': 2048 },
    rsa4096: { 'key-type': 'rsa', 'rsa-key-size': 4096 },
  };
  const text = ini({
    '': {
      'config-dir': `${ROOT}/config`,
      'work-dir': `${ROOT}/work`,
      'logs-dir': '/var/log/stead-certbot',
      'max-log-backups': 20,
      'non-interactive': true,
      'agree-tos': true,
      ...(self.email === undefined ? { 'register-unsafely-without-email': true } : { email: self.email }),
      server: self.server,
      ...keys[self.keyType],
      ...(used.has('rfc2136')
        ? {
            'dns-rfc2136-credentials': self.rfc2136.credentialsFile,
            'dns-rfc2136-propagation-seconds': self.rfc2136.propagationSeconds,
          }
        : {}),
      ...(used.has('webroot') ? { 'webroot-path': WEBROOT } : {}),
      ...self.settings,
    },
  });
  return `# Written by stead; changes made here are lost at the next switch.\n${text}`;
}

/** What the program reads, by certificate; the two files are ones that it needs. */
function table(self: Certbot, host: HostView): string {
  const { renewBeforeDays, server, serverRootFile, keyType, rfc2136 } = self;
  return issued(self, host)
    .map(({ name, provider, domains }) => {
      const credentials = provider === 'rfc2136' ? rfc2136.credentialsFile : undefined;
      return [
        name,
        provider,
        credentials ?? '-',
        serverRootFile ?? '-',
        renewBeforeDays * 86_400,
        `${server} ${keyType}`,
        domains.join(' '),
      ];
    })
    .map((row) => `${row.join('\t')}\n`)
    .join('');
}

function* acmeDnsClient(self: Certbot, host: HostView): Generator<Contribution> {
  const { url, credentialsFolder, allowFrom } = self.acmeDns;
  yield packages({ install: ['curl', 'bind9-dnsutils'] });
  yield files({
    paths: {
      [ACME_DNS_PROGRAM]: { mode: '0755', text: acmeDns.text },
      [ACME_DNS_TABLE]: `${[url ?? '', credentialsFolder, self.resolver ?? '-', allowFrom.join(' ') || '-'].join('\t')}\n`,
    },
  });
  yield checks({ manual: () => Object.fromEntries(delegations(self, host)) });
}

/** The one step of a person for each domain. */
function delegations(self: Certbot, host: HostView): [string, { instruction: string; command: string[] }][] {
  const domains = issued(self, host)
    .filter(({ provider }) => provider === 'acmeDns')
    .flatMap((one) => one.domains.map((domain) => domain.replace(/^\*\./, '')));
  return [...new Set(domains)].sort().map((domain) => [
    `_acme-challenge.${domain}`,
    {
      instruction: `Make the record below where the zone of ${domain} is kept, at the registrar mostly, so that certificates for ${domain} are issued to this host. \`${ACME_DNS_PROGRAM} record ${domain}\` prints it again.`,
      command: [ACME_DNS_PROGRAM, 'delegated', domain],
    },
  ]);
}

function* units(self: Certbot): Generator<Contribution> {
  const timer = (description: string, section: Readonly<Record<string, string | boolean>>) => ({
    sections: { Unit: { Description: description }, Timer: { ...section, Unit: SERVICE } },
  });
  const wantedBy = ['timers.target'];
  yield systemd({
    units: {
      [SERVICE]: {
        sections: {
          Unit: {
            Description: 'Has certificates issued that are missing, or end soon',
            Wants: 'network-online.target',
            After: ['network-online.target', 'nss-lookup.target', 'stead-certificates.service'],
            // It looks whether the next try is due; only then it asks the ACME server.
            OnFailure: RETRY,
          },
          Service: {
            Type: 'oneshot',
            ExecStart: PROGRAM,
            TimeoutStartSec: '30min',
            NoNewPrivileges: true,
            PrivateTmp: true,
            ProtectHome: 'read-only',
            ProtectSystem: 'full',
          },
        },
        onChange: 'none',
        mayFail: true,
      },
      'stead-certbot.timer': {
        ...timer('Looks twice a day for certificates to renew', {
          OnCalendar: self.schedule,
          RandomizedDelaySec: self.jitter,
          Persistent: true,
        }),
        wantedBy,
      },
      'stead-certbot-soon.timer': {
        ...timer('Has certificates issued soon after a change, or a start of the host', {
          OnActiveSec: '5s',
          AccuracySec: '1s',
        }),
        wantedBy,
        readBy: [TABLE, SETTINGS],
      },
      [RETRY]: timer('Tries again to have certificates issued', {
        OnActiveSec: '5min',
        RemainAfterElapse: false,
      }),
    },
  });
}

function* consistency(self: Certbot, host: HostView, fleet: FleetView): Generator<Contribution> {
  yield assert(
    self.acceptTerms,
    {
      message: 'certificates are issued to who agrees to the terms of the ACME server',
      hint: 'Read them, and set `acceptTerms: true`.',
    },
    [certbot, 'acceptTerms'],
  );
  const used = [self.provider, ...Object.values(self.providers)];
  yield assert(
    !used.includes('acmeDns') || self.acmeDns.url !== undefined,
    {
      message: 'the provider acmeDns needs `acmeDns.url`',
      hint: 'Say where the API of the acme-dns server is: `http://10.9.9.1:8053`.',
    },
    [certbot, 'provider'],
  );
  const server = hostAt(parseTarget(self.acmeDns.url ?? '')?.name, host, fleet);
  const unheard = () => unanswered(self.acmeDns.url ?? '', host, fleet);
  yield assert(
    () => !used.includes('acmeDns') || unheard() === undefined,
    () => nothingListens(`the acme-dns server is at ${self.acmeDns.url}`, unheard()!),
    [certbot, 'acmeDns', 'url'],
    ...(server === undefined ? [] : [[server, ports, 'listen'] as const]),
  );
  yield assert(
    !used.includes('rfc2136') || self.rfc2136.credentialsFile !== undefined,
    {
      message: 'the provider rfc2136 needs `rfc2136.credentialsFile`',
      hint: 'Give the path of a file on the host with server, name and secret of its key.',
    },
    [certbot, 'provider'],
  );
  for (const name of Object.keys(self.providers)) {
    yield assert(
      () => name in host.get(certificates).certs,
      {
        message: `${name} is given a provider, and ${host.name} has no certificate of that name`,
        hint: 'Write the name of one of `certificates.certs`.',
      },
      [certbot, 'providers', name],
    );
  }
  yield assert(
    () => byFile(self, host) === undefined,
    () => ({
      message: `the certificate ${byFile(self, host)} is for a wildcard, which no file on a web server proves`,
      hint: 'Give it the provider acmeDns or rfc2136.',
    }),
    [certbot, 'provider'],
    [certificates, 'certs'],
  );
}

/** The first certificate for a wildcard that is to be proved by a file. */
function byFile(self: Certbot, host: HostView): string | undefined {
  return issued(self, host).find(
    ({ provider, domains }) => provider === 'webroot' && domains.some((domain) => domain.startsWith('*.')),
  )?.name;
}
