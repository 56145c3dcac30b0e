// Certificates at paths that stay: a self-signed stand-in from the first switch on, the real one once it is issued.
import {
  assert,
  checks,
  files,
  packages,
  readSource,
  systemd,
  type Contribution,
  type FleetView,
  type HostView,
} from 'stead';
import { ports } from '../ports/index.ts';
import { covers } from './names.ts';
import { certificates, SELF_SIGNED } from './options.ts';

export { certificateFiles, covers, type CertificateFiles } from './names.ts';
export { certificates } from './options.ts';

/** The program that makes stand-ins and puts what was issued in their place. */
export const CERTIFICATES_PROGRAM = '/usr/local/lib/stead/certificates';

const TABLE = '/etc/stead/certificates.tsv';
const SERVICE = 'stead-certificates.service';

const program = readSource('./certificates.sh');

certificates.implement({
  defines: [checks, files, packages, systemd],
  *config(self, { host, fleet }) {
    yield* consistency(host, fleet);
    if (Object.keys(self.certs).length === 0) return;
    yield packages({ install: ['openssl'] });
    yield files({
      paths: {
        [CERTIFICATES_PROGRAM]: { mode: '0755', text: program.text },
        [TABLE]: () => table(host),
      },
    });
    yield systemd({
      units: {
        [SERVICE]: {
          sections: {
            Unit: { Description: 'Makes self-signed stand-ins for certificates that are not issued yet' },
            Service: {
              Type: 'oneshot',
              RemainAfterExit: true,
              ExecStart: `${CERTIFICATES_PROGRAM} stand-in`,
              UMask: '0077',
            },
          },
          wantedBy: ['multi-user.target'],
          onChange: 'restart',
          readBy: [CERTIFICATES_PROGRAM, TABLE],
        },
      },
    });
    for (const unit of readers(host)) {
      const afterStandIns = { Unit: { Wants: SERVICE, After: SERVICE } };
      yield systemd({ units: { [unit]: { dropIns: { 'stead-certificates': afterStandIns } } } });
    }
    yield checks({ preflight: { certificates: [CERTIFICATES_PROGRAM, 'stand-in'] } });
  },
});

/** Units that read any certificate of the host. */
function readers(host: HostView): string[] {
  const { certs, usedBy } = host.get(certificates);
  const named = Object.values(certs).flatMap(({ reload, restart }) => [...reload, ...restart]);
  return [...new Set([...named, ...Object.values(usedBy).flat()])].sort();
}

/** What the program reads: name, group, units to reload and to restart, domains. */
function table(host: HostView): string {
  const { certs, usedBy } = host.get(certificates);
  return Object.entries(certs)
    .map(([name, { group, reload, restart, domains }]) => {
      const toReload = [...new Set([...reload, ...(usedBy[name] ?? [])])].filter(
        (unit) => !restart.includes(unit),
      );
      return `${[name, group, ...[toReload, restart, domains].map((list) => list.join(' ') || '-')].join('\t')}\n`;
    })
    .join('');
}

function* consistency(host: HostView, fleet: FleetView): Generator<Contribution> {
  const { certs } = host.get(certificates);
  const names = Object.keys(certs).sort();
  for (const name of names) {
    const { domains, issuer } = certs[name]!;
    yield assert(
      domains.length > 0,
      { message: `the certificate ${name} is for no name`, hint: 'Give it `domains`.' },
      [certificates, 'certs', name],
    );
    yield assert(
      () => issuer === SELF_SIGNED || host.get(certificates).issuers.includes(issuer),
      {
        message: `the certificate ${name} is to be issued by ${issuer}, which ${host.name} does not use`,
        hint: 'Define that option set on the host, or name another issuer.',
      },
      [certificates, 'certs', name, 'issuer'],
    );
    for (const [index, domain] of domains.entries()) {
      const at = [certificates, 'certs', name, 'domains', index] as const;
      const twin = names.find((other) => other > name && certs[other]!.domains.includes(domain));
      yield assert(
        twin === undefined,
        {
          message: `the certificates ${name} and ${twin} are both for ${domain}`,
          hint: 'Leave it in one of them.',
        },
        at,
        [certificates, 'certs', twin ?? name, 'domains', certs[twin ?? name]!.domains.indexOf(domain)],
      );
      yield assert(
        () => domains.includes(`*.${domain}`) || isServed(domain, fleet),
        {
          message: `the certificate ${name} is for ${domain}, which no host of the fleet serves`,
          hint: 'Serve it, as a virtual host or with `ports({ serves: … })`, or take it out of the certificate.',
        },
        at,
      );
    }
  }
}

function isServed(domain: string, fleet: FleetView): boolean {
  return fleet.hosts.some(
    (other) => other.uses(ports) && other.get(ports).serves.some((name) => covers(domain, name)),
  );
}
