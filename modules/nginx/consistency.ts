// What has to hold for virtual hosts to work together, and with what lies behind them.
import { assert, type Contribution, type FleetView, type HostView } from 'stead';
import { certificates, covers } from '../certificates/index.ts';
import { ports } from '../ports/index.ts';
import { hasTls, listenersOf, socketOf, type VirtualHost } from './listeners.ts';
import { nginx } from './options.ts';
import { hostAt, nothingListens, parseTarget, unanswered } from './proxies.ts';

export function* consistency(host: HostView, fleet: FleetView): Generator<Contribution> {
  const self = host.get(nginx);
  for (const [name, site] of Object.entries(self.virtualHosts)) {
    yield* tlsConsistency(name, site, host);
    yield* twins(name, host);
    for (const [path, location] of Object.entries(site.locations)) {
      const at = [nginx, 'virtualHosts', name, 'locations', path] as const;
      yield assert(
        location.return === undefined || location.proxyPass === undefined,
        {
          message: `${path} of ${name} both answers by itself and passes requests on`,
          hint: 'Keep `return` or `proxyPass`.',
        },
        [...at, 'return'],
        [...at, 'proxyPass'],
      );
      yield assert(
        location.return === undefined ||
          (location.allow.length === 0 && location.deny.length === 0 && location.basicAuthFile === undefined),
        {
          message: `${path} of ${name} is closed to some, and its \`return\` answers everybody all the same`,
          hint: 'Take `return` out, or what closes it: nginx answers before it looks at who asks.',
        },
        [...at, 'return'],
      );
      if (location.proxyPass !== undefined) {
        yield* proxyConsistency(
          location.proxyPass,
          `${name} passes ${path}`,
          [...at, 'proxyPass'],
          host,
          fleet,
        );
      }
    }
  }
  for (const [name, { servers }] of Object.entries(self.upstreams)) {
    for (const server of Object.keys(servers)) {
      yield* answeredConsistency(
        server,
        `the upstream ${name} passes requests`,
        [nginx, 'upstreams', name, 'servers', server],
        host,
        fleet,
      );
    }
  }
}

function* tlsConsistency(name: string, site: VirtualHost, host: HostView): Generator<Contribution> {
  const at = [nginx, 'virtualHosts', name] as const;
  const chosen = (['forceSSL', 'addSSL', 'onlySSL'] as const).filter((key) => site[key]);
  yield assert(
    chosen.length < 2,
    {
      message: `${name} has ${chosen.join(' and ')}, of which one is enough`,
      hint: 'Keep one: `forceSSL` answers on both ports, and sends everybody to https.',
    },
    ...chosen.map((key) => [...at, key] as const),
  );
  if (!hasTls(site)) return;
  const ownFiles = site.sslCertificate !== undefined && site.sslCertificateKey !== undefined;
  yield assert(
    site.certificate !== undefined || ownFiles,
    {
      message: `${name} speaks TLS and has no certificate`,
      hint: 'Give it `certificate`, or both `sslCertificate` and `sslCertificateKey`.',
    },
    at,
  );
  const { certificate } = site;
  if (certificate === undefined) return;
  yield assert(
    () => certificate in host.get(certificates).certs,
    () => ({
      message: `${name} is served with the certificate ${certificate}, which ${host.name} does not have`,
      hint: `Declare it with \`certificates\`; there are: ${Object.keys(host.get(certificates).certs).join(', ') || 'none'}.`,
    }),
    [...at, 'certificate'],
  );
  for (const served of serverNames(site)) {
    yield assert(
      () => {
        const found = host.get(certificates).certs[certificate];
        return found === undefined || found.domains.some((domain) => covers(domain, served));
      },
      {
        message: `${name} serves ${served}, which its certificate ${certificate} is not good for`,
        hint: 'Add the name to the domains of the certificate, or name another certificate.',
      },
      [...at, 'certificate'],
      [certificates, 'certs', certificate, 'domains'],
    );
  }
}

/** One name, or the answer for all others, may be had once at each socket. */
function* twins(name: string, host: HostView): Generator<Contribution> {
  const self = host.get(nginx);
  const site = self.virtualHosts[name]!;
  const sockets = listenersOf(site, self).map(socketOf);
  for (const [otherName, other] of Object.entries(self.virtualHosts)) {
    if (otherName <= name) continue;
    const shared = listenersOf(other, self)
      .map(socketOf)
      .find((socket) => sockets.includes(socket));
    if (shared === undefined) continue;
    const theirs = namesOf(other);
    const twin = namesOf(site).find((one) => theirs.includes(one));
    yield assert(
      twin === undefined,
      {
        message: `the virtual hosts ${name} and ${otherName} both serve ${twin} at ${shared}`,
        hint: 'Take the name out of one of them, or let them listen at different addresses.',
      },
      [nginx, 'virtualHosts', name],
      [nginx, 'virtualHosts', otherName],
    );
    yield assert(
      !(site.default && other.default),
      {
        message: `the virtual hosts ${name} and ${otherName} both answer for all other names at ${shared}`,
        hint: 'Leave `default: true` on one of them.',
      },
      [nginx, 'virtualHosts', name, 'default'],
      [nginx, 'virtualHosts', otherName, 'default'],
    );
  }
}

type Place = Parameters<typeof assert>[2];

function* proxyConsistency(
  proxyPass: string,
  what: string,
  at: Place,
  host: HostView,
  fleet: FleetView,
): Generator<Contribution> {
  const { upstreams } = host.get(nginx);
  yield assert(
    /^https?:\/\//.test(proxyPass),
    {
      message: `${what} on to ${proxyPass}, which does not begin with http:// or https://`,
      hint: 'Write the scheme, as in `http://localhost:3000`.',
    },
    at,
  );
  const name = parseTarget(proxyPass)?.name;
  if (name !== undefined && name in upstreams) return;
  yield assert(
    name === undefined ||
      /[.:]/.test(name) ||
      name === 'localhost' ||
      fleet.hosts.some((one) => one.name === name),
    {
      message: `${what} on to ${name}, which is neither one of the upstreams nor a host of the fleet`,
      hint: 'Define it with `upstreams`, or write a host of the fleet, `localhost` or an address.',
    },
    at,
  );
  yield* answeredConsistency(proxyPass, what, at, host, fleet);
}

function* answeredConsistency(
  target: string,
  what: string,
  at: Place,
  host: HostView,
  fleet: FleetView,
): Generator<Contribution> {
  const found = () => unanswered(target, host, fleet);
  const behind = hostAt(parseTarget(target)?.name, host, fleet);
  yield assert(
    () => found() === undefined,
    () => nothingListens(`${what} on to ${target}`, found()!),
    at,
    ...(behind === undefined ? [] : [[behind, ports, 'listen'] as const]),
  );
}

function namesOf(site: VirtualHost): string[] {
  return [site.serverName, ...site.serverAliases].map((name) => name.toLowerCase());
}

/** Names that are plain ones, of those that it answers to: no regular expressions, no wildcards. */
export function serverNames(site: VirtualHost): string[] {
  return namesOf(site).filter((name) => /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(name));
}
