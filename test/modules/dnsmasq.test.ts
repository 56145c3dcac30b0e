import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { host, type Contribution } from 'stead';
import { dnsmasq } from 'stead/modules/dnsmasq';
import { network, networking } from 'stead/modules/network';
import { ports } from 'stead/modules/ports';
import { wireguard } from 'stead/modules/wireguard';
import { systemd } from '../../src/bundle/sets/index.ts';
import { Evaluation } from '../../src/options/index.ts';
import { available } from '../setup/programs.ts';
import { fleet, mistakes, rack, text } from './rack.ts';

const CONF = '/etc/dnsmasq.d/stead.conf';
const HOSTS = '/etc/stead/dnsmasq.hosts';

describe('what the servers of the rack get', () => {
  test('the gateway answers for the domain itself', async () => {
    const gateway = (await rack()).host('gateway');
    expect(text(gateway, CONF)).toBe(`\
# Written by stead for gateway; changes made here are lost at the next switch.
port=53
bind-dynamic
domain-needed
bogus-priv
no-hosts
addn-hosts=/etc/stead/dnsmasq.hosts
cache-size=1000
interface=eth0
interface=wg0
domain=wildelab.com
local=/wildelab.com/
server=/vpn.wildelab.com/#
no-resolv
server=9.9.9.9
server=1.1.1.1
stop-dns-rebind
rebind-localhost-ok
rebind-domain-ok=/vpn.wildelab.com/
`);
    expect(text(gateway, HOSTS)).toBe(`\
10.42.0.10 framework.wildelab.com framework
10.42.0.1 gateway.wildelab.com gateway
10.42.0.20 jetson.wildelab.com jetson
10.42.0.50 pi5-0.wildelab.com pi5-0
10.42.0.51 pi5-1.wildelab.com pi5-1
10.42.0.52 pi5-2.wildelab.com pi5-2
10.42.0.53 pi5-3.wildelab.com pi5-3
10.9.9.1 vps.wildelab.com vps
10.42.0.10 llm.wildelab.com
`);
  });

  test('the VPS passes the domain on to the address that the gateway says it has', async () => {
    const vps = text((await rack()).host('vps'), CONF);
    expect(vps).toContain('interface=wg0\ndomain=wildelab.com\nserver=/wildelab.com/10.9.9.2\nno-resolv\n');
    expect(vps).toContain('\nrebind-domain-ok=/wildelab.com/\n');
    expect(vps).not.toContain('local=');
    expect(text((await rack()).host('vps'), HOSTS)).toBe('');
  });

  test('a change of its configuration restarts the server, one of the names is read on a reload', async () => {
    expect((await rack()).host('gateway').get(systemd).units['dnsmasq.service']).toMatchObject({
      readBy: [CONF, { reload: HOSTS }],
      onChange: 'restart',
      start: true,
    });
  });
});

describe('settings', () => {
  test('aliases, the preferred network and free settings are written out', () => {
    const evaluation = fleet(
      host('dns', {
        use: [
          network({ addresses: { lab: '10.1.0.1' } }),
          dnsmasq({
            domain: 'lab.example',
            publish: ['fast', 'lab'],
            port: 5353,
            settings: {
              'log-queries': true,
              'dhcp-range': ['10.1.0.50,10.1.0.99', '10.2.0.50,10.2.0.99'],
              'dns-forward-max': 10,
            },
          }),
        ],
      }),
      host('nas', {
        use: [network({ addresses: { lab: '10.1.0.2', fast: '10.2.0.2' }, aliases: ['files'] })],
      }),
      host('elsewhere', { use: [network({ addresses: { other: '10.3.0.1' } })] }),
    );
    expect(text(evaluation.host('dns'), HOSTS)).toBe(
      '10.1.0.1 dns.lab.example dns\n10.2.0.2 nas.lab.example nas files.lab.example files\n',
    );
    expect(text(evaluation.host('dns'), CONF)).toContain(
      'dhcp-range=10.1.0.50,10.1.0.99\ndhcp-range=10.2.0.50,10.2.0.99\ndns-forward-max=10\nlog-queries\n',
    );
    expect(text(evaluation.host('dns'), CONF)).not.toContain('no-resolv');
  });
});

/** A server with an address in the network `lab`, and more about it. */
const server = (settings: object, ...use: Contribution[]) =>
  host('dns', {
    use: [
      network({ addresses: { lab: '10.1.0.1' } }),
      dnsmasq({ interfaces: ['eth0'], domain: 'lab.example', publish: ['lab'], ...settings }),
      ...use,
    ],
  });
const machine = (name: string, address: string, ...use: Contribution[]) =>
  host(name, { use: [network({ addresses: { lab: address } }), ...use] });

/** Everything that can be said, in one. */
const WHOLE = {
  listenAddresses: ['10.9.0.1'],
  records: { 'lab.example': '10.1.0.9' },
  wildcards: { 'apps.lab.example': '10.1.0.9' },
  cnames: { 'www.lab.example': 'lab.example', 'tv2.lab.example': 'tv.lab.example' },
  services: { '_minecraft._tcp.lab.example': [{ target: 'nas.lab.example', port: 25565, priority: 1 }] },
  mail: { 'lab.example': [{ target: 'nas.lab.example' }] },
  texts: { 'lab.example': ['v=spf1 -all', 'says "a, b" \\'] },
  forward: { 'office.example': '10.7.0.1' },
  forwardReverse: { '10.7.0.0/16': '10.7.0.1' },
  upstreams: ['9.9.9.9'],
  upstreamNames: ['public.lab.example'],
  dnssec: true,
  logQueries: true,
  dhcp: {
    ranges: {
      lab: { first: '10.1.0.100', last: '10.1.0.199', options: { router: '10.1.0.254' } },
      iot: { first: '10.2.0.100', last: '10.2.0.199', leaseTime: '45m', options: { 'dns-server': '' } },
    },
    leases: {
      nas: { mac: 'D8:3A:DD:01:02:03' },
      tv: { mac: 'd8:3a:dd:01:02:04', address: '10.2.0.20', leaseTime: 'infinite' },
      guest: { mac: 'd8:3a:dd:01:02:05' },
    },
    options: { 'ntp-server': ['10.1.0.1', '10.1.0.2'], 252: 'http://wpad/' },
  },
};

describe('records, forwarding and DHCP', () => {
  const whole = () => fleet(server(WHOLE), machine('nas', '10.1.0.2')).host('dns');

  test('all become lines of dnsmasq', () => {
    expect(text(whole(), CONF))
      .toBe(String.raw`# Written by stead for dns; changes made here are lost at the next switch.
port=53
bind-dynamic
domain-needed
bogus-priv
no-hosts
addn-hosts=/etc/stead/dnsmasq.hosts
cache-size=1000
interface=eth0
listen-address=127.0.0.1
listen-address=10.9.0.1
domain=lab.example
local=/lab.example/
address=/apps.lab.example/10.1.0.9
cname=tv2.lab.example,tv.lab.example
cname=www.lab.example,lab.example
srv-host=_minecraft._tcp.lab.example,nas.lab.example,25565,1,0
mx-host=lab.example,nas.lab.example,10
txt-record=lab.example,"v=spf1 -all"
txt-record=lab.example,"says \"a, b\" \\"
server=/office.example/10.7.0.1
rev-server=10.7.0.0/16,10.7.0.1
server=/public.lab.example/#
no-resolv
server=9.9.9.9
stop-dns-rebind
rebind-localhost-ok
rebind-domain-ok=/office.example/
rebind-domain-ok=/public.lab.example/
dnssec
conf-file=/usr/share/dnsmasq-base/trust-anchors.conf
log-queries
dhcp-range=set:iot,10.2.0.100,10.2.0.199,45m
dhcp-option=tag:iot,option:dns-server
dhcp-range=set:lab,10.1.0.100,10.1.0.199,12h
dhcp-option=tag:lab,option:router,10.1.0.254
dhcp-option=252,http://wpad/
dhcp-option=option:ntp-server,10.1.0.1,10.1.0.2
dhcp-authoritative
dhcp-hostsfile=/etc/stead/dnsmasq.leases
`);
    expect(text(whole(), '/etc/stead/dnsmasq.leases')).toBe(
      'd8:3a:dd:01:02:05,guest\nd8:3a:dd:01:02:03,10.1.0.2,nas\nd8:3a:dd:01:02:04,10.2.0.20,tv,infinite\n',
    );
    expect(whole().get(systemd).units['dnsmasq.service']?.readBy).toContainEqual({
      reload: '/etc/stead/dnsmasq.leases',
    });
  });

  test('the firewall and other servers are told what it listens on, by address where that is known', () => {
    const dns = { port: 53, openTo: ['rack'] };
    expect(
      fleet(server({ openTo: ['rack'], dhcp: WHOLE.dhcp }))
        .host('dns')
        .get(ports).listen,
    ).toEqual({
      'dnsmasq dns udp': { ...dns, protocol: 'udp' },
      'dnsmasq dns tcp': { ...dns, protocol: 'tcp' },
      'dnsmasq dhcp': { port: 67, protocol: 'udp', openTo: ['rack'] },
    });
    const mesh = wireguard({
      role: 'hub',
      network: '10.9.9.0/24',
      address: '10.9.9.1',
      endpoint: '192.0.2.1',
      publicKey: 'ZBjT+h1xrzkBl9zUCKnfpZQZM/2TNPvaCFI+F4hyUjY=',
    });
    const public_ = ports({ listen: { 'acme-dns': { port: 53, protocol: 'udp', address: '192.0.2.1' } } });
    const lan = networking({ interfaces: { eth0: { addresses: ['10.1.0.1/24'] } } });
    const { listen } = fleet(server({ interfaces: ['eth0', 'wg0'] }, mesh, lan, public_))
      .host('dns')
      .get(ports);
    expect(listen['dnsmasq dns tcp 10.1.0.1']).toMatchObject({ address: '10.1.0.1' });
    expect(listen['dnsmasq dns udp 10.9.9.1']).toEqual({
      port: 53,
      protocol: 'udp',
      address: '10.9.9.1',
      openTo: [],
    });
  });

  test('what hosts serve is published at their addresses, and looked up again on a reload', () => {
    const nas = machine('nas', '10.1.0.2', ports({ serves: ['files.lab.example', 'photos.example.org'] }));
    const dns = fleet(server({}), nas).host('dns');
    expect(text(dns, HOSTS)).toBe(
      '10.1.0.1 dns.lab.example dns\n10.1.0.2 nas.lab.example nas\n10.1.0.2 files.lab.example photos.example.org\n',
    );
  });
});

describe('names and addresses that cannot work', () => {
  test('a name with two addresses is refused, whoever gives them', () => {
    const nas = machine('nas', '10.1.0.2', ports({ serves: ['files.lab.example'] }));
    expect(mistakes(server({ records: { 'files.lab.example': '10.1.0.9' } }), nas)).toEqual([
      'the name files.lab.example has two addresses: 10.1.0.2 (what nas serves) and 10.1.0.9 (a record) = Take out the one that is wrong, or rename one of the two.',
    ]);
    expect(mistakes(server({ records: { 'nas.lab.example': '10.1.0.9' } }), nas)).toEqual([
      'the name nas.lab.example has two addresses: 10.1.0.2 (the host nas) and 10.1.0.9 (a record) = Take out the one that is wrong, or rename one of the two.',
    ]);
    const { errors } = new Evaluation([server({ records: { 'nas.lab.example': '10.1.0.9' } }), nas]).check();
    expect(errors[0]?.places.map(({ keys }) => keys?.at(-1))).toEqual(
      expect.arrayContaining(['addresses', 'nas.lab.example']),
    );
    const [first, second] = ['10.1.0.8', '10.1.0.9'].map((address) =>
      dnsmasq({ records: { 'lab.example': address } }),
    );
    expect(mistakes(server({}, first!, second!))).toEqual([expect.stringContaining('10.1.0.8')]);
  });

  test('a name that two hosts serve, or that cannot be published, is refused', () => {
    const serving = (name: string, address: string) =>
      machine(name, address, ports({ serves: ['files.lab.example'] }));
    expect(mistakes(server({}), serving('nas', '10.1.0.2'), serving('old', '10.1.0.3'))).toEqual(
      expect.arrayContaining([
        'nas and old both serve the name files.lab.example = Leave it on one of them, or serve it by another name.',
      ]),
    );
    const far = host('far', {
      use: [network({ addresses: { other: '10.8.0.1' } }), ports({ serves: ['files.lab.example'] })],
    });
    expect(mistakes(server({}), far)).toEqual([
      'far serves files.lab.example, and has no address in the networks that dns publishes: lab = Give it an address there, or publish a network that it is in.',
    ]);
  });

  test('a CNAME that would get no answer is refused', () => {
    expect(mistakes(server({ cnames: { 'www.lab.example': 'example.org' } }))).toEqual([
      'example.org, for which www.lab.example is another name, is none that dns knows itself = Give that name an address with `records`.',
    ]);
    expect(
      mistakes(server({ cnames: { 'dns.lab.example': 'nas.lab.example' } }), machine('nas', '10.1.0.2')),
    ).toEqual([
      'dns.lab.example is another name for nas.lab.example, and has the address 10.1.0.1 (the host dns) = Keep the address or the other name, not both.',
    ]);
  });

  test('ranges and leases that give one address to two are refused', () => {
    const range = (first: string, last: string) => ({ first, last });
    const dhcp = (ranges: object, leases_ = {}) => server({ dhcp: { ranges, leases: leases_ } });
    expect(mistakes(dhcp({ a: range('10.1.0.50', '10.1.0.40') }))).toEqual([
      'the range a runs backwards: 10.1.0.50 to 10.1.0.40 = Write the lower address as `first`.',
    ]);
    expect(
      mistakes(dhcp({ a: range('10.1.0.50', '10.1.0.60'), b: range('10.1.0.60', '10.1.0.70') })),
    ).toEqual(['the ranges a and b overlap = End the one before the other begins.']);
    const nas = machine('nas', '10.1.0.55');
    expect(mistakes(dhcp({ a: range('10.1.0.50', '10.1.0.60') }), nas)).toEqual([
      '10.1.0.55 of nas lies in the range a, 10.1.0.50 to 10.1.0.60: somebody else may be given it = Move the range, or give the host the address by a lease, in `dhcp.leases`.',
    ]);
    const mac = 'd8:3a:dd:01:02:03';
    fleet(dhcp({ a: range('10.1.0.50', '10.1.0.60') }, { nas: { mac } }), nas);
    expect(mistakes(dhcp({}, { tv: { mac, address: '10.1.0.7' }, box: { mac: mac.toUpperCase() } }))).toEqual(
      [
        `box and tv have the same hardware address, ${mac.toUpperCase()} = Look up with \`ip link\` on each which is whose.`,
      ],
    );
    const other = { mac: 'd8:3a:dd:01:02:04', address: '10.1.0.7' };
    expect(mistakes(dhcp({}, { tv: { mac, address: '10.1.0.7' }, box: other }))).toEqual([
      'box and tv are both given 10.1.0.7 = Give each an address of its own.',
    ]);
  });

  test('what dnsmasq would take for something else is refused by its type', () => {
    expect(mistakes(server({ records: { 'foo.lab.example': '999.1.1.1' } }))[0]).toContain(
      'expected an IP address',
    );
    expect(mistakes(server({ dhcp: { options: { Router: '10.1.0.1' } } }))[0]).toContain(
      'an option by its name, such as router, or by its number',
    );
    const range = { first: '10.1.0.50', last: '10.1.0.60', leaseTime: '2 hours' };
    expect(mistakes(server({ dhcp: { ranges: { a: range } } }))[0]).toContain(
      'a time that dnsmasq knows, such as 45m, 12h, 7d or infinite',
    );
  });
});

describe.runIf(available('dnsmasq'))('the real dnsmasq', () => {
  const configurations: Record<string, () => Promise<string>> = {
    gateway: async () => text((await rack()).host('gateway'), CONF),
    vps: async () => text((await rack()).host('vps'), CONF),
    'a server with everything': async () =>
      text(fleet(server(WHOLE), machine('nas', '10.1.0.2')).host('dns'), CONF),
  };

  test.each(Object.keys(configurations))(
    'takes the configuration of %s, and refuses a broken one',
    async (name) => {
      const folder = mkdtempSync(join(tmpdir(), 'stead-dnsmasq-'));
      try {
        const conf = join(folder, 'stead.conf');
        writeFileSync(conf, await configurations[name]!());
        const options = {
          encoding: 'utf8',
          env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` },
        } as const;
        expect(spawnSync('dnsmasq', ['--test', `--conf-file=${conf}`], options)).toMatchObject({ status: 0 });
        writeFileSync(conf, 'no-such-setting\n');
        expect(spawnSync('dnsmasq', ['--test', `--conf-file=${conf}`], options)).toMatchObject({ status: 1 });
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});
