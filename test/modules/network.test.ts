import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { host, type Contribution } from 'stead';
import { network, networking } from 'stead/modules/network';
import { activation, checks, packages, sysctl, systemd } from '../../src/bundle/sets/index.ts';
import { available } from '../setup/programs.ts';
import { fleet, mistakes, text } from './rack.ts';

const box = (...use: Contribution[]) => host('box', { use });
const built = (...use: Contribution[]) => fleet(box(...use)).host('box');
const NOTE = '# Written by stead for box; changes made here are lost at the next switch.\n';

const INTERFACES = {
  eth0: {
    network: 'rack',
    addresses: ['10.42.0.1/24', 'fd00:42::1/64'],
    gateways: ['10.42.0.2', 'fe80::1'],
    routes: [
      { destination: '10.50.0.0/16', via: '10.42.0.9', metric: 5, source: '10.42.0.1' },
      { destination: 'default', via: '192.0.2.1', onLink: true },
    ],
    dns: ['9.9.9.9', '1.1.1.1'],
    domains: ['wildelab.com', 'lan'],
    mtu: 1400,
    macAddress: '02:00:00:00:00:01',
    acceptRA: false,
  },
  ppp0: { addresses: ['10.0.0.1/32'], peer: '10.0.0.2', routes: [{ destination: '10.1.0.0/16' }] },
  br0: { addresses: ['10.43.0.1/24'] },
  vlan10: { dhcp: 'yes' as const, required: false },
};
const MADE = {
  bridges: { br0: { interfaces: ['eth1', 'eth2'] }, br1: {} },
  vlans: { vlan10: { id: 10, interface: 'eth0' } },
  bonds: { bond0: { interfaces: ['eth3', 'eth4'], mode: '802.3ad' as const } },
};
const ALL = networking({ interfaces: INTERFACES, ...MADE });

describe('where a host stands', () => {
  test('the first address of an interface is that of its network, unless something else is said', () => {
    expect(built(ALL).get(network).addresses).toEqual({ rack: '10.42.0.1' });
    expect(built(ALL, network({ addresses: { rack: '10.42.0.7' } })).get(network).addresses).toEqual({
      rack: '10.42.0.7',
    });
  });

  test('what it forwards is a setting of the kernel', () => {
    const settings = (forwarding: 'no' | 'ipv4' | 'ipv6' | 'yes') =>
      Object.keys(built(networking({ forwarding })).get(sysctl).settings);
    expect(settings('no')).toEqual([]);
    expect(settings('ipv4')).toEqual(['net.ipv4.ip_forward']);
    expect(settings('ipv6')).toEqual(['net.ipv6.conf.all.forwarding']);
    expect(settings('yes')).toEqual(['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding']);
  });
});

describe('systemd-networkd', () => {
  const file = (name: string) => text(built(ALL), `/etc/systemd/network/05-${name}`);

  test('an interface has its addresses, routers, routes, names and sizes', () => {
    expect(file('eth0.network')).toBe(`${NOTE}[Match]
Name=eth0

[Link]
MACAddress=02:00:00:00:00:01
MTUBytes=1400

[Network]
IPv6AcceptRA=no
Address=10.42.0.1/24
Address=fd00:42::1/64
Gateway=10.42.0.2
Gateway=fe80::1
DNS=9.9.9.9
DNS=1.1.1.1
Domains=wildelab.com lan
VLAN=vlan10

[Route]
Destination=10.50.0.0/16
Gateway=10.42.0.9
Metric=5
PreferredSource=10.42.0.1

[Route]
Gateway=192.0.2.1
GatewayOnLink=yes

# [NetDev]
# Name=vlan10
# Kind=vlan
# 
# [VLAN]
# Id=10
`);
    expect(file('vlan10.network')).toBe(`${NOTE}[Match]
Name=vlan10

[Link]
RequiredForOnline=no

[Network]
DHCP=yes
`);
  });

  test('a link between two has the address of the other end', () => {
    expect(file('ppp0.network')).toBe(`${NOTE}[Match]
Name=ppp0

[Address]
Address=10.0.0.1/32
Peer=10.0.0.2/32

[Route]
Destination=10.1.0.0/16
Scope=link
`);
  });

  test('bridges, VLANs and bonds are made, and what they are made of has no address of its own', () => {
    expect(file('br0.netdev')).toBe(
      `${NOTE}[NetDev]\nName=br0\nKind=bridge\n\n[Bridge]\nSTP=no\nForwardDelaySec=0\n`,
    );
    expect(file('vlan10.netdev')).toBe(`${NOTE}[NetDev]\nName=vlan10\nKind=vlan\n\n[VLAN]\nId=10\n`);
    expect(file('bond0.netdev')).toBe(
      `${NOTE}[NetDev]\nName=bond0\nKind=bond\n\n[Bond]\nMode=802.3ad\nMIIMonitorSec=100ms\n`,
    );
    expect(file('eth1.network')).toBe(
      `${NOTE}[Match]\nName=eth1\n\n[Network]\nBridge=br0\nLinkLocalAddressing=no\n\n# [NetDev]\n# Name=br0\n# Kind=bridge\n# \n# [Bridge]\n# STP=no\n# ForwardDelaySec=0\n`,
    );
    expect(file('eth4.network')).toContain('Bond=bond0\n');
    expect(file('br1.network')).toContain('ConfigureWithoutCarrier=yes\n');
  });

  test('further settings go over those that are known, and routes are added', () => {
    const more = networking({
      interfaces: {
        eth0: {
          addresses: ['10.42.0.1/24'],
          routes: [{ destination: '10.50.0.0/16', via: '10.42.0.9' }],
          settings: {
            Network: { LLMNR: false, LinkLocalAddressing: 'ipv4' },
            Route: { Destination: '10.60.0.0/16', Type: 'blackhole' },
            DHCPv4: { UseDNS: false },
          },
        },
      },
      bridges: { br0: { stp: true, settings: { Bridge: { VLANFiltering: true } } } },
    });
    expect(text(built(more), '/etc/systemd/network/05-eth0.network')).toBe(`${NOTE}[Match]
Name=eth0

[Network]
Address=10.42.0.1/24
LinkLocalAddressing=ipv4
LLMNR=no

[Route]
Destination=10.50.0.0/16
Gateway=10.42.0.9

[Route]
Destination=10.60.0.0/16
Type=blackhole

[DHCPv4]
UseDNS=no
`);
    expect(text(built(more), '/etc/systemd/network/05-br0.netdev')).toContain(
      '[Bridge]\nSTP=yes\nVLANFiltering=yes\n',
    );
  });

  test('a change is a reload, never without the watchdog; a device that changes is made again', () => {
    const one = built(
      networking({ interfaces: { eth0: { addresses: ['10.42.0.1/24'] } }, bridges: { br0: {} } }),
    );
    const paths = ['br0.netdev', 'br0.network', 'eth0.network'].map(
      (name) => `/etc/systemd/network/05-${name}`,
    );
    expect([...one.get(activation).watchdogFor].sort()).toEqual(paths);
    const { units } = one.get(systemd);
    expect([...(units['systemd-networkd.service']?.readBy ?? [])]).toEqual(
      expect.arrayContaining(paths.map((reload) => ({ reload }))),
    );
    expect(units['device-br0.service']).toMatchObject({ readBy: [paths[0]], onChange: 'stop-start' });
    expect(one.get(checks).health).toMatchObject({
      'address of eth0': { command: expect.arrayContaining(['eth0', '10.42.0.1']) as string[] },
    });
  });

  test('a host whose interfaces are left as they are gets no file and no unit', () => {
    const one = built(network({ addresses: { rack: '10.42.0.1' } }), networking({ forwarding: 'ipv4' }));
    expect(one.get(systemd).units).toEqual({});
  });
});

describe('ifupdown', () => {
  test('has everything in /etc/network/interfaces, what devices are made of before them', () => {
    const one = built(networking({ backend: 'ifupdown', interfaces: INTERFACES, ...MADE }));
    expect(text(one, '/etc/network/interfaces')).toBe(`${NOTE}source /etc/network/interfaces.d/*

auto lo
iface lo inet loopback

auto eth0
iface eth0 inet static
    address 10.42.0.1/24
    gateway 10.42.0.2
    hwaddress 02:00:00:00:00:01
    mtu 1400
    dns-nameservers 9.9.9.9 1.1.1.1
    dns-search wildelab.com lan
    up ip route replace 10.50.0.0/16 via 10.42.0.9 dev $IFACE metric 5 src 10.42.0.1
    down ip route del 10.50.0.0/16 via 10.42.0.9 dev $IFACE metric 5 src 10.42.0.1 || true
    up ip route replace default via 192.0.2.1 dev $IFACE onlink
    down ip route del default via 192.0.2.1 dev $IFACE onlink || true
iface eth0 inet6 static
    address fd00:42::1/64
    gateway fe80::1
    accept_ra 0

auto eth1
iface eth1 inet manual

auto eth2
iface eth2 inet manual

auto eth3
iface eth3 inet manual
    bond-master bond0

auto eth4
iface eth4 inet manual
    bond-master bond0

auto ppp0
iface ppp0 inet static
    address 10.0.0.1/32
    pointopoint 10.0.0.2
    up ip route replace 10.1.0.0/16 dev $IFACE
    down ip route del 10.1.0.0/16 dev $IFACE || true

auto bond0
iface bond0 inet manual
    bond-slaves eth3 eth4
    bond-mode 802.3ad
    bond-miimon 100

auto br0
iface br0 inet static
    address 10.43.0.1/24
    bridge_ports eth1 eth2
    bridge_stp off
    bridge_fd 0

auto br1
iface br1 inet manual
    bridge_ports none
    bridge_stp off
    bridge_fd 0

auto vlan10
iface vlan10 inet dhcp
    vlan-raw-device eth0
    vlan-id 10
iface vlan10 inet6 dhcp
`);
    expect([...one.get(packages).install].sort()).toEqual(['bridge-utils', 'ifenslave', 'ifupdown', 'vlan']);
    expect(one.get(systemd).units['networking.service']).toMatchObject({
      readBy: [{ reload: '/etc/network/interfaces' }],
      onChange: 'reload',
    });
  });

  test('ifupdown2 brings what it needs itself', () => {
    const one = built(networking({ backend: 'ifupdown2', ...MADE }));
    expect(one.get(packages).install).toEqual(['ifupdown2']);
    expect(one.get(checks).preflight).toEqual({ ifupdown2: ['ifreload', '--all', '--syntax-check'] });
  });
});

describe('a network that cannot work', () => {
  const at = (name: string, address: string, where = 'rack') =>
    host(name, { use: [networking({ interfaces: { eth0: { network: where, addresses: [address] } } })] });

  test('two hosts at one address, with two lengths of one network, or in two networks that overlap are refused', () => {
    expect(mistakes(at('a', '10.42.0.1/24'), at('b', '10.42.0.1/24'))).toEqual([
      'a and b both have 10.42.0.1 in the network rack = Give one of them another address.',
    ]);
    expect(mistakes(at('a', '10.42.0.1/24'), at('b', '10.42.0.2/16'))).toEqual([
      'the network rack is 10.42.0.0/24 on a and 10.42.0.0/16 on b = Mend the address or its prefix length on one of them, or give the networks two names.',
    ]);
    expect(mistakes(at('a', '10.42.0.1/24'), at('b', '10.42.0.130/25', 'lab'))).toEqual([
      'the networks rack and lab overlap: a has 10.42.0.1/24 in the one and b 10.42.0.130/25 in the other = Where both are one network, give them one name; otherwise mend an address or its prefix length.',
    ]);
    fleet(at('a', '10.42.0.1/24'), at('b', '10.42.0.2/24'), at('c', '10.43.0.1/24', 'lab'));
  });

  test('interfaces of one host in networks that overlap are refused', () => {
    const interfaces = {
      eth0: { addresses: ['10.42.0.1/16'] },
      eth1: { addresses: ['fd00::1/64', '10.42.1.1/24'] },
    };
    expect(mistakes(box(networking({ interfaces })))).toEqual([
      'eth0 and eth1 of box are in networks that overlap, with 10.42.0.1/16 and 10.42.1.1/24 = Give one of them an address in another network, or make both parts of a bridge.',
    ]);
  });

  test('a router in no network of its interface is refused, unless it is said to be on the link', () => {
    const routed = (more: object) =>
      box(networking({ interfaces: { eth0: { addresses: ['10.42.0.1/24'], ...more } } }));
    const message = (router: string) =>
      `the router ${router} is in no network of eth0 on box = Mend the address; where it is on the link all the same, say so by a route with \`onLink\`.`;
    expect(mistakes(routed({ gateways: ['10.43.0.1'] }))).toEqual([message('10.43.0.1')]);
    const route = { destination: '10.60.0.0/16', via: '10.43.0.2' };
    expect(mistakes(routed({ routes: [route] }))).toEqual([message('10.43.0.2')]);
    fleet(routed({ routes: [{ ...route, onLink: true }] }));
    fleet(routed({ gateways: ['10.42.0.2', 'fe80::1'] }));
  });

  test('devices that are two things, part of two, or have addresses of their own as a part are refused', () => {
    expect(
      mistakes(
        box(
          networking({
            interfaces: { eth1: { addresses: ['10.42.0.1/24'] }, ppp0: { peer: '10.0.0.1' } },
            bridges: { br0: { interfaces: ['eth1', 'eth2'] }, x0: {} },
            bonds: { bond0: { interfaces: ['eth2'] }, x0: {} },
            vlans: { a: { id: 5, interface: 'eth1' }, b: { id: 5, interface: 'eth1' } },
          }),
        ),
      ),
    ).toEqual([
      'eth1 of box is part of br0, and has addresses of its own = Give them to br0.',
      'eth2 of box is part of br0 and of bond0 = Leave it in one of them.',
      'x0 of box is both a bridge and a bond = Rename one of them.',
      'a and b are both VLAN 5 of eth1 on box = Give one of them another `id`, or keep one.',
      'ppp0 of box has a peer, and no address of its own = Give it `addresses`: a link from point to point has one at each end.',
    ]);
  });
});

const CHECK = resolve(import.meta.dirname, '../../modules/network/networkd-check.sh');

describe.runIf(available('root', 'networkctl'))('the real systemd-networkd', () => {
  /** What the check says of files that stand where it looks, in a mount namespace. */
  function checked(files: Readonly<Record<string, string>>) {
    const folder = mkdtempSync(join(tmpdir(), 'stead-networkd-'));
    try {
      mkdirSync(join(folder, 'network'));
      for (const [name, content] of Object.entries(files))
        writeFileSync(join(folder, 'network', name), content);
      const inside = 'mount --bind "$1" /etc/systemd/network && exec sh "$2" eth0';
      return spawnSync('unshare', ['--mount', 'sh', '-ec', inside, 'sh', join(folder, 'network'), CHECK], {
        encoding: 'utf8',
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  const rendered = (interfaces: object) => {
    const one = built(networking({ interfaces: { ...INTERFACES, ...interfaces }, ...MADE }));
    return Object.fromEntries(
      one
        .get(activation)
        .watchdogFor.map((path) => [path.slice('/etc/systemd/network/'.length), text(one, path)]),
    );
  };

  test('complains of nothing that can be set', () => {
    const all = checked(rendered({}));
    expect(all, all.stdout + all.stderr).toMatchObject({ status: 0, stdout: '' });
  });

  test('a key that it does not know, and a value that it does not take, are found', () => {
    const broken = checked(
      rendered({
        eth9: { settings: { Network: { DHPC: true, LLMNR: 'perhaps' }, Netwrok: { DHCP: true } } },
      }),
    );
    expect(broken.status).toBe(1);
    expect(broken.stdout).toContain("05-eth9.network:6: Unknown key 'DHPC' in section [Network], ignoring.");
    expect(broken.stdout).toContain('setting, ignoring: perhaps');
    expect(broken.stdout).toContain("Unknown section 'Netwrok'. Ignoring.");
  });
});

describe.runIf(available('ifup'))('the real ifupdown', () => {
  function noAct(content: string) {
    const folder = mkdtempSync(join(tmpdir(), 'stead-ifupdown-'));
    try {
      const path = join(folder, 'interfaces');
      writeFileSync(path, content);
      return spawnSync('ifup', ['--no-act', '--force', '--all', '--interfaces', path], {
        encoding: 'utf8',
        env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  test('takes everything that can be set', () => {
    const { ppp0: _, ...plain } = INTERFACES;
    const one = built(networking({ backend: 'ifupdown', interfaces: plain, ...MADE }));
    const all = noAct(text(one, '/etc/network/interfaces'));
    expect(all, all.stderr).toMatchObject({ status: 0 });
    expect(all.stderr).toContain('ip addr add 10.42.0.1/255.255.255.0');
  });

  test('refuses a stanza that it cannot read', () => {
    const one = built(
      networking({ backend: 'ifupdown', interfaces: { eth0: { extraConfig: 'iface eth1 inet nothing' } } }),
    );
    expect(noAct(text(one, '/etc/network/interfaces')).status).toBe(1);
  });
});
