import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { host } from 'stead';
import { wireguard } from 'stead/modules/wireguard';
import { systemd } from '../../src/bundle/sets/index.ts';
import { available } from '../setup/programs.ts';
import { fleet, mistakes, rack, text } from './rack.ts';

const KEYS = [
  'ZBjT+h1xrzkBl9zUCKnfpZQZM/2TNPvaCFI+F4hyUjY=',
  '26yV/0dhIoiBIn5kgz1VoptS1vToSUSYkLOzSLQr/3U=',
  'O/GPmIZFOqcSI9mTu6p0msT9d7QLC37Qy6ozGKCSvU8=',
] as const;
const network = '10.9.9.0/24';
const hub = (more: object = {}) =>
  host('hub', {
    use: [
      wireguard({
        network,
        role: 'hub',
        address: '10.9.9.1',
        endpoint: 'vpn.example.org',
        publicKey: KEYS[0],
        ...more,
      }),
    ],
  });
const spoke = (name: string, address: string, more: object = {}) =>
  host(name, { use: [wireguard({ network, address, publicKey: KEYS[1], ...more })] });

describe('what a host of the mesh gets', () => {
  test('the hub has every other host and device as a peer, with what lies behind it', async () => {
    expect(text((await rack()).host('vps'), '/etc/wireguard/wg0.conf')).toBe(`\
# Written by stead for vps; changes made here are lost at the next switch.
[Interface]
Address = 10.9.9.1/24
ListenPort = 51820
PostUp = wg set %i private-key /etc/wireguard/private.key

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
PostUp = wg set %i private-key /etc/wireguard/private.key

# vps
[Peer]
PublicKey = ZBjT+h1xrzkBl9zUCKnfpZQZM/2TNPvaCFI+F4hyUjY=
AllowedIPs = 10.9.9.0/24
Endpoint = vpn.wildelab.com:51820
PersistentKeepalive = 25
`);
    expect(text(gateway, '/etc/sysctl.d/60-stead.conf')).toBe('net.ipv4.ip_forward = 1\n');
  });

  test('a spoke reaches the mesh and what gateways announce through the hub, and routes nothing', () => {
    const evaluation = fleet(
      hub({ port: 443 }),
      spoke('gw', '10.9.9.2', { role: 'gateway', subnets: ['10.42.0.0/24', '10.43.0.0/24'] }),
      spoke('pi', '10.9.9.3', { keepalive: 0 }),
    );
    const conf = text(evaluation.host('pi'), '/etc/wireguard/wg0.conf');
    expect(conf).toContain(
      'AllowedIPs = 10.9.9.0/24, 10.42.0.0/24, 10.43.0.0/24\nEndpoint = vpn.example.org:443\n',
    );
    expect(conf).not.toContain('PersistentKeepalive');
    expect(() => text(evaluation.host('pi'), '/etc/sysctl.d/60-stead.conf')).toThrow();
  });

  test('no private key is part of a generation, and the unit restarts when its file changes', () => {
    const evaluation = fleet(hub({ interface: 'mesh0', privateKeyFile: '/root/mesh.key' }));
    expect(text(evaluation.host('hub'), '/etc/wireguard/mesh0.conf')).toContain(
      'PostUp = wg set %i private-key /root/mesh.key\n',
    );
    expect(evaluation.host('hub').get(systemd).units['wg-quick@mesh0.service']).toMatchObject({
      wantedBy: ['multi-user.target'],
      readBy: ['/etc/wireguard/mesh0.conf'],
      onChange: 'stop-start',
      start: true,
    });
  });
});

describe('a mesh that cannot work', () => {
  test('an address that two hosts have is refused', () => {
    expect(mistakes(hub(), spoke('a', '10.9.9.2'), spoke('b', '10.9.9.2'))).toEqual([
      'a and b have the same address in the mesh, 10.9.9.2',
    ]);
  });

  test('an address that a host and a device, or two devices, have is refused', () => {
    const device = (address: string) => ({ address, publicKey: KEYS[2] });
    expect(mistakes(hub({ roaming: { phone: device('10.9.9.2') } }), spoke('a', '10.9.9.2'))).toEqual([
      'the device phone and a have the same address in the mesh, 10.9.9.2',
    ]);
    expect(mistakes(hub({ roaming: { phone: device('10.9.9.7'), laptop: device('10.9.9.7') } }))).toEqual([
      'the devices laptop and phone have the same address in the mesh, 10.9.9.7',
    ]);
  });

  test('an address outside the mesh is refused, of a host and of a device', () => {
    expect(mistakes(hub(), spoke('a', '10.9.8.2'))).toEqual(['10.9.8.2 is not inside the mesh 10.9.9.0/24']);
    expect(mistakes(hub({ roaming: { phone: { address: '10.1.1.1', publicKey: KEYS[2] } } }))).toEqual([
      'the device phone has the address 10.1.1.1, which is not inside the mesh 10.9.9.0/24',
    ]);
  });

  test('subnets that overlap each other or the mesh are refused', () => {
    const gateway = (name: string, address: string, subnet: string) =>
      spoke(name, address, { role: 'gateway', subnets: [subnet] });
    expect(
      mistakes(hub(), gateway('a', '10.9.9.2', '10.42.0.0/16'), gateway('b', '10.9.9.3', '10.42.1.0/24')),
    ).toEqual(['a announces 10.42.0.0/16 and b 10.42.1.0/24, which overlap']);
    expect(mistakes(hub(), gateway('a', '10.9.9.2', '10.9.0.0/16'))).toEqual([
      'the announced subnet 10.9.0.0/16 overlaps the mesh 10.9.9.0/24 itself',
    ]);
  });

  test('a mesh without a hub, with two, or with one that has no endpoint is refused', () => {
    expect(mistakes(spoke('a', '10.9.9.2'))).toEqual([
      'the mesh 10.9.9.0/24 needs exactly one hub and has 0',
    ]);
    const second = spoke('other', '10.9.9.9', { role: 'hub', endpoint: 'x.example.org' });
    expect(mistakes(hub(), second)).toContain('the mesh 10.9.9.0/24 needs exactly one hub and has 2');
    expect(mistakes(hub({ endpoint: undefined }))).toEqual([
      'a hub needs an `endpoint`: the public name or address that the others connect to',
    ]);
  });

  test('subnets on a host that is no gateway are refused: nothing would route them', () => {
    expect(mistakes(hub(), spoke('a', '10.9.9.2', { subnets: ['10.42.0.0/24'] }))).toEqual([
      'only a gateway announces subnets, and a is a spoke',
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
      // The name of the hub resolves on no test machine.
      const rendered = text((await rack()).host(name), '/etc/wireguard/wg0.conf').replace(
        'vpn.wildelab.com',
        '192.0.2.1',
      );
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
