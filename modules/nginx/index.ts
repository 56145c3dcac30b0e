// nginx as a web server and a proxy for the fleet: sites from one declaration, checked before anything is touched.
import {
  checks,
  files,
  packages,
  readSource,
  sysctl,
  systemd,
  template,
  waitCommand,
  type HostView,
} from 'stead';
import { certificates } from '../certificates/index.ts';
import { ports } from '../ports/index.ts';
import { consistency, serverNames } from './consistency.ts';
import { hasTls, isAny, listenersOf, socketOf, type Listener, type Nginx } from './listeners.ts';
import { nginx } from './options.ts';
import { parseTarget } from './proxies.ts';
import { catchAllServer, serversOf, textLines } from './site.ts';

export { nginx } from './options.ts';
export { hostAt, nothingListens, parseTarget, unanswered, type Unanswered } from './proxies.ts';

const mainTemplate = readSource('./nginx.conf.hbs');
const siteTemplate = readSource('./site.conf.hbs');
const check = readSource('./check.sh');

const UNIT = 'nginx.service';
const MAIN = '/etc/nginx/nginx.conf';
const SITES = '/etc/nginx/sites-enabled';
/** Where Debian's package has its own site: while ours stands there, that one is put aside. */
const DEFAULT_SITE = `${SITES}/default`;
const CHECK_PROGRAM = '/usr/local/lib/stead/nginx-check';

nginx.implement({
  defines: [certificates, checks, files, packages, ports, sysctl, systemd],
  *config(self, { host, fleet }) {
    yield* consistency(host, fleet);
    const sites = Object.entries(self.virtualHosts);
    const listeners = socketsOf(self);
    const paths = [MAIN, DEFAULT_SITE, ...sites.map(([name]) => `${SITES}/${name}.conf`)];
    yield packages({ install: [self.package] });
    yield files({
      paths: {
        [MAIN]: mainFile(self, host),
        [DEFAULT_SITE]: template(siteTemplate, { host: host.name, servers: catchAll(self, listeners) }),
        [CHECK_PROGRAM]: { mode: '0755', text: check.text },
      },
    });
    for (const [name, site] of sites) {
      yield files({
        paths: {
          [`${SITES}/${name}.conf`]: () =>
            template(siteTemplate, {
              host: host.name,
              servers: serversOf(site, self, host.get(certificates).webroot),
            }),
        },
      });
      if (hasTls(site) && site.certificate !== undefined) {
        yield certificates({ usedBy: { [site.certificate]: [UNIT] } });
      }
      yield ports({ serves: serverNames(site) });
    }
    yield ports({ listen: portsOf(listeners, self) });
    if (listeners.some(({ addr }) => !isAny(addr) && !addr.startsWith('127.') && addr !== '::1')) {
      // An address of a tunnel may come up later than nginx does.
      yield sysctl({ settings: { 'net.ipv4.ip_nonlocal_bind': 1, 'net.ipv6.ip_nonlocal_bind': 1 } });
    }
    yield systemd({
      units: { [UNIT]: { wantedBy: ['multi-user.target'], readBy: paths.map((reload) => ({ reload })) } },
    });
    yield checks({ preflight: { nginx: [CHECK_PROGRAM, ...namesBehind(self)] }, health: health(listeners) });
  },
});

function mainFile(self: Nginx, host: HostView): string {
  return template(mainTemplate, {
    host: host.name,
    appendConfig: textLines(self.appendConfig),
    eventsConfig: textLines(self.eventsConfig),
    appendHttpConfig: textLines(self.appendHttpConfig),
    streamConfig: self.streamConfig === '' ? null : textLines(self.streamConfig),
    serverTokens: self.serverTokens ? 'on' : 'off',
    clientMaxBodySize: self.clientMaxBodySize,
    proxyTimeout: self.proxyTimeout,
    resolver: self.resolver.join(' '),
    tls: self.recommendedTlsSettings ? { protocols: self.sslProtocols, ciphers: self.sslCiphers } : null,
    gzip: self.recommendedGzipSettings,
    upstreams: Object.entries(self.upstreams).map(([name, upstream]) => ({
      name,
      keepalive: upstream.keepalive,
      extraConfig: textLines(upstream.extraConfig),
      servers: Object.entries(upstream.servers).map(([server, { weight, backup, parameters }]) =>
        [
          server,
          ...(weight === undefined ? [] : [`weight=${weight}`]),
          ...(backup ? ['backup'] : []),
          ...(parameters === '' ? [] : [parameters]),
        ].join(' '),
      ),
    })),
  });
}

/** One listener for each socket. */
function socketsOf(self: Nginx): Listener[] {
  const all = Object.values(self.virtualHosts).flatMap((site) => listenersOf(site, self));
  return [...new Map(all.map((one) => [socketOf(one), one])).values()];
}

/** What answers at sockets where no virtual host is the default one. */
function catchAll(self: Nginx, listeners: readonly Listener[]): object[] {
  const { catchAll: status } = self;
  if (status === 'none') return [];
  const sites = Object.values(self.virtualHosts);
  const taken = new Set(
    sites.filter((site) => site.default).flatMap((site) => listenersOf(site, self).map(socketOf)),
  );
  return listeners
    .filter((one) => !taken.has(socketOf(one)))
    .map((one) => {
      const http2 = sites.some(
        (site) =>
          site.http2 &&
          listenersOf(site, self).some((other) => other.ssl && socketOf(other) === socketOf(one)),
      );
      return catchAllServer(one, http2, status);
    });
}

/** By what they are for; one at every address stands for those at single ones. */
function portsOf(
  listeners: readonly Listener[],
  { openTo }: Nginx,
): Record<string, { port: number; address?: string; openTo: string[] }> {
  const everywhere = new Set(listeners.filter(({ addr }) => isAny(addr)).map(({ port }) => port));
  return Object.fromEntries(
    listeners.map(({ addr, port, ssl }) => {
      const name = port === 80 ? 'nginx http' : port === 443 && ssl ? 'nginx https' : `nginx ${port}`;
      const shared = { port, openTo: [...openTo] };
      return everywhere.has(port) ? [name, shared] : [`${name} at ${addr}`, { ...shared, address: addr }];
    }),
  );
}

/** A reload that nginx cannot follow leaves the old configuration at work, and says so in its log only. */
function health(listeners: readonly Listener[]): Record<string, { command: string[] }> {
  const everywhere = listeners.filter(({ addr }) => addr === '0.0.0.0').map(({ port }) => port);
  return Object.fromEntries(
    everywhere.map((port) => [
      `nginx at port ${port}`,
      { command: waitCommand({ kind: 'port', port, host: '127.0.0.1', tries: 1 }) },
    ]),
  );
}

/** Names that nginx looks up when it starts. */
function namesBehind(self: Nginx): string[] {
  const targets = [
    ...Object.values(self.virtualHosts).flatMap((site) =>
      Object.values(site.locations).map(({ proxyPass }) => proxyPass ?? ''),
    ),
    ...Object.values(self.upstreams).flatMap(({ servers }) => Object.keys(servers)),
  ];
  const names = targets.map((target) => parseTarget(target)?.name ?? '');
  return [...new Set(names)]
    .filter((name) => /[a-z]/.test(name) && !name.includes(':') && !(name in self.upstreams))
    .sort();
}
