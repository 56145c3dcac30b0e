import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { extend, host, type Host } from 'stead';
import { dnsmasq } from 'stead/modules/dnsmasq';
import { ports } from 'stead/modules/ports';
import { wireguard, wireguardDevices } from 'stead/modules/wireguard';
import { systemd } from '../../src/bundle/sets/index.ts';
import { Evaluation } from '../../src/options/index.ts';
import { available } from '../setup/programs.ts';
import { fleet, mistakes, rack, text } from './rack.ts';

/** A key for each number. */
const key = (number: number): string => Buffer.alloc(32, number).toString('base64');

const network = '10.9.9.0/24';
const hub = (more: object = {}) =>
  host('hub', {
    use: [
      wireguard({
        network,
        role: 'hub',
        address: '10.9.9.1',
        endpoint: 'vpn.example.org',
        publicKey: key(1),
        ...more,
      }),
    ],
  });
const spoke = (name: string, address: string, more: object = {}) =>
  host(name, {
    use: [wireguard({ network, address, publicKey: key(name.charCodeAt(0)), ...more })],
  });
const device = (address: string, more: object = {}) => ({ address, publicKey: key(250), ...more });

describe('what a host of the mesh gets', () => {
  test('the hub has every other host and device as a peer, with what lies behind it', async () => {
    expect(text((await rack()).host('vps'), '/etc/wireguard/wg0.conf')).toBe(`\
# Written by stead for vps; changes made here are lost at the next switch.
[Interface]
Address = 10.9.9.1/24
ListenPort = 51820
PostUp = /usr/local/lib/stead/wireguard up %i

# gateway
[Peer]
PublicKey = 26yV/0dhIoiBIn5kgz1VoptS1vToSUSYkLOzSLQr/3U=
AllowedIPs = 10.9.9.2/32, 10.42.0.0/24

# anna
[Peer]
PublicKey = DEULSS7Q7HD6a9Os12+ismp4hnozU0T55LqJSS2QQUA=
AllowedIPs = 10.9.9.20/32

# laptop
[Peer]
PublicKey = O/GPmIZFOqcSI9mTu6p0msT9d7QLC37Qy6ozGKCSvU8=
AllowedIPs = 10.9.9.10/32

# phone
[Peer]
PublicKey = Jht+YquLRWaa9nfnej7gAs/sbl9HianKm0NuWOl7igU=
AllowedIPs = 10.9.9.11/32
`);
  });

  test('a gateway has the hub as its peer, keeps the NAT open, and routes', async () => {
    const gateway = (await rack()).host('gateway');
    expect(text(gateway, '/etc/wireguard/wg0.conf')).toBe(`\
# Written by stead for gateway; changes made here are lost at the next switch.
[Interface]
Address = 10.9.9.2/24
PostUp = /usr/local/lib/stead/wireguard up %i

# vps
[Peer]
PublicKey = ZBjT+h1xrzkBl9zUCKnfpZQZM/2TNPvaCFI+F4hyUjY=
AllowedIPs = 10.9.9.0/24
# Endpoint: vpn.wildelab.com:51820, resolved by /usr/local/lib/stead/wireguard
PersistentKeepalive = 25
`);
    expect(text(gateway, '/etc/wireguard/wg0.sources')).toBe(
      'private-key\t/etc/wireguard/private.key\t26yV/0dhIoiBIn5kgz1VoptS1vToSUSYkLOzSLQr/3U=\n' +
        'endpoint\tvpn.wildelab.com:51820\tZBjT+h1xrzkBl9zUCKnfpZQZM/2TNPvaCFI+F4hyUjY=\n',
    );
    expect(text(gateway, '/etc/sysctl.d/60-stead.conf')).toBe('net.ipv4.ip_forward = 1\n');
  });

  test('a spoke reaches the mesh and what gateways announce through the hub, and routes nothing', () => {
    const evaluation = fleet(
      hub({ port: 443, endpoint: '192.0.2.1' }),
      spoke('gw', '10.9.9.2', { role: 'gateway', subnets: ['10.42.0.0/24', '10.43.0.0/24'] }),
      spoke('pi', '10.9.9.3', { keepalive: 0 }),
    );
    const conf = text(evaluation.host('pi'), '/etc/wireguard/wg0.conf');
    expect(conf).toContain(
      'AllowedIPs = 10.9.9.0/24, 10.42.0.0/24, 10.43.0.0/24\nEndpoint = 192.0.2.1:443\n',
    );
    expect(conf).not.toContain('PersistentKeepalive');
    expect(() => text(evaluation.host('pi'), '/etc/sysctl.d/60-stead.conf')).toThrow();
    expect(evaluation.host('pi').uses(ports)).toBe(false);
  });

  test('a host with an endpoint is behind no NAT: it listens, the hub knows where it is, and nobody keeps it alive', () => {
    const evaluation = fleet(hub(), spoke('nas', '10.9.9.4', { endpoint: '2001:db8::4', openTo: ['dmz'] }));
    const nas = evaluation.host('nas');
    expect(text(nas, '/etc/wireguard/wg0.conf')).toContain('ListenPort = 51820\n');
    expect(text(nas, '/etc/wireguard/wg0.conf')).not.toContain('PersistentKeepalive');
    expect(text(evaluation.host('hub'), '/etc/wireguard/wg0.conf')).toContain(
      'AllowedIPs = 10.9.9.4/32\nEndpoint = [2001:db8::4]:51820\n',
    );
    expect(nas.get(ports).listen).toEqual({
      'wireguard wg0': { port: 51820, protocol: 'udp', openTo: ['dmz'] },
    });
    expect(evaluation.host('hub').get(ports).listen).toMatchObject({
      'wireguard wg0': { port: 51820, openTo: ['outside'] },
    });
  });

  test('what wg-quick can be told is told, in its order, and peers outside of the fleet have their place', () => {
    const evaluation = fleet(
      hub({
        mtu: 1380,
        table: 123,
        fwMark: 51820,
        preUp: ['true'],
        postUp: ['ip rule add from 10.9.9.1 table 123'],
        preDown: ['ip rule del from 10.9.9.1 table 123'],
        postDown: ['false'],
        settings: { DNS: ['9.9.9.9', 'example.org'], SaveConfig: 'false' },
        presharedKeyFile: undefined,
        peers: {
          friend: {
            publicKey: key(9),
            allowedIPs: ['192.168.7.0/24', 'fd00:7::/64'],
            endpoint: 'friend.example.org',
            port: 4500,
            presharedKeyFile: '/etc/wireguard/friend.psk',
            keepalive: 15,
          },
        },
      }),
      spoke('pi', '10.9.9.3', { presharedKeyFile: '/etc/wireguard/pi.psk' }),
    );
    const conf = text(evaluation.host('hub'), '/etc/wireguard/wg0.conf');
    expect(conf).toContain(`[Interface]
Address = 10.9.9.1/24
ListenPort = 51820
MTU = 1380
Table = 123
FwMark = 51820
PreUp = true
PostUp = /usr/local/lib/stead/wireguard up %i
PostUp = ip rule add from 10.9.9.1 table 123
PreDown = ip rule del from 10.9.9.1 table 123
PostDown = false
DNS = 9.9.9.9
DNS = example.org
SaveConfig = false
`);
    expect(conf).toContain(`
# friend
[Peer]
PublicKey = ${key(9)}
AllowedIPs = 192.168.7.0/24, fd00:7::/64
# Endpoint: friend.example.org:4500, resolved by /usr/local/lib/stead/wireguard
PersistentKeepalive = 15
`);
    expect(text(evaluation.host('hub'), '/etc/wireguard/wg0.sources')).toBe(
      [
        ['private-key', '/etc/wireguard/private.key', key(1)],
        ['preshared-key', '/etc/wireguard/pi.psk', key('p'.charCodeAt(0))],
        ['preshared-key', '/etc/wireguard/friend.psk', key(9)],
        ['endpoint', 'friend.example.org:4500', key(9)],
      ]
        .map((row) => `${row.join('\t')}\n`)
        .join(''),
    );
    expect(text(evaluation.host('pi'), '/etc/wireguard/wg0.sources')).toContain(
      `preshared-key\t/etc/wireguard/pi.psk\t${key(1)}\n`,
    );
  });

  test('a device gets the mesh and what lies behind it, or all that there is; and the DNS server of the hub', () => {
    const confs = (evaluation: Evaluation) => evaluation.host('hub').get(wireguardDevices).devices;
    const devices = {
      phone: device('10.9.9.7'),
      laptop: device('10.9.9.8', {
        publicKey: key(251),
        tunnel: 'full',
        dns: ['9.9.9.9'],
        keepalive: 0,
        presharedKeyFile: '/etc/wireguard/laptop.psk',
      }),
    };
    const gateway = spoke('gw', '10.9.9.2', { role: 'gateway', subnets: ['10.42.0.0/24'] });
    expect(confs(fleet(hub({ roaming: devices }), gateway))).toMatchObject({
      phone: {
        publicKey: key(250),
        shared: false,
        conf: `\
[Interface]
PrivateKey = <private key of phone>
Address = 10.9.9.7/24

[Peer]
PublicKey = ${key(1)}
AllowedIPs = 10.9.9.0/24, 10.42.0.0/24
Endpoint = vpn.example.org:51820
PersistentKeepalive = 25
`,
      },
      laptop: {
        shared: true,
        conf: `\
[Interface]
PrivateKey = <private key of laptop>
Address = 10.9.9.8/24
DNS = 9.9.9.9

[Peer]
PublicKey = ${key(1)}
PresharedKey = <preshared key of laptop>
AllowedIPs = 0.0.0.0/0, ::/0
Endpoint = vpn.example.org:51820
`,
      },
    });
    const answering = (interfaces: string[]) =>
      extend(hub({ roaming: devices }), { use: [dnsmasq({ interfaces, domain: 'example.org' })] });
    expect(confs(fleet(answering(['wg0']), gateway))['phone']?.conf).toContain(
      'DNS = 10.9.9.1, example.org\n',
    );
    expect(confs(fleet(answering(['eth0']), gateway))['phone']?.conf).not.toContain('DNS');
  });

  test('no private key is part of a generation; peers are reloaded, and the interface starts anew for the rest', () => {
    const unitOf = (...hosts: Host[]) => {
      const built = fleet(...hosts).host('hub');
      const { units } = built.get(systemd);
      const parts = ['conf', 'sources', 'interface'].map((part) => text(built, `/etc/wireguard/wg0.${part}`));
      return { unit: units['wg-quick@wg0.service'], parts };
    };
    const before = unitOf(hub());
    expect(before.unit).toMatchObject({
      wantedBy: ['multi-user.target'],
      readBy: [
        '/etc/wireguard/wg0.interface',
        { reload: '/etc/wireguard/wg0.conf' },
        { reload: '/etc/wireguard/wg0.sources' },
      ],
      dropIns: { stead: { Service: { ExecReload: ['', '/usr/local/lib/stead/wireguard reload %i'] } } },
    });
    const changed = (...hosts: Host[]) =>
      unitOf(...hosts).parts.map((part, index) => part !== before.parts[index]);
    const [reloads, both, starts] = [
      [true, false, false],
      [true, true, false],
      [true, false, true],
    ];
    expect(changed(hub(), spoke('pi', '10.9.9.3'))).toEqual(reloads);
    expect(changed(hub({ roaming: { phone: device('10.9.9.7') } }))).toEqual(reloads);
    expect(changed(hub(), spoke('pi', '10.9.9.3', { presharedKeyFile: '/root/psk' }))).toEqual(both);
    for (const interface_ of [{ address: '10.9.9.9' }, { port: 443 }, { mtu: 1300 }, { postUp: ['true'] }]) {
      expect(changed(hub(interface_))).toEqual(starts);
    }
    const provider = { publicKey: key(9), allowedIPs: ['0.0.0.0/0'] };
    expect(changed(hub({ peers: { provider } }))).toEqual(starts);
  });

  test('names of endpoints are looked at again and again, addresses never', () => {
    const timers = (more: object) => {
      const { units } = fleet(hub(more), spoke('pi', '10.9.9.3', { endpointRefreshSeconds: 20 }))
        .host('pi')
        .get(systemd);
      return units['wireguard-reconnect-wg0.timer']?.sections?.['Timer'];
    };
    expect(timers({})).toMatchObject({ OnUnitActiveSec: 20 });
    expect(timers({ endpoint: '192.0.2.1' })).toBeUndefined();
  });
});

describe('a mesh that cannot work', () => {
  test('an address that two hosts have is refused', () => {
    expect(mistakes(hub(), spoke('a', '10.9.9.2'), spoke('b', '10.9.9.2'))).toEqual([
      'a and b have the same address in the mesh, 10.9.9.2 = Give each one of its own.',
    ]);
  });

  test('an address that a host and a device, or two devices, have is refused', () => {
    expect(mistakes(hub({ roaming: { phone: device('10.9.9.2') } }), spoke('a', '10.9.9.2'))).toEqual([
      'a and the device phone have the same address in the mesh, 10.9.9.2 = Give each one of its own.',
    ]);
    const laptop = device('10.9.9.7', { publicKey: key(251) });
    expect(mistakes(hub({ roaming: { phone: device('10.9.9.7'), laptop } }))).toEqual([
      'the device laptop and the device phone have the same address in the mesh, 10.9.9.7 = Give each one of its own.',
    ]);
  });

  test('both places of a clash are shown', () => {
    const { errors } = new Evaluation([hub(), spoke('a', '10.9.9.2'), spoke('b', '10.9.9.2')]).check();
    expect(errors).toHaveLength(1);
    expect(errors[0]?.places.map(({ keys }) => keys?.at(-1))).toEqual(
      expect.arrayContaining(['address', 'address']),
    );
  });

  test('an address outside the mesh, or one that no host can have, is refused, of a host and of a device', () => {
    expect(mistakes(hub(), spoke('a', '10.9.8.2'))).toEqual([
      '10.9.8.2 is not inside the mesh 10.9.9.0/24 = Give it an address in the mesh, or mend `network`.',
    ]);
    expect(mistakes(hub({ roaming: { phone: device('10.1.1.1') } }))).toEqual([
      'the device phone has the address 10.1.1.1, which is not inside the mesh 10.9.9.0/24 = Give it an address in the mesh, or mend `network`.',
    ]);
    expect(mistakes(hub(), spoke('a', '10.9.9.0'), spoke('b', '10.9.9.255'))).toEqual([
      '10.9.9.0 is the network itself in 10.9.9.0/24 = Give it another address.',
      '10.9.9.255 is the broadcast address in 10.9.9.0/24 = Give it another address.',
    ]);
  });

  test('subnets that overlap each other or the mesh are refused', () => {
    const gateway = (name: string, address: string, subnet: string) =>
      spoke(name, address, { role: 'gateway', subnets: [subnet] });
    expect(
      mistakes(hub(), gateway('a', '10.9.9.2', '10.42.0.0/16'), gateway('b', '10.9.9.3', '10.42.1.0/24')),
    ).toEqual([
      'a announces 10.42.0.0/16 and b 10.42.1.0/24, which overlap = Announce a network on one host, or narrower parts of it on each.',
    ]);
    expect(mistakes(hub(), gateway('a', '10.9.9.2', '10.9.0.0/16'))).toEqual([
      'the announced subnet 10.9.0.0/16 overlaps the mesh 10.9.9.0/24 itself = Announce the networks behind the host alone.',
    ]);
  });

  test('two meshes that overlap are refused', () => {
    const other = spoke('z', '10.9.9.77', { network: '10.9.9.64/26', role: 'hub', endpoint: '192.0.2.9' });
    expect(mistakes(hub(), other)).toEqual([
      'hub is in the mesh 10.9.9.0/24 and z in 10.9.9.64/26, which overlap = Where both are one mesh, give them one `network`; otherwise mend one of the two.',
    ]);
  });

  test('a mesh without a hub, with two, or with one that has no endpoint is refused', () => {
    expect(mistakes(spoke('a', '10.9.9.2'))).toEqual([
      "the mesh 10.9.9.0/24 needs exactly one hub and has 0 = Give `role: 'hub'` to the one host that all others reach.",
    ]);
    const second = spoke('other', '10.9.9.9', { role: 'hub', endpoint: 'x.example.org' });
    expect(mistakes(hub(), second)).toContain(
      "the mesh 10.9.9.0/24 needs exactly one hub and has 2 = Give `role: 'hub'` to the one host that all others reach.",
    );
    expect(mistakes(hub({ endpoint: undefined }))).toEqual([
      'a hub needs an `endpoint` = Give the public name or address that the others connect to.',
    ]);
  });

  test('what only one role can have is refused on another: nothing would come of it', () => {
    expect(mistakes(hub(), spoke('a', '10.9.9.2', { subnets: ['10.42.0.0/24'] }))).toEqual([
      "only a gateway announces subnets, and a is a spoke = Set `role: 'gateway'`, or take `subnets` out.",
    ]);
    expect(mistakes(hub(), spoke('a', '10.9.9.2', { roaming: { phone: device('10.9.9.7') } }))).toEqual([
      'roaming devices connect to a hub, and a is a spoke = Move `roaming` to the hub.',
    ]);
    expect(mistakes(hub({ presharedKeyFile: '/root/psk' }))).toEqual([
      'a hub shares a key with each of the others = Give `presharedKeyFile` on those.',
    ]);
  });

  test('a key that is none, and one key twice, are refused', () => {
    expect(mistakes(hub({ publicKey: 'abc' }))).toEqual([
      'expected a WireGuard key, base64 of 32 bytes, got "abc": it has 3 characters, not 44',
    ]);
    expect(mistakes(hub(), spoke('a', '10.9.9.2', { publicKey: key(1) }))).toEqual([
      `a and hub have the same public key, ${key(1)} = Give each one of its own.`,
    ]);
    const peers = { friend: { publicKey: key(250), allowedIPs: ['192.168.7.0/24'] } };
    expect(mistakes(hub({ roaming: { phone: device('10.9.9.7') }, peers }))).toEqual([
      `the device phone and the peer friend of hub have the same public key, ${key(250)} = Give each one of its own.`,
    ]);
  });

  test('addresses that two peers are given, or that lie in the mesh, are refused', () => {
    const peer = (number: number, network_: string) => ({ publicKey: key(number), allowedIPs: [network_] });
    const peers = { one: peer(11, '192.168.7.0/24'), other: peer(12, '192.168.7.0/24') };
    expect(mistakes(hub({ peers }))).toEqual([
      'the peers one and other of hub are both given 192.168.7.0/24 = WireGuard sends an address to one peer: take it out of the other.',
    ]);
    expect(mistakes(hub({ peers: { friend: peer(11, '10.9.9.7/32') } }))).toEqual([
      '10.9.9.7/32 of the peer friend lies in the mesh 10.9.9.0/24 = Addresses of the mesh belong to its hosts and their `roaming` devices: make it one of them, or give it another network.',
    ]);
  });
});

describe.runIf(available('root', 'wg-quick', 'wireguard-go', 'ip'))('the real WireGuard', () => {
  test.each(['vps', 'gateway'])('takes the configuration of %s', async (name) => {
    const folder = mkdtempSync(join(tmpdir(), 'stead-wg-'));
    const namespace = `stead-${process.pid}-${name}`;
    const inside = (...words: string[]) =>
      execFileSync('ip', ['netns', 'exec', namespace, ...words], { encoding: 'utf8', stdio: 'pipe' });
    execFileSync('ip', ['netns', 'add', namespace]);
    try {
      const conf = join(folder, 'wg0.conf');
      const rendered = text((await rack()).host(name), '/etc/wireguard/wg0.conf');
      writeFileSync(conf, rendered);
      chmodSync(conf, 0o600);
      const stripped = inside('wg-quick', 'strip', conf);
      writeFileSync(join(folder, 'stripped'), stripped);
      inside('wireguard-go', 'wg0');
      inside('wg', 'setconf', 'wg0', join(folder, 'stripped'));
      const peers = inside('wg', 'show', 'wg0', 'allowed-ips').trim().split('\n');
      expect(peers).toHaveLength(rendered.split('[Peer]').length - 1);
      expect(inside('wg', 'show', 'wg0', 'peers').trim().split('\n').length).toBe(peers.length);
    } finally {
      const pids = execFileSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8' })
        .split('\n')
        .filter(Boolean);
      for (const pid of pids) process.kill(Number(pid));
      execFileSync('ip', ['netns', 'del', namespace]);
      rmSync(folder, { recursive: true });
    }
  });
});

const PROGRAM = fileURLToPath(new URL('../../modules/wireguard/wireguard.sh', import.meta.url));

describe.runIf(available('root', 'wg-quick', 'wireguard-go', 'ip', 'dash', 'busybox'))('a reload', () => {
  const privateKey = Buffer.alloc(32, 64).toString('base64');
  const publicKey = execFileSync('wg', ['pubkey'], { encoding: 'utf8', input: privateKey }).trim();
  const peer = (number: number, ...allowedIPs: string[]) => ({ publicKey: key(number), allowedIPs });

  /**
   * An interface with the settings of `before` that is then reloaded to those of `after`; gives what each command says
   * before and after. All of it in a network and an /etc/wireguard of its own.
   */
  const reloaded = (shell: string, before: object, after: object, commands: readonly string[]) => {
    const folder = mkdtempSync(join(tmpdir(), 'stead-wg-'));
    const namespace = `stead-${process.pid}-reload`;
    const put = (settings: object): void => {
      const built = fleet(hub({ publicKey, ...settings })).host('hub');
      for (const part of ['conf', 'sources']) {
        const content = text(built, `/etc/wireguard/wg0.${part}`).replace(
          '/usr/local/lib/stead/wireguard',
          `${shell} ${PROGRAM}`,
        );
        writeFileSync(join(folder, `wg0.${part}`), content, { mode: 0o600 });
      }
    };
    const inside = (command: string): string => {
      const within = 'mkdir -p /etc/wireguard && mount --bind "$1" /etc/wireguard && sh -euc "$2"';
      const argv = [
        'netns',
        'exec',
        namespace,
        'unshare',
        '--mount',
        'sh',
        '-c',
        within,
        'sh',
        folder,
        command,
      ];
      return execFileSync('ip', argv, { encoding: 'utf8', stdio: 'pipe' }).trim();
    };
    execFileSync('ip', ['netns', 'add', namespace]);
    try {
      writeFileSync(join(folder, 'private.key'), privateKey, { mode: 0o600 });
      put(before);
      inside('ip link set lo up; wg-quick up wg0');
      const first = commands.map(inside);
      put(after);
      inside(`${shell} ${PROGRAM} reload wg0`);
      return { first, after: commands.map(inside) };
    } finally {
      const pids = execFileSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8' });
      for (const pid of pids.split('\n').filter(Boolean)) process.kill(Number(pid));
      execFileSync('ip', ['netns', 'del', namespace]);
      rmSync(folder, { recursive: true });
    }
  };
  const routes = (table = 'main') =>
    `ip route show table ${table} dev wg0 | awk '{ print $1 }' | sort | tr '\\n' ' '`;

  test.each(['dash', 'bash', 'busybox ash'])('moves routes as its peers do, in %s', (shell) => {
    const before = { peers: { a: peer(11, '192.168.0.0/16'), b: peer(12, '172.20.0.0/24') } };
    const after = {
      peers: { a: peer(11, '192.168.7.0/24', '192.168.7.128/25'), c: peer(13, '172.21.0.0/24') },
    };
    expect(reloaded(shell, before, after, [routes()])).toEqual({
      first: ['10.9.9.0/24 172.20.0.0/24 192.168.0.0/16'],
      after: ['10.9.9.0/24 172.21.0.0/24 192.168.7.0/24'],
    });
  });

  test('keeps to a table of its own, and to none', () => {
    const before = { peers: { a: peer(11, '192.168.0.0/24') } };
    const after = { peers: { a: peer(11, '192.168.7.0/24', '172.22.0.0/24') } };
    const commands = [routes('main'), routes('77')];
    expect(reloaded('dash', { table: 77, ...before }, { table: 77, ...after }, commands)).toEqual({
      first: ['10.9.9.0/24', '192.168.0.0/24'],
      after: ['10.9.9.0/24', '172.22.0.0/24 192.168.7.0/24'],
    });
    expect(
      reloaded('dash', { table: 'off', ...before }, { table: 'off', ...after }, [routes('main')]),
    ).toEqual({
      first: ['10.9.9.0/24'],
      after: ['10.9.9.0/24'],
    });
  });

  test('keeps key, port and the mark that wg-quick gave for a default route', () => {
    const provider = peer(20, '0.0.0.0/0');
    const commands = [
      'wg show wg0 public-key',
      'wg show wg0 listen-port',
      'wg show wg0 fwmark',
      'ip rule | grep -c 51820',
    ];
    const { first, after } = reloaded(
      'dash',
      { peers: { provider } },
      { peers: { provider, b: peer(12, '172.20.0.0/24') } },
      commands,
    );
    expect(first).toEqual([publicKey, '51820', '0xca6c', '1']);
    expect(after).toEqual(first);
  });
});

test.runIf(available('shellcheck'))('shellcheck finds nothing in the program of the host', () => {
  expect(spawnSync('shellcheck', [PROGRAM], { encoding: 'utf8' })).toMatchObject({ status: 0, stdout: '' });
});

describe.runIf(available('root', 'wg-quick', 'dash', 'busybox'))('the check before a switch', () => {
  const privateKey = Buffer.alloc(32, 64).toString('base64');
  const publicKey = execFileSync('wg', ['pubkey'], { encoding: 'utf8', input: privateKey }).trim();

  /** Checks what a hub gets, with these files of keys, over the /etc/wireguard of this machine. */
  const check = (more: object, keys: Readonly<Record<string, string>>, shell = ['dash']) => {
    const folder = mkdtempSync(join(tmpdir(), 'stead-wg-'));
    try {
      const built = fleet(
        hub({ publicKey, ...more }),
        spoke('pi', '10.9.9.3', { presharedKeyFile: PSK }),
      ).host('hub');
      for (const part of ['conf', 'sources']) {
        writeFileSync(join(folder, `wg0.${part}`), text(built, `/etc/wireguard/wg0.${part}`), {
          mode: 0o600,
        });
      }
      for (const [name, value] of Object.entries(keys)) writeFileSync(join(folder, name), value);
      const within = 'mkdir -p /etc/wireguard; mount --bind "$1" /etc/wireguard; shift; exec "$@"';
      const argv = ['--mount', 'sh', '-c', within, 'sh', folder, ...shell, PROGRAM, 'check', 'wg0'];
      const { status, stderr } = spawnSync('unshare', argv, { encoding: 'utf8' });
      return { status, stderr };
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
  const PSK = '/etc/wireguard/pi.psk';
  const keys = { 'private.key': `${privateKey}\n`, 'pi.psk': `${key(3)}\n` };

  test.each(['dash', 'bash', 'busybox ash'])('passes where all is there, in %s', (shell) => {
    expect(check({}, keys, shell.split(' '))).toEqual({ status: 0, stderr: '' });
  });

  test('says of each key file what is wrong with it, and never what it holds', () => {
    expect(check({}, {})).toEqual({
      status: 1,
      stderr: `/etc/wireguard/private.key is not there or is empty: make it with umask 077; wg genkey >/etc/wireguard/private.key
/etc/wireguard/pi.psk is not there or is empty: make it with umask 077; wg genpsk >/etc/wireguard/pi.psk, and the same file on the other side
`,
    });
    expect(check({}, { ...keys, 'pi.psk': 'not a key\n' })).toEqual({
      status: 1,
      stderr: '/etc/wireguard/pi.psk does not hold a key: base64 of 32 bytes\n',
    });
    expect(check({ publicKey: key(77) }, keys)).toEqual({
      status: 1,
      stderr: `/etc/wireguard/private.key holds the private key of ${publicKey}; the configuration says that the public key is ${key(77)}\n`,
    });
  });

  test('finds what wg does not understand', () => {
    const { status, stderr } = check({ settings: { Colour: 'green' } }, keys);
    expect(status).toBe(1);
    expect(stderr).toContain('Line unrecognized: `Colour=green');
  });
});
