// Tunnels of real hosts while their configuration changes: a hub with a public address, a gateway, a phone.
import { beforeAll, describe, expect, test } from 'vitest';
import { repository, write } from '../cli/stead.ts';
import { describeLab, useLab, type Host } from './driver.ts';

const HUB = '198.51.100.10';
const GATEWAY = '198.51.100.20';

describeLab('a mesh of real hosts', () => {
  const lab = useLab({
    networks: { internet: '198.51.100.254/24' },
    hosts: {
      hub: { interfaces: { eth0: { network: 'internet', address: `${HUB}/24` } } },
      gateway: { interfaces: { eth0: { network: 'internet', address: `${GATEWAY}/24` } } },
    },
  });
  const keys: Record<string, string> = {};
  let path: string;
  let hub: Host;
  let gateway: Host;

  /** What the two hosts are to be; each test says only what it is about. */
  interface Wanted {
    readonly hub?: string;
    readonly gateway?: string;
  }

  const write_ = (wanted: Wanted): void => {
    const shared = `import { host, target } from 'stead';
import { wireguard } from 'stead/modules/wireguard';
`;
    write(
      path,
      'hosts/hub.ts',
      `${shared}export default host('hub', { use: [target({ ssh: { address: '${HUB}' } }), wireguard({
  role: 'hub', network: '10.9.9.0/24', endpoint: 'vpn.example.org', publicKey: '${keys['hub']}', ${wanted.hub ?? "address: '10.9.9.1'"},
})] });
`,
    );
    write(
      path,
      'hosts/gateway.ts',
      `${shared}export default host('gateway', { use: [target({ ssh: { address: '${GATEWAY}' } }), wireguard({
  role: 'gateway', network: '10.9.9.0/24', address: '10.9.9.2', publicKey: '${keys['gateway']}',
  presharedKeyFile: '/etc/wireguard/gateway.psk', endpointRefreshSeconds: 2, ${wanted.gateway ?? ''}
})] });
`,
    );
  };
  const switchTo = (wanted: Wanted, ...hosts: string[]) => {
    write_(wanted);
    return lab.stead(['switch', ...(hosts.length > 0 ? hosts : ['--all']), '--repo', path]);
  };
  const device = (name: string, address: string): string =>
    `${name}: { address: '${address}', publicKey: '${keys[name]}' }`;
  const peers = (host: Host) => host.succeed("wg show wg0 peers | sort | tr '\\n' ' '");
  const known = (...names: string[]) =>
    `${names
      .map((name) => keys[name])
      .sort()
      .join(' ')} `;
  /** When the unit started, and everything of the tunnel but its counters. */
  const tunnel = (host: Host) =>
    host.succeed(
      "systemctl show -p InvocationID wg-quick@wg0; wg show wg0 private-key | sha256sum; wg show wg0 listen-port; wg show wg0 endpoints | grep -v '(none)'; wg show wg0 preshared-keys | grep -v '(none)' | sha256sum",
    );
  const meets = (host: Host, address: string) => host.waitUntilSucceeds(`ping -c 1 -W 1 ${address}`);

  beforeAll(async () => {
    path = repository({});
    [hub, gateway] = await Promise.all([lab.host('hub'), lab.host('gateway')]);
    for (const [name, host] of [
      ['hub', hub],
      ['gateway', gateway],
      ['phone', hub],
      ['laptop', hub],
    ] as const) {
      const file = name === 'phone' || name === 'laptop' ? `/root/${name}.key` : '/etc/wireguard/private.key';
      keys[name] = await host.succeed(
        `umask 077; mkdir -p /etc/wireguard; wg genkey | tee ${file} | wg pubkey`,
      );
    }
    const shared = await hub.succeed('umask 077; wg genpsk | tee /etc/wireguard/gateway.psk');
    await gateway.succeed(`umask 077; echo ${shared} >/etc/wireguard/gateway.psk`);
  });

  test('An endpoint name that does not resolve at boot is retried', async () => {
    const result = await switchTo({});
    expect(result, result.stderr).toMatchObject({ code: 0 });
    // There is no such name yet, and the interface is there all the same.
    expect(result.stdout).toContain('to do by hand (wireguard wg0 to hub): hub does not answer');
    await gateway.reboot();
    await gateway.succeed('ip address show dev wg0 | grep 10.9.9.2/24');
    await gateway.fail('ping -c 1 -W 1 10.9.9.1');
    await gateway.waitUntilSucceeds('journalctl --boot --output=cat | grep vpn.example.org');
    await gateway.succeed(`echo '${HUB} vpn.example.org' >>/etc/hosts`);
    await meets(gateway, '10.9.9.1');
  });

  test('One more WireGuard peer: the others keep their sessions; a removed peer vanishes', async () => {
    await meets(gateway, '10.9.9.1');
    const before = [await tunnel(hub), await tunnel(gateway)];
    const handshake = `wg show wg0 latest-handshakes | grep -F '${keys['gateway']}'`;
    const session = await hub.succeed(handshake);
    await gateway.succeed('ping -i 0.1 10.9.9.1 >/root/pings 2>&1 & echo $! >/root/pinging');
    const more = await switchTo({
      hub: `address: '10.9.9.1', roaming: { ${device('phone', '10.9.9.11')}, ${device('laptop', '10.9.9.12')} }, peers: {
        friend: { publicKey: '${Buffer.alloc(32, 9).toString('base64')}', allowedIPs: ['192.168.7.0/24', '192.168.0.0/16'] } }`,
      gateway: "subnets: ['10.42.0.0/24'],",
    });
    expect(more, more.stderr).toMatchObject({ code: 0 });
    keys['friend'] = Buffer.alloc(32, 9).toString('base64');
    expect(await peers(hub)).toBe(known('gateway', 'phone', 'laptop', 'friend'));
    expect(await hub.succeed("ip route show dev wg0 | awk '{ print $1 }' | sort | tr '\\n' ' '")).toBe(
      '10.42.0.0/24 10.9.9.0/24 192.168.0.0/16 ',
    );
    const fewer = await switchTo({
      hub: `address: '10.9.9.1', roaming: { ${device('laptop', '10.9.9.12')} }, peers: {
        friend: { publicKey: '${keys['friend']}', allowedIPs: ['192.168.7.0/24'] } }`,
    });
    expect(fewer, fewer.stderr).toMatchObject({ code: 0 });
    expect(await peers(hub)).toBe(known('gateway', 'laptop', 'friend'));
    expect(await hub.succeed("ip route show dev wg0 | awk '{ print $1 }' | sort | tr '\\n' ' '")).toBe(
      '10.9.9.0/24 192.168.7.0/24 ',
    );
    await gateway.succeed('kill -INT $(cat /root/pinging); sleep 0.2');
    expect(await gateway.file('/root/pings')).toMatch(/ 0% packet loss/);
    expect([await tunnel(hub), await tunnel(gateway)]).toEqual(before);
    // WireGuard makes a new session every two minutes by itself.
    const age = await hub.succeed(`echo $(($(date +%s) - ${session.split(/\s+/)[1]}))`);
    if (Number(age) < 110) expect(await hub.succeed(handshake)).toBe(session);
  });

  test('a name that does not resolve while the hub moves to another port is asked for again at once', async () => {
    await meets(gateway, '10.9.9.1');
    await gateway.succeed("sed -i.before '/vpn.example.org/d' /etc/hosts");
    const moved = await switchTo({ hub: "address: '10.9.9.1', port: 443" });
    expect(moved, moved.stderr).toMatchObject({ code: 0 });
    expect(await gateway.succeed('wg show wg0 endpoints')).toMatch(/:51820$/);
    await gateway.succeed('mv /etc/hosts.before /etc/hosts');
    // The last session is younger than what is taken for silence.
    await meets(gateway, '10.9.9.1');
    expect(await gateway.succeed('wg show wg0 endpoints')).toMatch(/:443$/);
  });

  test('a missing key file fails before the commit point', async () => {
    const before = [
      await peers(hub),
      await tunnel(hub),
      await hub.succeed('readlink /var/lib/stead/current'),
    ];
    for (const file of ['private.key', 'gateway.psk']) {
      await hub.succeed(`mv /etc/wireguard/${file} /root/kept`);
      const result = await switchTo({ hub: "address: '10.9.9.1', mtu: 1300" }, 'hub');
      await hub.succeed(`mv /root/kept /etc/wireguard/${file}`);
      expect(result).toMatchObject({ code: 1 });
      expect(result.stderr).toContain(
        `/etc/wireguard/${file} is not there or is empty: make it with umask 077`,
      );
    }
    expect([
      await peers(hub),
      await tunnel(hub),
      await hub.succeed('readlink /var/lib/stead/current'),
    ]).toEqual(before);
  });

  test('Address changed: interface restarted, not synced, and ALL peers there afterwards', async () => {
    const before = await hub.succeed('systemctl show -p InvocationID wg-quick@wg0');
    const result = await switchTo({
      hub: `address: '10.9.9.9', mtu: 1300, roaming: { ${device('phone', '10.9.9.11')} }`,
    });
    expect(result, result.stderr).toMatchObject({ code: 0 });
    expect(await hub.succeed('systemctl show -p InvocationID wg-quick@wg0')).not.toBe(before);
    expect(await hub.succeed('ip -o -4 address show dev wg0')).toMatch(/ 10\.9\.9\.9\/24 /);
    expect(await hub.succeed('ip link show dev wg0')).toContain('mtu 1300');
    expect(await peers(hub)).toBe(known('gateway', 'phone'));
    await meets(gateway, '10.9.9.9');
  });

  describe('while the hub is down', () => {
    test('a switch goes on, and says that the tunnel is not up', async () => {
      const address = "address: '10.9.9.9', mtu: 1300";
      await switchTo({ hub: address });
      await hub.kill();
      try {
        // As it is once the last session is over.
        await gateway.succeed('wg set wg0 peer "$(wg show wg0 peers)" remove');
        const result = await switchTo({ hub: address, gateway: 'keepalive: 20,' }, 'gateway');
        expect(result, result.stderr).toMatchObject({ code: 0 });
        expect(result.stdout).toContain(
          'to do by hand (wireguard wg0 to hub): hub does not answer: look whether it runs, has gateway among its peers, and is reached on UDP port 51820 of vpn.example.org',
        );
      } finally {
        await hub.boot();
      }
      await meets(gateway, '10.9.9.9');
    });
  });
});
