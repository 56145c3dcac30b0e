// Names and addresses from real servers: split DNS over the mesh, DHCP, and a phone set up with what stead prints.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { folder, repository, run, write } from '../cli/stead.ts';
import { describeLab, useLab, type Host } from './driver.ts';

const VPS = '198.51.100.10';
/** The internet's name server, with a name outside and one that wants to reach inside. */
const OUTSIDE = '198.51.100.1';
const NAMES = {
  'www.example.net': '93.184.216.34',
  'vpn.wildelab.com': '93.184.216.35',
  'evil.example.net': '10.42.0.10',
};

describeLab('names and addresses', () => {
  const lab = useLab({
    networks: { internet: '198.51.100.254/24', rack: '10.42.0.254/24' },
    hosts: {
      vps: {
        interfaces: { eth0: { network: 'internet', address: `${VPS}/24` } },
        packages: ['systemd-resolved'],
      },
      gateway: {
        interfaces: {
          eth0: { network: 'rack', address: '10.42.0.1/24' },
          wan0: { network: 'internet', address: '198.51.100.20/24' },
        },
        nameservers: [OUTSIDE],
      },
      box: {
        interfaces: { eth0: { network: 'rack', address: '10.42.0.10/24', gateway: '10.42.0.1' } },
        packages: ['isc-dhcp-client', 'dhcpcd-base'],
      },
      outside: { interfaces: { eth0: { network: 'internet', address: `${OUTSIDE}/24` } } },
      phone: {
        interfaces: { eth0: { network: 'internet', address: '198.51.100.30/24' } },
        packages: ['openresolv'],
      },
      guest: { interfaces: { eth0: { network: 'rack' } } },
    },
  });
  const keys: Record<string, string> = {};
  let path: string;
  let hosts: Record<'vps' | 'gateway' | 'box' | 'outside' | 'phone' | 'guest', Host>;

  /** More that the gateway's server, and the gateway itself, are to be. */
  const describeGateway = (dns = '', more = ''): void =>
    write(
      path,
      'hosts/gateway.ts',
      `${IMPORTS}export default host('gateway', { use: [
  target({ ssh: { address: '10.42.0.1' } }),
  network({ addresses: { rack: '10.42.0.1' } }),
  wireguard({ role: 'gateway', network: '10.9.9.0/24', address: '10.9.9.2', publicKey: '${keys['gateway']}', subnets: ['10.42.0.0/24'] }),
  dnsmasq({
    interfaces: ['eth0', 'wg0'], domain: 'wildelab.com', publish: ['rack', 'mesh'], upstreams: ['${OUTSIDE}'],
    upstreamNames: ['vpn.wildelab.com'],
    records: { 'wildelab.com': '10.42.0.10' }, wildcards: { 'apps.wildelab.com': '10.42.0.10' },
    cnames: { 'models.wildelab.com': 'llm.wildelab.com' },
    services: { '_minecraft._tcp.wildelab.com': [{ target: 'box.wildelab.com', port: 25565 }] },
    mail: { 'wildelab.com': [{ target: 'box.wildelab.com' }] },
    texts: { 'wildelab.com': ['v=spf1 -all', 'a "quoted", text'] },
    dhcp: { ranges: { rack: { first: '10.42.0.100', last: '10.42.0.199', options: { 'domain-search': 'wildelab.com' } } } },
  }),
  dnsmasq({ ${dns} }), ${more || "resolver({ nameservers: ['127.0.0.1'], search: ['wildelab.com'] }),"}
] });
`,
    );
  const switchGateway = async (dns: string, more?: string) => {
    describeGateway(dns, more);
    const result = await lab.stead(['switch', 'gateway', '--repo', path]);
    expect(result, result.stderr).toMatchObject({ code: 0 });
  };
  const dig = (host: Host, server: string, ...words: string[]) =>
    host.succeed(`dig +short +time=2 +tries=3 @${server} ${words.join(' ')}`);

  beforeAll(async () => {
    const [vps, gateway, box, outside, phone, guest] = await Promise.all(
      ['vps', 'gateway', 'box', 'outside', 'phone', 'guest'].map(lab.host),
    );
    hosts = { vps: vps!, gateway: gateway!, box: box!, outside: outside!, phone: phone!, guest: guest! };
    for (const name of ['vps', 'gateway', 'phone'] as const) {
      keys[name] = await hosts[name].succeed(
        'umask 077; mkdir -p /etc/wireguard; wg genkey | tee /etc/wireguard/private.key | wg pubkey',
      );
    }
    const answers = Object.entries(NAMES).map(([name, address]) => `address=/${name}/${address}\n`);
    await hosts.outside.succeed(
      `printf '%s' '${['no-resolv\n', 'no-hosts\n', ...answers].join('')}' >/etc/dnsmasq.d/internet.conf; systemctl restart dnsmasq`,
    );
    path = repository({
      'hosts/vps.ts': `${IMPORTS}export default host('vps', { use: [
  target({ ssh: { address: '${VPS}' } }),
  wireguard({ role: 'hub', network: '10.9.9.0/24', address: '10.9.9.1', endpoint: '${VPS}', publicKey: '${keys['vps']}',
    roaming: { phone: { address: '10.9.9.11', publicKey: '${keys['phone']}' } } }),
  dnsmasq({ interfaces: ['wg0'], domain: 'wildelab.com', upstreams: ['${OUTSIDE}'],
    forward: { 'wildelab.com': '10.9.9.2' }, forwardReverse: { '10.42.0.0/24': '10.9.9.2' } }),
  resolver({ backend: 'resolved', nameservers: ['127.0.0.1'], search: ['wildelab.com'] }),
] });
`,
      'hosts/box.ts': `${IMPORTS}export default host('box', { use: [
  target({ ssh: { address: '10.42.0.10' } }),
  network({ addresses: { rack: '10.42.0.10' } }),
  ports({ listen: { page: { port: 80 } }, serves: ['llm.wildelab.com'] }),
  systemd({ units: { 'nginx.service': { wantedBy: ['multi-user.target'] } } }),
  resolver({ nameservers: ['10.42.0.1'], search: ['wildelab.com'] }),
] });
`,
    });
    describeGateway();
    const result = await lab.stead(['switch', '--all', '--repo', path]);
    expect(result, result.stderr).toMatchObject({ code: 0 });
    // The hub comes last, and what it asks the gateway is lost until that has tried its next handshake.
    await hosts.vps.waitUntilSucceeds('ping -c 1 -W 1 10.9.9.2');
  });

  test('records of every kind are answered in the rack, and by the hub, which asks the gateway over the mesh', async () => {
    const { gateway, vps } = hosts;
    for (const [host, server] of [
      [gateway, '127.0.0.1'],
      [vps, '10.9.9.1'],
    ] as const) {
      expect(await dig(host, server, 'box.wildelab.com')).toBe('10.42.0.10');
      expect(await dig(host, server, 'llm.wildelab.com')).toBe('10.42.0.10');
      expect(await dig(host, server, 'wildelab.com')).toBe('10.42.0.10');
      expect(await dig(host, server, 'chat.apps.wildelab.com')).toBe('10.42.0.10');
      expect(await dig(host, server, 'models.wildelab.com')).toBe('llm.wildelab.com.\n10.42.0.10');
      expect(await dig(host, server, '_minecraft._tcp.wildelab.com SRV')).toBe('0 0 25565 box.wildelab.com.');
      expect(await dig(host, server, 'wildelab.com MX')).toBe('10 box.wildelab.com.');
      expect(await dig(host, server, 'wildelab.com TXT | sort')).toBe(
        '"a \\"quoted\\", text"\n"v=spf1 -all"',
      );
      expect(await dig(host, server, '-x 10.42.0.10 | head -n 1')).toBe('box.wildelab.com.');
      expect(await dig(host, server, 'nothing.wildelab.com')).toBe('');
      // In the fleet's own domain, and known outside alone.
      expect(await dig(host, server, 'vpn.wildelab.com')).toBe(NAMES['vpn.wildelab.com']);
      expect(await dig(host, server, 'www.example.net')).toBe(NAMES['www.example.net']);
      // A name outside that leads into the network.
      expect(await dig(host, server, 'evil.example.net')).toBe('');
    }
  });

  test('hosts ask what they are told to: a file, or systemd-resolved beside a dnsmasq on the same port', async () => {
    const { box, vps } = hosts;
    expect(await box.file('/etc/resolv.conf')).toContain('nameserver 10.42.0.1\nsearch wildelab.com\n');
    expect(await box.succeed('getent hosts gateway')).toMatch(/^10\.42\.0\.1 /);
    expect(await vps.succeed('readlink /etc/resolv.conf')).toBe('/run/systemd/resolve/stub-resolv.conf');
    expect(await vps.succeed('getent hosts box')).toMatch(/^10\.42\.0\.10 /);
    const listening = await vps.succeed("ss -Hlnup 'sport = :53'");
    expect(listening).toMatch(/127\.0\.0\.53%lo:53 .*systemd-resolve/);
    expect(listening).toMatch(/10\.9\.9\.1%wg0:53 .*dnsmasq|10\.9\.9\.1:53 .*dnsmasq/);
  });

  test('a phone with the printed configuration reaches a host of the rack by name, through hub and gateway', async () => {
    const { phone } = hosts;
    const key = join(folder(), 'phone.key');
    writeFileSync(key, await phone.file('/etc/wireguard/private.key'), { mode: 0o600 });
    const printed = await run(['wireguard', 'peer', 'phone', '--private-key-file', key, '--repo', path]);
    expect(printed).toMatchObject({ code: 0, stderr: '' });
    await phone.succeed('apt-get -qq update && apt-get -qq install -y openresolv', 120);
    await phone.succeed(
      `umask 077; cat >/etc/wireguard/wg0.conf <<'END'\n${printed.stdout}\nEND\nwg-quick up wg0`,
    );
    expect(await phone.waitUntilSucceeds('curl -sS --max-time 5 http://llm.wildelab.com/')).toContain(
      'nginx',
    );
    expect(await phone.succeed('getent hosts gateway')).toMatch(/^10\.42\.0\.1 /);
  });

  test('a machine without an address is given one, and its own one after a reload alone', async () => {
    const { gateway, guest } = hosts;
    await guest.succeed(
      "printf '[Match]\\nName=eth0\\n[Network]\\nDHCP=ipv4\\n[DHCPv4]\\nUseDomains=yes\\n' >/etc/systemd/network/05-eth0.network; networkctl reload",
    );
    const address = 'ip -o -4 address show dev eth0 | grep -o "10[.]42[.]0[.][0-9]*/24"';
    expect(await guest.waitUntilSucceeds(address)).toMatch(/^10\.42\.0\.1\d\d\/24$/);
    expect(await guest.succeed('ip route show default')).toContain('via 10.42.0.1 ');
    expect(await guest.succeed('cat /run/systemd/netif/leases/*')).toMatch(/DNS=10\.42\.0\.1\n/);
    expect(await dig(gateway, '127.0.0.1', 'guest.wildelab.com')).toMatch(/^10\.42\.0\.1\d\d$/);
    const mac = await guest.succeed('cat /sys/class/net/eth0/address');
    const pid = await gateway.pid('dnsmasq');
    await switchGateway(`dhcp: { leases: { guest: { mac: '${mac}', address: '10.42.0.77' } } }`);
    expect(await gateway.pid('dnsmasq')).toBe(pid);
    await guest.succeed('networkctl reconfigure eth0');
    await guest.waitUntilSucceeds('ip -o -4 address show dev eth0 | grep "10[.]42[.]0[.]77/24"');
    expect(await dig(gateway, '127.0.0.1', 'guest.wildelab.com')).toBe('10.42.0.77');
  });

  test('clients of DHCP leave the name servers of a host alone', async () => {
    const { box } = hosts;
    const before = await box.file('/etc/resolv.conf');
    await box.succeed('apt-get -qq update && apt-get -qq install -y isc-dhcp-client dhcpcd-base', 120);
    const clients = [
      'dhclient -1 -sf /sbin/dhclient-script eth0 && dhclient -x',
      'dhcpcd -4 -1 eth0; dhcpcd -x eth0 || :',
    ];
    for (const client of clients) {
      await box.succeed(client);
      expect(await box.file('/etc/resolv.conf')).toBe(before);
    }
    // As they do where nobody keeps them from it.
    for (const [index, hook] of [
      '/etc/dhcp/dhclient-enter-hooks.d/stead',
      '/etc/dhcpcd.enter-hook',
    ].entries()) {
      await box.succeed(`mv ${hook} /root/hook; ${clients[index]}; mv /root/hook ${hook}`);
      expect(await box.file('/etc/resolv.conf')).not.toBe(before);
    }
    await box.succeed(`printf '%s' '${before}' >/etc/resolv.conf`);
  });

  test('another record is a reload, another server a restart', async () => {
    const { gateway } = hosts;
    const pid = await gateway.pid('dnsmasq');
    await switchGateway("records: { 'new.wildelab.com': '10.42.0.11' }");
    expect(await dig(gateway, '127.0.0.1', 'new.wildelab.com')).toBe('10.42.0.11');
    expect(await gateway.pid('dnsmasq')).toBe(pid);
    await switchGateway('cacheSize: 100');
    expect(await dig(gateway, '127.0.0.1', 'new.wildelab.com')).toBe('');
    expect(await gateway.pid('dnsmasq')).not.toBe(pid);
  });

  test('The switch stops DNS on the gateway and then needs DNS (certbot, apt, an image pull): ordered, or safe without', async () => {
    const { gateway } = hosts;
    // Asked as soon as the switch starts it, by a host that asks itself alone.
    const asking = `systemd({ units: { 'asks.service': { wantedBy: ['multi-user.target'], sections: {
      Unit: { After: 'nss-lookup.target' },
      Service: { Type: 'oneshot', RemainAfterExit: true, ExecStart: '/usr/bin/getent ahostsv4 www.example.net' } } } } }),`;
    await switchGateway('cacheSize: 200', `resolver({ nameservers: ['127.0.0.1'] }), ${asking}`);
    expect(await gateway.journal('asks.service')).toContain(NAMES['www.example.net']);
    // With a second server there is no moment without names at all.
    const both = `resolver({ nameservers: ['127.0.0.1', '${OUTSIDE}'] }),`;
    await switchGateway('cacheSize: 200', both);
    const pid = await gateway.pid('dnsmasq');
    await gateway.succeed(
      'while getent ahostsv4 www.example.net >/dev/null; do echo; done >/root/asked 2>&1 & echo $! >/root/asking',
    );
    await switchGateway('cacheSize: 300', both);
    expect(await gateway.pid('dnsmasq')).not.toBe(pid);
    await gateway.succeed('kill $(cat /root/asking)');
    expect(Number(await gateway.succeed('wc -l </root/asked'))).toBeGreaterThan(10);
  });
});

const IMPORTS = `import { host, systemd, target } from 'stead';
import { dnsmasq } from 'stead/modules/dnsmasq';
import { network } from 'stead/modules/network';
import { ports } from 'stead/modules/ports';
import { resolver } from 'stead/modules/resolver';
import { wireguard } from 'stead/modules/wireguard';
`;
