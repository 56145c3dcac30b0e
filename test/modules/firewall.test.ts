import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { host, target, type Contribution } from 'stead';
import { firewall } from 'stead/modules/firewall';
import { network, networking } from 'stead/modules/network';
import { ports } from 'stead/modules/ports';
import { activation, sysctl, systemd } from '../../src/bundle/sets/index.ts';
import { Evaluation } from '../../src/options/index.ts';
import { available } from '../setup/programs.ts';
import { fleet, mistakes, text } from './rack.ts';
import { told } from '../told.ts';

const RULES = '/etc/stead/firewall.nft';
const zones = {
  outside: { interfaces: ['eth0'] },
  mesh: { interfaces: ['wg0'] },
  rack: { interfaces: ['eth1', 'usb*'] },
};
const box = (...use: Contribution[]) => host('box', { use });
const rules = (...use: Contribution[]) => text(fleet(box(...use)).host('box'), RULES);

/** One chain of a file of rules. */
function chain(name: string, text: string): string {
  const [, found] = new RegExp(`\\n  chain ${name} \\{\\n(.*?)\\n  \\}\\n`, 's').exec(text) ?? [];
  if (found === undefined) throw new Error(`there is no chain ${name} in\n${text}`);
  return found.replaceAll(/^ {4}/gm, '');
}

const FULL = [
  firewall({
    zones: {
      ...zones,
      rack: { ...zones.rack, trusted: true },
      outside: { ...zones.outside, allowPing: false },
    },
    allow: {
      metrics: { from: ['mesh'], sources: ['10.9.9.0/24', 'fd00:9::/64'], ports: [9100, '9200-9210'] },
    },
    forward: {
      'roaming to the rack': { from: ['mesh'], to: ['rack'], sources: ['10.9.9.0/24'] },
      'rack to the internet': { from: ['rack'], to: ['outside'], masquerade: true },
    },
    forwardPorts: {
      game: { from: ['outside'], protocol: 'udp', sourcePort: '27015-27020', destination: '10.42.0.50' },
      page: { from: ['outside'], sourcePort: 8080, destination: 'fd00:42::50', destinationPort: 80 },
    },
    checkReversePath: 'loose',
    rejectPackets: true,
    logRefusedConnections: true,
    extraInputRules: 'iifname "tap0" accept',
    extraForwardRules: 'iifname "tap0" accept',
  }),
  firewall({ zones: { outside: { allowedTCPPorts: [22, '8000-8010'], allowedUDPPorts: [51820] } } }),
];

describe('what a host gets', () => {
  test('what listens is open to the zones that it names; all else is refused, in IPv6 as in IPv4', () => {
    const listen = {
      sshd: { port: 22, openTo: ['mesh', 'rack'] },
      wireguard: { port: 51820, protocol: 'udp' as const, openTo: ['outside'] },
      postgres: { port: 5432 },
    };
    expect(rules(ports({ listen }), firewall({ zones, containerInterfaces: [] }))).toBe(`\
# Written by stead for box; changes made here are lost at the next switch.
# One transaction: this table is replaced whole, and no other is touched.
table inet stead
delete table inet stead
table inet stead {
  chain reverse-path {
    type filter hook prerouting priority mangle + 10; policy drop;
    # Who has no address yet.
    meta nfproto ipv4 udp sport . udp dport { 67 . 68, 68 . 67 } accept
    fib saddr . mark . iif oif exists accept
  }

  chain input {
    type filter hook input priority filter; policy drop;
    iifname "lo" accept
    ct state vmap { established : accept, related : accept, invalid : drop }
    # Without these a link has no IPv6: neighbours and routers, groups, DHCPv6.
    ip6 hoplimit 255 icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept
    ip6 saddr fe80::/10 icmpv6 type { mld-listener-query, mld-listener-report, mld-listener-done, mld2-listener-report } accept
    ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept
    iifname "wg0" jump input-mesh
    iifname "eth0" jump input-outside
    iifname "eth1" jump input-rack
    iifname "usb*" jump input-rack
    goto refuse
  }

  chain input-mesh {
    icmp type echo-request accept
    icmpv6 type echo-request accept
    # sshd
    tcp dport 22 accept
  }

  chain input-outside {
    icmp type echo-request accept
    icmpv6 type echo-request accept
    # wireguard
    udp dport 51820 accept
  }

  chain input-rack {
    icmp type echo-request accept
    icmpv6 type echo-request accept
    # sshd
    tcp dport 22 accept
  }

  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    iifname "wg0" goto refuse
    iifname "eth0" goto refuse
    iifname "eth1" goto refuse
    iifname "usb*" goto refuse
    goto refuse
  }

  chain refuse {
    ct state invalid drop
    # Nobody answers a broadcast that was meant for others.
    meta pkttype != host drop
    drop
  }
}
`);
  });

  test('ports and ranges of a zone, ports for some networks, and everything from one that is trusted', () => {
    const all = rules(...FULL);
    expect(chain('input-outside', all)).toBe(
      '# allowedTCPPorts\ntcp dport { 22, 8000-8010 } accept\n# allowedUDPPorts\nudp dport 51820 accept',
    );
    expect(chain('input-mesh', all)).toContain(
      '# metrics\nip saddr 10.9.9.0/24 tcp dport { 9100, 9200-9210 } accept\nip6 saddr fd00:9::/64 tcp dport { 9100, 9200-9210 } accept',
    );
    expect(chain('input-rack', all)).toMatch(/# all, since it is trusted\naccept$/);
    expect(chain('reverse-path', all)).toContain('fib saddr . mark oif exists accept');
    expect(chain('input', all)).toMatch(/jump input-rack\niifname "tap0" accept\ngoto refuse$/);
    expect(chain('refuse', all)).toMatch(
      /limit rate 10\/second log prefix "refused: " level info\nmeta l4proto tcp reject with tcp reset\nreject with icmpx admin-prohibited$/,
    );
  });

  test('what is carried on, under an address of its own or sent on to another host', () => {
    const all = rules(...FULL);
    expect(chain('forward', all)).toBe(`\
type filter hook forward priority filter; policy drop;
ct state established,related accept
# game
iifname "eth0" ct status dnat ip daddr 10.42.0.50 udp dport 27015-27020 accept
# page
iifname "eth0" ct status dnat ip6 daddr fd00:42::50 tcp dport 80 accept
# rack to the internet
iifname "eth1" oifname "eth0" accept
iifname "usb*" oifname "eth0" accept
# roaming to the rack
iifname "wg0" oifname "eth1" ip saddr 10.9.9.0/24 accept
iifname "wg0" oifname "usb*" ip saddr 10.9.9.0/24 accept
iifname "tap0" accept
iifname "wg0" goto published-mesh
iifname "eth0" goto published-outside
iifname "eth1" goto published-rack
iifname "usb*" goto published-rack
iifname "docker0" accept
iifname "br-*" accept
goto refuse`);
    expect(chain('prerouting', all)).toBe(`\
type nat hook prerouting priority dstnat; policy accept;
# game
iifname "eth0" fib daddr type local udp dport 27015-27020 dnat ip to 10.42.0.50
# page
iifname "eth0" fib daddr type local tcp dport 8080 dnat ip6 to [fd00:42::50]:80`);
    expect(chain('postrouting', all)).toBe(`\
type nat hook postrouting priority srcnat; policy accept;
# rack to the internet
oifname "eth0" fib saddr type != local masquerade`);
    expect(
      fleet(box(...FULL))
        .host('box')
        .get(sysctl).settings,
    ).toEqual({
      'net.ipv4.ip_forward': 1,
      'net.ipv6.conf.all.forwarding': 1,
    });
  });

  test('a container is reached by the port that it is published at, where that is open', () => {
    const all = rules(...FULL);
    expect(chain('published-outside', all)).toContain(
      'oifname "docker0" ct status dnat meta l4proto tcp ct original proto-dst { 22, 8000-8010 } accept\n',
    );
    expect(chain('published-rack', all)).toContain('oifname "br-*" ct status dnat accept\n');
  });

  test('with zeroInbound not even further rules see what comes from the internet', () => {
    const closed = rules(
      firewall({
        zones,
        zeroInbound: true,
        extraInputRules: 'accept',
        extraForwardRules: 'accept',
        forward: { out: { from: ['rack'], to: ['outside'] } },
      }),
    );
    expect(chain('input', closed)).toMatch(/iifname "eth0" goto refuse\naccept\ngoto refuse$/);
    expect(chain('forward', closed)).toMatch(/oifname "eth0" accept\niifname "eth0" goto refuse\naccept\n/);
    expect(chain('input-outside', closed)).toContain('echo-request');
  });

  test('each table is a unit of its own, reloaded when its file changes, and never without the watchdog', () => {
    const one = fleet(
      box(firewall({ zones, tables: { shaping: { family: 'ip', content: 'chain a {\n}' } } })),
    ).host('box');
    expect(Object.keys(one.get(systemd).units)).toEqual(['firewall-shaping.service', 'firewall.service']);
    expect(one.get(systemd).units['firewall.service']).toMatchObject({
      readBy: [{ reload: RULES }],
      wantedBy: ['sysinit.target'],
      sections: {
        Service: { ExecStop: '/usr/sbin/nft "add table inet stead; delete table inet stead"' },
      },
    });
    expect(text(one, '/etc/stead/firewall-shaping.nft')).toContain(
      'table ip shaping\ndelete table ip shaping\ntable ip shaping {\nchain a {\n}\n}\n',
    );
    expect(one.get(activation).watchdogFor).toEqual([RULES, '/etc/stead/firewall-shaping.nft']);
  });
});

describe('a firewall that cannot be meant', () => {
  const listening = ports({ listen: { nginx: { port: 443, openTo: ['outside'] } } });
  const forwardPort = (more: object) =>
    firewall({
      zones,
      forwardPorts: {
        page: { from: ['outside'], sourcePort: 8080, destination: '10.42.0.50', ...more },
      },
    });

  test('a zone in openTo that no host of the fleet has is an error with the nearest names', () => {
    const listen = { nginx: { port: 443, openTo: ['rak'] }, caddy: { port: 80, openTo: ['moon'] } };
    expect(mistakes(host('web', { use: [ports({ listen })] }), box(firewall({ zones })))).toEqual([
      'caddy is open to the zone moon, which no host has = There are mesh, outside, rack.',
      'nginx is open to the zone rak, which no host has = Did you mean rack?',
    ]);
    fleet(host('web', { use: [listening] }));
    fleet(
      host('web', { use: [listening, firewall({ zones: { mesh: zones.mesh } })] }),
      box(firewall({ zones })),
    );
  });

  test('zones that share an interface, and a zone without any, are refused', () => {
    const shared = { ...zones, guests: { interfaces: ['usb0'] }, twin: { interfaces: ['eth0'] }, none: {} };
    expect(mistakes(box(firewall({ zones: shared })))).toEqual([
      'the zones guests and rack of box both have the interface usb0 = Leave it in one of them.',
      'the zone none of box has no interface = Name its interfaces, or take the zone out.',
      'the zones outside and twin of box both have the interface eth0 = Leave it in one of them.',
    ]);
  });

  test('a zone that the host does not have is refused where rules name it, and so are rules that name none', () => {
    expect(
      mistakes(
        box(
          firewall({
            zones,
            zeroInbound: true,
            outside: 'wan',
            allow: { dns: { from: ['mash'] }, nothing: {} },
            forward: { out: { from: ['rack'], to: ['otside'] } },
          }),
        ),
      ),
    ).toEqual([
      'dns names the zone mash, which box does not have = Did you mean mesh?',
      'nothing names no zone, so that it has no effect = Name zones, or take it out.',
      'out names the zone otside, which box does not have = Did you mean outside?',
      'zeroInbound names the zone wan, which box does not have = It has mesh, outside, rack.',
    ]);
  });

  test('a port that is open to the internet where nothing may be is an error that names both places', () => {
    const evaluation = new Evaluation([
      box(
        listening,
        firewall({
          zones: {
            ...zones,
            outside: { ...zones.outside, trusted: true, allowedUDPPorts: [51820, '60000-61000'] },
          },
          zeroInbound: true,
          allow: { dns: { from: ['outside', 'mesh'], protocol: 'udp', ports: [53] } },
          forward: { in: { from: ['outside'], to: ['rack'] } },
        }),
        forwardPort({ destination: '10.1.1.1' }),
      ),
    ]);
    const { errors } = evaluation.check();
    expect(errors.map(told)).toEqual(
      [
        'all, since it is trusted is open',
        'tcp port 443 (nginx) is open',
        'udp port 51820, 60000-61000 (allowedUDPPorts) is open',
        'udp port 53 (dns) is open',
        'tcp port 8080 (page) is forwarded',
        'in is carried on',
      ].map(
        (what) =>
          `${what} from the zone outside of box, and zeroInbound lets nothing in from there = Leave the zone out there, or set \`zeroInbound: false\`.`,
      ),
    );
    expect(errors[1]?.places.map(({ label }) => label)).toEqual([
      'ports.listen.nginx.openTo on box is defined here',
      'firewall.zeroInbound on box is defined here',
      'required here',
    ]);
  });

  test('a host that is switched over SSH has its port open to some zone', () => {
    const ssh = (port?: number) =>
      target({ ssh: { address: '10.42.0.1', ...(port === undefined ? {} : { port }) } });
    expect(mistakes(box(ssh(), firewall({ zones })))).toEqual([
      'box is switched over SSH, and its port 22 is open to no zone = Open it to the zone that you come from: `allowedTCPPorts: [22]`.',
    ]);
    const listen = { sshd: { port: 2222, openTo: ['mesh'] } };
    expect(mistakes(box(ssh(22), ports({ listen }), firewall({ zones })))).toHaveLength(1);
    fleet(box(ssh(2222), ports({ listen }), firewall({ zones })));
    fleet(box(ssh(), firewall({ zones: { ...zones, rack: { ...zones.rack, trusted: true } } })));
    fleet(box(ssh(), firewall({ zones: { ...zones, mesh: { ...zones.mesh, allowedTCPPorts: ['20-30'] } } })));
  });

  test('a port that is forwarded to nowhere is refused', () => {
    const pi = (...use: Contribution[]) =>
      host('pi', { use: [network({ addresses: { rack: '10.42.0.50' } }), ...use] });
    expect(mistakes(box(forwardPort({})), pi(ports({ listen: { http: { port: 80 } } })))).toEqual([
      'page forwards to tcp port 8080 of pi, on which nothing listens = Mend the port; what listens there without a module is said with `ports({ listen: … })`.',
    ]);
    fleet(box(forwardPort({ destinationPort: 80 })), pi(ports({ listen: { http: { port: 80 } } })));
    const linked = networking({ interfaces: { eth1: { addresses: ['10.41.0.1/24'] } } });
    expect(mistakes(box(forwardPort({}), linked))).toEqual([
      'page forwards to 10.42.0.50, which no host of the fleet has, and which is in no network of box = Mend the address, or add the route to its network to `networking`.',
    ]);
    fleet(box(forwardPort({ destination: '10.41.0.7' }), linked));
  });

  test('a port that is forwarded twice, that something listens on, or whose range is renumbered is refused', () => {
    const again = firewall({
      forwardPorts: { also: { from: ['outside', 'mesh'], sourcePort: '8000-9000', destination: '10.1.1.1' } },
    });
    const listen = { proxy: { port: 8080, openTo: ['outside'] } };
    expect(mistakes(box(forwardPort({}), again, ports({ listen })))).toEqual([
      'also and page of box both forward tcp port 8000-9000 = Give one of them another `sourcePort`, or other zones in `from`.',
      'also forwards tcp port 8000-9000 of box, on which proxy listens = Give it another `sourcePort`, or let the service listen elsewhere.',
      'page forwards tcp port 8080 of box, on which proxy listens = Give it another `sourcePort`, or let the service listen elsewhere.',
    ]);
    expect(mistakes(box(forwardPort({ sourcePort: '80-90', destinationPort: 80 })))).toEqual([
      'page forwards a range of ports, which keep their numbers = Leave out `destinationPort`.',
    ]);
  });

  test('sources and destinations of different versions of IP never meet', () => {
    const never = firewall({
      zones,
      forward: { a: { from: ['mesh'], to: ['rack'], sources: ['10.0.0.0/8'], destinations: ['fd00::/8'] } },
    });
    expect(mistakes(box(never, forwardPort({ sources: ['fd00::/8'] })))).toEqual([
      'a has IPv4 sources and IPv6 destinations, which never meet = Write addresses of one version, or one entry for each version.',
      'page has IPv6 sources and IPv4 destinations, which never meet = Write addresses of one version, or one entry for each version.',
    ]);
  });
});

describe.runIf(available('root', 'nft'))('the real nftables', () => {
  /** What nft says of rules in a network of its own, where it loads them twice. */
  function loaded(rules: string) {
    const folder = mkdtempSync(join(tmpdir(), 'stead-nft-'));
    try {
      const path = join(folder, 'rules.nft');
      writeFileSync(path, rules);
      return spawnSync(
        'unshare',
        ['--net', 'sh', '-ec', 'nft -c -f "$1"; nft -f "$1"; nft -f "$1"; nft list tables', 'sh', path],
        { encoding: 'utf8' },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  test('takes everything that can be set, and again over itself', () => {
    expect(loaded(rules(...FULL))).toMatchObject({ status: 0, stdout: 'table inet stead\n' });
    expect(loaded(rules(firewall({ zones, zeroInbound: true, checkReversePath: 'off' })))).toMatchObject({
      status: 0,
    });
  });

  test('refuses a further rule that is none', () => {
    const broken = loaded(rules(firewall({ zones, extraInputRules: 'tcp dprt 22 accept' })));
    expect(broken.status).toBe(1);
    expect(broken.stderr).toContain('syntax error, unexpected string');
  });
});
