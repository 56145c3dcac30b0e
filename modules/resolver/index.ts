// The name servers that a host itself asks, and programs that would write others over them.
import {
  assert,
  files,
  packages,
  readSource,
  systemd,
  systemdUnit,
  template,
  type Contribution,
  type FleetView,
  type HostView,
  type z,
} from 'stead';
import { dnsmasq } from '../dnsmasq/options.ts';
import { network } from '../network/index.ts';
import { ports } from '../ports/index.ts';
import { resolver } from './options.ts';

export { resolver } from './options.ts';

type Resolver = z.output<typeof resolver.schema>;

const resolvConf = readSource('./resolv.conf.hbs');
const RESOLVED = '/etc/systemd/resolved.conf.d/stead.conf';
const NETWORK_MANAGER = '/etc/NetworkManager/conf.d/stead-resolver.conf';

resolver.implement({
  defines: [files, packages, systemd],
  *config(self, { host, fleet }) {
    yield* consistency(self, host, fleet);
    if (self.backend === 'file') yield* asFile(self, host);
    else yield* asService(self);
  },
});

function* asFile(self: Resolver, host: HostView): Generator<Contribution> {
  yield files({
    etc: {
      // Programs replace or write through a link.
      'resolv.conf': {
        kind: 'copy',
        text: template(resolvConf, {
          host: host.name,
          nameservers: self.nameservers,
          search: self.search.join(' ') || null,
          options: self.options.join(' ') || null,
        }),
      },
      // Each of them as its manual says: dhclient-script(8), dhcpcd-run-hooks(8), NetworkManager.conf(5).
      'dhcp/dhclient-enter-hooks.d/stead': 'make_resolv_conf() { :; }\n',
      'dhcpcd.enter-hook': 'skip_hooks="$skip_hooks resolv.conf"\n',
    },
    paths: { [NETWORK_MANAGER]: '[main]\ndns=none\nrc-manager=unmanaged\n' },
  });
  yield systemd({ units: { 'NetworkManager.service': { readBy: [{ reload: NETWORK_MANAGER }] } } });
}

function* asService(self: Resolver): Generator<Contribution> {
  yield packages({ install: ['systemd-resolved'] });
  yield files({
    paths: {
      [RESOLVED]: systemdUnit({
        Resolve: {
          DNS: self.nameservers.join(' '),
          FallbackDNS: self.fallbackNameservers.join(' '),
          Domains: self.search.join(' '),
          DNSSEC: self.dnssec,
          DNSOverTLS: self.dnsOverTls,
          DNSStubListener: self.stubListener,
          ...self.settings,
        },
      }),
      '/etc/resolv.conf': {
        target: `/run/systemd/resolve/${self.stubListener ? 'stub-resolv.conf' : 'resolv.conf'}`,
      },
    },
  });
  yield systemd({
    units: { 'systemd-resolved.service': { wantedBy: ['sysinit.target'], readBy: [RESOLVED] } },
  });
}

function* consistency(self: Resolver, host: HostView, fleet: FleetView): Generator<Contribution> {
  const isFile = self.backend === 'file';
  yield assert(
    !isFile || self.nameservers.length > 0,
    { message: `${host.name} is given no name server to ask`, hint: 'Give `nameservers`.' },
    [resolver, 'backend'],
  );
  yield assert(
    !isFile || self.nameservers.length <= 3,
    {
      message: `programs ask the first three of the ${self.nameservers.length} name servers alone (resolv.conf(5))`,
      hint: 'Name three at most.',
    },
    [resolver, 'nameservers'],
  );
  for (const address of self.nameservers) {
    const owner = fleet.hosts.find((one) => addressesOf(one).includes(address));
    yield assert(
      owner === undefined || answers(owner),
      {
        message: `${host.name} asks ${address}, which is ${owner?.name}, and no name server listens there`,
        hint: 'Mend the address, or run a name server there, such as `dnsmasq`.',
      },
      [resolver, 'nameservers'],
      ...(owner?.uses(network) === true ? [[owner, network, 'addresses'] as const] : []),
    );
  }
  const own = ['127.0.0.1', '::1', ...addressesOf(host)];
  const asksItself = self.nameservers.length > 0 && self.nameservers.every((one) => own.includes(one));
  yield assert(
    !asksItself || !host.uses(dnsmasq) || host.get(dnsmasq).upstreams.length > 0,
    {
      message: `${host.name} asks its own dnsmasq alone, which has no \`upstreams\` and asks whom ${host.name} asks`,
      hint: 'Give `dnsmasq.upstreams`: whom it is to ask.',
    },
    [resolver, 'nameservers'],
    [dnsmasq, 'upstreams'],
  );
}

function addressesOf(host: HostView): string[] {
  return host.uses(network) ? Object.values(host.get(network).addresses) : [];
}

function answers(host: HostView): boolean {
  return host.uses(ports) && Object.values(host.get(ports).listen).some(({ port }) => port === 53);
}
