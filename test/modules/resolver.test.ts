import { describe, expect, test } from 'vitest';
import { host } from 'stead';
import { dnsmasq } from 'stead/modules/dnsmasq';
import { network } from 'stead/modules/network';
import { resolver } from 'stead/modules/resolver';
import { fileSources } from '../../src/bundle/sets/files.ts';
import { packages, systemd } from '../../src/bundle/sets/index.ts';
import { fleet, mistakes, text } from './rack.ts';

const dns = (settings: object = {}, own: object = {}) =>
  host('dns', {
    use: [
      network({ addresses: { lab: '10.1.0.1' } }),
      dnsmasq({ domain: 'lab.example', publish: ['lab'], upstreams: ['9.9.9.9'], ...settings }),
      resolver({ nameservers: ['127.0.0.1', '9.9.9.9'], ...own }),
    ],
  });
const pi = (settings: object) =>
  host('pi', { use: [network({ addresses: { lab: '10.1.0.2' } }), resolver(settings)] });

describe('what a host asks', () => {
  test('is a file of its own, which programs of DHCP and NetworkManager leave alone', () => {
    const evaluation = fleet(
      dns(),
      pi({
        nameservers: ['10.1.0.1', '9.9.9.9'],
        search: ['lab.example', 'example.org'],
        options: ['timeout:2', 'edns0'],
      }),
    ).host('pi');
    expect(fileSources(evaluation).find(({ path }) => path === '/etc/resolv.conf')).toMatchObject({
      kind: 'copy',
      content: `\
# Written by stead for pi; changes made here are lost at the next switch.
nameserver 10.1.0.1
nameserver 9.9.9.9
search lab.example example.org
options timeout:2 edns0
`,
    });
    expect(text(evaluation, '/etc/dhcp/dhclient-enter-hooks.d/stead')).toBe('make_resolv_conf() { :; }\n');
    expect(text(evaluation, '/etc/dhcpcd.enter-hook')).toBe('skip_hooks="$skip_hooks resolv.conf"\n');
    expect(text(evaluation, '/etc/NetworkManager/conf.d/stead-resolver.conf')).toBe(
      '[main]\ndns=none\nrc-manager=unmanaged\n',
    );
    expect(evaluation.get(systemd).units['NetworkManager.service']?.start).toBe(false);
  });

  test('is told to systemd-resolved, which /etc/resolv.conf then points to', () => {
    const settings = { backend: 'resolved', nameservers: ['9.9.9.9'], search: ['lab.example'] };
    const evaluation = fleet(pi({ ...settings, dnsOverTls: 'yes', settings: { LLMNR: false } })).host('pi');
    expect(text(evaluation, '/etc/systemd/resolved.conf.d/stead.conf')).toBe(`\
[Resolve]
DNS=9.9.9.9
FallbackDNS=
Domains=lab.example
DNSSEC=no
DNSOverTLS=yes
DNSStubListener=yes
LLMNR=no
`);
    const link = (more: object) =>
      fileSources(fleet(pi({ ...settings, ...more })).host('pi')).find(
        ({ path }) => path === '/etc/resolv.conf',
      );
    expect(link({})).toMatchObject({ kind: 'symlink', target: '/run/systemd/resolve/stub-resolv.conf' });
    expect(link({ stubListener: false })).toMatchObject({ target: '/run/systemd/resolve/resolv.conf' });
    expect(evaluation.get(packages).install).toContain('systemd-resolved');
    expect(evaluation.get(systemd).units['systemd-resolved.service']).toMatchObject({
      wantedBy: ['sysinit.target'],
      readBy: ['/etc/systemd/resolved.conf.d/stead.conf'],
    });
  });
});

describe('name servers that give no answer', () => {
  test('none at all, and more than programs ask, are refused', () => {
    expect(mistakes(pi({}))).toEqual(['pi is given no name server to ask = Give `nameservers`.']);
    expect(mistakes(pi({ nameservers: ['9.9.9.9', '1.1.1.1', '8.8.8.8', '8.8.4.4'] }))).toEqual([
      'programs ask the first three of the 4 name servers alone (resolv.conf(5)) = Name three at most.',
    ]);
    expect(mistakes(pi({ nameservers: ['9.9.9.9'], options: ['timeout=2'] }))[0]).toContain(
      'an option of resolv.conf(5), such as edns0 or timeout:2',
    );
  });

  test('a host of the fleet on which no name server listens is refused', () => {
    const nas = host('nas', { use: [network({ addresses: { lab: '10.1.0.9' } })] });
    expect(mistakes(pi({ nameservers: ['10.1.0.9'] }), nas)).toEqual([
      'pi asks 10.1.0.9, which is nas, and no name server listens there = Mend the address, or run a name server there, such as `dnsmasq`.',
    ]);
    fleet(pi({ nameservers: ['10.1.0.1'] }), dns());
  });

  test('a server that would have to ask itself is refused', () => {
    expect(mistakes(dns({ upstreams: [] }, { nameservers: undefined }))).toEqual([
      'dns is given no name server to ask = Give `nameservers`.',
    ]);
    const alone = host('dns', {
      use: [
        network({ addresses: { lab: '10.1.0.1' } }),
        dnsmasq({ domain: 'lab.example' }),
        resolver({ nameservers: ['127.0.0.1', '10.1.0.1'] }),
      ],
    });
    expect(mistakes(alone)).toEqual([
      'dns asks its own dnsmasq alone, which has no `upstreams` and asks whom dns asks = Give `dnsmasq.upstreams`: whom it is to ask.',
    ]);
  });
});
