// An acme-dns server: answers for one delegated domain, where hosts leave proofs that names are theirs.
import {
  assert,
  checks,
  files,
  hardening,
  packages,
  systemd,
  systemdCommand,
  toml,
  users,
  type Contribution,
  type FleetView,
  type HostView,
} from 'stead';
import type { z } from 'zod';
import { ports } from '../ports/index.ts';
import { acmeDns } from './options.ts';

export { acmeDns } from './options.ts';

const CONFIGURATION = '/etc/acme-dns/config.cfg';
const RECORDS = '/etc/acme-dns/delegation.zone';
const SERVICE = 'acme-dns.service';

type AcmeDns = z.output<typeof acmeDns.schema>;

acmeDns.implement({
  defines: [checks, files, packages, ports, systemd, users],
  *config(self, { host, fleet }) {
    yield* consistency(self, host, fleet);
    yield packages({ install: ['bind9-dnsutils'] });
    yield users({ users: { 'acme-dns': { home: '/var/lib/acme-dns' } } });
    yield files({
      paths: {
        [CONFIGURATION]: { text: configuration(self), mode: '0640', group: 'acme-dns' },
        [RECORDS]: delegation(self)
          .map((record) => `${record}\n`)
          .join(''),
      },
    });
    yield systemd({ units: units(self) });
    yield ports({ listen: listeners(self) });
    yield checks({ manual: steps(self) });
  },
});

function configuration({ domain, address, port, nsname, nsadmin, ...self }: AcmeDns): string {
  const { openTo: _, ...api } = self.api;
  const text = toml({
    general: {
      listen: `${address.includes(':') ? `[${address}]` : address}:${port}`,
      protocol: self.protocol,
      domain,
      nsname,
      nsadmin,
      records: [...ownRecords({ domain, address, nsname }), ...self.records],
      debug: self.debug,
    },
    database: self.database,
    api: { ...api, port: String(api.port) },
    logconfig: { logtype: 'stdout', ...self.logconfig },
  });
  return `# Written by stead; changes made here are lost at the next switch.\n${text}`;
}

/** What the server itself answers for the domain. */
function ownRecords({ domain, address, nsname }: Pick<AcmeDns, 'domain' | 'address' | 'nsname'>): string[] {
  const type = address.includes(':') ? 'AAAA' : 'A';
  return [`${nsname}. ${type} ${address}`, `${domain}. NS ${nsname}.`];
}

/** What is to stand in the zone above, as lines of a zone file: the delegation, and its glue. */
function delegation({ domain, address, nsname }: AcmeDns): string[] {
  const type = address.includes(':') ? 'AAAA' : 'A';
  const isInside = nsname === domain || nsname.endsWith(`.${domain}`);
  return [`${domain}. NS ${nsname}.`, ...(isInside ? [`${nsname}. ${type} ${address}`] : [])];
}

function units({ binary }: AcmeDns) {
  return {
    [SERVICE]: {
      sections: {
        Unit: {
          Description: 'DNS server for proofs of ACME',
          Documentation: 'https://github.com/joohoi/acme-dns',
          Wants: 'network-online.target',
          After: 'network-online.target',
          ConditionFileIsExecutable: binary,
        },
        Service: {
          // systemd takes no unit whose own program is not there yet.
          ExecStart: systemdCommand(['/usr/bin/env', binary, '-c', CONFIGURATION]),
          Restart: 'on-failure',
          RestartSec: '5s',
          User: 'acme-dns',
          Group: 'acme-dns',
          StateDirectory: 'acme-dns',
          StateDirectoryMode: '0750',
          WorkingDirectory: '/var/lib/acme-dns',
          ...hardening,
          AmbientCapabilities: 'CAP_NET_BIND_SERVICE',
          CapabilityBoundingSet: 'CAP_NET_BIND_SERVICE',
          MemoryDenyWriteExecute: true,
          PrivateDevices: true,
          SystemCallErrorNumber: 'EPERM',
          SystemCallFilter: ['@system-service', '~@privileged @resources'],
        },
      },
      wantedBy: ['multi-user.target'],
      readBy: [CONFIGURATION],
    },
    // It is brought by hand, or later: the server starts then.
    'acme-dns.path': {
      sections: {
        Unit: { Description: 'Starts the DNS server for proofs of ACME once its program is there' },
        Path: { PathChanged: binary, Unit: SERVICE },
      },
      wantedBy: ['multi-user.target'],
    },
  };
}

function listeners({ address, port, protocol, openTo, api }: AcmeDns) {
  const dns = { port, address, openTo: [...openTo] };
  return {
    ...(protocol.startsWith('tcp') ? {} : { 'acme-dns': { ...dns, protocol: 'udp' as const } }),
    ...(protocol.startsWith('udp') ? {} : { 'acme-dns over tcp': { ...dns, protocol: 'tcp' as const } }),
    'acme-dns api': { port: api.port, address: api.ip, openTo: [...api.openTo] },
  };
}

function steps(self: AcmeDns) {
  const { binary, domain, nsname, resolver } = self;
  const server = resolver === undefined ? [] : [`@${resolver}`];
  // Asked of the zone above or of a cache: the server itself says so of itself in any case.
  const script = 'dig +short +time=2 +tries=2 "$@" | grep -qixF -e "$0"';
  return {
    [`delegation of ${domain}`]: {
      instruction: `Where the zone above ${domain} is kept, at the registrar mostly, make these records: ${delegation(self).join('; ')}`,
      command: ['sh', '-c', script, `${nsname}.`, ...server, domain, 'NS'],
    },
    'acme-dns program': {
      instruction: `Put the program acme-dns (https://github.com/joohoi/acme-dns/releases) at ${binary}, executable: the server starts then.`,
      command: ['test', '-x', binary],
    },
  };
}

function* consistency(self: AcmeDns, host: HostView, fleet: FleetView): Generator<Contribution> {
  const { tls, tls_cert_privkey: key, tls_cert_fullchain: chain, openTo } = self.api;
  yield assert(
    tls !== 'cert' || (key !== undefined && chain !== undefined),
    {
      message: 'with `api.tls: "cert"` both `api.tls_cert_privkey` and `api.tls_cert_fullchain` are needed',
      hint: 'Give the paths of both files, as the host has them.',
    },
    [acmeDns, 'api', 'tls'],
  );
  yield assert(
    tls !== 'none' || !openTo.includes('outside'),
    {
      message: 'the API of acme-dns takes passwords, and is open to the zone outside without TLS',
      hint: 'Set `api.tls`, or open the API to inner zones alone.',
    },
    [acmeDns, 'api', 'openTo'],
  );
  for (const other of fleet.hosts) {
    if (other.name <= host.name || !other.uses(acmeDns)) continue;
    yield assert(
      other.get(acmeDns).domain !== self.domain,
      {
        message: `${host.name} and ${other.name} both answer for ${self.domain}`,
        hint: 'Delegate a domain of its own to each, or keep one of them.',
      },
      [acmeDns, 'domain'],
      [other, acmeDns, 'domain'],
    );
  }
}
