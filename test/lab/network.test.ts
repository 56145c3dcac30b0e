// Networks that change under a running host: by systemd-networkd and by ifupdown, without losing the way in, or back again.
import { beforeAll, expect, test } from 'vitest';
import { repository, write } from '../cli/stead.ts';
import { describeLab, useLab, type Host } from './driver.ts';

const ADDRESS = '10.42.0.1';

describeLab('a network', () => {
  const lab = useLab({
    networks: { lan: '10.42.0.254/24', far: '10.50.0.254/24', link: '10.255.0.254/24' },
    hosts: {
      box: {
        interfaces: {
          eth0: { network: 'lan', address: `${ADDRESS}/24` },
          eth1: { network: 'far' },
          eth2: { network: 'link' },
        },
      },
      classic: {
        interfaces: { eth0: { network: 'lan', address: '10.42.0.3/24' }, eth1: { network: 'far' } },
        packages: ['ifupdown'],
      },
      thirteen: {
        suite: 'trixie',
        interfaces: { eth0: { network: 'lan', address: '10.42.0.4/24' }, eth1: { network: 'far' } },
      },
      other: {
        interfaces: {
          eth0: { network: 'far', address: '10.50.0.2/24' },
          eth1: { network: 'link', address: '10.255.0.2/30' },
        },
      },
    },
  });
  const repo = repository({});
  const stead = (verb: string, ...more: string[]) => lab.stead([verb, ...more, '--repo', repo]);
  let box: Host, classic: Host, other: Host;

  function writeHost(name: string, address: string, networking: string): void {
    write(
      repo,
      `hosts/${name}.ts`,
      `import { activation, host, target } from 'stead';
import { networking } from 'stead/modules/network';
export default host('${name}', {
  use: [
    target({ ssh: { address: '${address}' } }), activation({ confirmSeconds: 10 }),
    ${networking}
  ],
});
`,
    );
  }

  const boxWith = (interfaces: string, more = '') =>
    writeHost(
      'box',
      ADDRESS,
      `networking({ interfaces: { ${interfaces} }, bridges: { br0: { interfaces: ['eth1'], ${more} } } }),`,
    );
  const ETH0 = `eth0: { network: 'lan', addresses: ['${ADDRESS}/24'] },`;
  const LINK = `eth2: { addresses: ['10.255.0.1/30'], routes: [{ destination: '10.60.0.0/16', via: '10.255.0.2' }] },`;
  const BRIDGE = `br0: { addresses: ['10.50.0.1/24'], mtu: 1400 },`;

  async function switched(name = 'box'): Promise<void> {
    const result = await stead('switch', name);
    expect(result, result.stderr).toMatchObject({ code: 0 });
  }

  beforeAll(async () => {
    [box, classic, other] = (await Promise.all(['box', 'classic', 'other'].map(lab.host))) as [
      Host,
      Host,
      Host,
    ];
    await other.succeed(`ip address add 10.60.0.1/32 dev lo
      printf 'port=0\\ninterface=eth1\\nbind-interfaces\\ndhcp-range=10.255.0.1,10.255.0.1,255.255.255.252\\n' >/etc/dnsmasq.d/dhcp.conf
      systemctl start dnsmasq nginx`);
  });

  test('addresses, routes, a bridge and a link between two come up, and an open connection lives through it', async () => {
    // As where somebody else has set it up so far.
    await box.succeed(
      'systemctl stop systemd-networkd.socket systemd-networkd; ip address add 10.88.0.1/24 dev eth2; systemctl start nginx',
    );
    const session = lab.operator([
      'bash',
      '-c',
      `exec 3<>/dev/tcp/${ADDRESS}/80; until [ -e ${repo}/ask ]; do sleep 0.1; done; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; timeout 60 cat <&3`,
    ]);
    writeHost('box', ADDRESS, `networking({ interfaces: { ${ETH0} ${LINK} } }),`);
    await switched();
    await box.waitUntilSucceeds('ping -c 1 -W 2 10.255.0.2 && ping -c 1 -W 2 10.60.0.1');
    await box.fail('ip -o address show dev eth2 | grep -F 10.88.0.1');
    const before = await box.pid('systemd-networkd.service');
    boxWith(ETH0 + LINK + BRIDGE);
    await switched();
    await box.waitUntilSucceeds('ping -c 1 -W 2 10.50.0.2');
    expect(await box.succeed('ip -o link show master br0')).toContain('eth1');
    expect(await box.succeed('cat /sys/class/net/br0/mtu')).toBe('1400');
    write(repo, 'ask', '');
    expect((await session).stdout).toContain('200 OK');
    expect(await box.pid('systemd-networkd.service')).toBe(before);
  });

  test('a bridge that is another one is made again with its ports; a link asks a DHCP server', async () => {
    boxWith(
      `${ETH0} eth2: { dhcp: 'ipv4' }, ${BRIDGE}`,
      `stp: true, settings: { Bridge: { ForwardDelaySec: 2 } }`,
    );
    await switched();
    expect(await box.succeed('cat /sys/class/net/br0/bridge/stp_state')).toBe('1');
    await box.waitUntilSucceeds('ping -c 1 -W 2 10.50.0.2');
    await box.waitUntilSucceeds('ip -o -4 address show dev eth2 dynamic | grep 10.255.0.1/30');
    await box.fail('ip route show 10.60.0.0/16 | grep .');
  });

  test('settings that systemd-networkd does not know are refused before anything is changed', async () => {
    // Whether a link-local address is still tentative is a matter of time alone.
    const state = () =>
      box.succeed("readlink /var/lib/stead/current || :; ip address | grep -v _lft | sed 's/ tentative//'");
    const before = await state();
    boxWith(`eth0: { addresses: ['${ADDRESS}/24'], settings: { Network: { DHPC: true } } }, ${BRIDGE}`);
    const refused = await stead('switch', 'box');
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain("05-eth0.network:7: Unknown key 'DHPC' in section [Network], ignoring.");
    expect(await state()).toBe(before);
  });

  test('a change that cuts the way in comes back, and is refused where nothing would bring it back', async () => {
    boxWith(`eth0: { addresses: ['10.99.0.1/24'] }, ${BRIDGE}`);
    const unwatched = await stead('switch', 'box', '--no-watchdog');
    expect(unwatched).toMatchObject({ code: 1 });
    expect(unwatched.stderr).toContain('is not done without the watchdog');
    expect(unwatched.stderr).toContain('/etc/systemd/network/05-eth0.network');
    const cut = await stead('switch', 'box');
    expect(cut, cut.stderr).toMatchObject({ code: 4 });
    await box.succeed(`ip -o address show dev eth0 | grep -F ' ${ADDRESS}/24 '`);
    await box.fail("ip -o address show dev eth0 | grep -F ' 10.99.0.1/24 '");
    await box.waitUntilSucceeds('ping -c 1 -W 2 10.50.0.2');
  });

  test('it is the same after a reboot, and what was there before is back when it leaves', async () => {
    await box.reboot();
    await box.waitUntilSucceeds('ping -c 1 -W 2 10.50.0.2');
    writeHost('box', ADDRESS, '');
    await switched();
    await box.fail('ip link show dev br0');
    expect(await box.succeed('ls /etc/systemd/network')).not.toContain('05-');
  });

  test('Debian 13 has it the same way: a bridge that is made again, and settings that are refused', async () => {
    const thirteen = await lab.host('thirteen');
    const bridge = (more: string) =>
      writeHost(
        'thirteen',
        '10.42.0.4',
        `networking({ interfaces: { br0: { addresses: ['10.50.0.13/24'] } }, bridges: { br0: { interfaces: ['eth1'], ${more} } } }),`,
      );
    for (const stp of [false, true]) {
      bridge(`stp: ${stp}, settings: { Bridge: { ForwardDelaySec: 2 } }`);
      await switched('thirteen');
      await thirteen.waitUntilSucceeds('ping -c 1 -W 2 10.50.0.2');
    }
    bridge('settings: { Bridge: { NoSuchKey: 1 } }');
    const refused = await stead('switch', 'thirteen');
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain("Unknown key 'NoSuchKey' in section [Bridge], ignoring.");
    await thirteen.succeed('ping -c 1 -W 2 10.50.0.2');
  });

  test('ifupdown changes the interfaces that differ, forth and back, and what it does not read is refused', async () => {
    const classicWith = (interfaces: string) =>
      writeHost(
        'classic',
        '10.42.0.3',
        `networking({ backend: 'ifupdown', interfaces: { ${interfaces} } }),`,
      );
    classicWith(
      `eth1: { addresses: ['10.50.0.3/24'], routes: [{ destination: '10.61.0.0/16', via: '10.50.0.2' }] },`,
    );
    await switched('classic');
    await classic.succeed(
      'ping -c 1 -W 2 10.50.0.2; ip route show 10.61.0.0/16 | grep "via 10.50.0.2 dev eth1"',
    );
    classicWith(`eth1: { addresses: ['10.50.0.4/24', '10.52.0.4/24'] },`);
    await switched('classic');
    const addresses = "ip -o -4 address show dev eth1 | awk '{ print $4 }'";
    expect(await classic.succeed(addresses)).toBe('10.50.0.4/24\n10.52.0.4/24');
    await classic.fail('ip route show 10.61.0.0/16 | grep .');
    await classic.succeed('stead-host rollback');
    expect(await classic.succeed(addresses)).toBe('10.50.0.3/24');
    classicWith(`eth1: { addresses: ['10.50.0.3/24'], extraConfig: 'bogus' },`);
    expect(await stead('switch', 'classic')).toMatchObject({ code: 1 });
    expect(await classic.succeed(addresses)).toBe('10.50.0.3/24');
    await classic.reboot();
    expect(await classic.waitUntilSucceeds(`${addresses} | grep .`)).toBe('10.50.0.3/24');
  });
});
