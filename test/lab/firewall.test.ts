// Packets that pass a host's firewall and packets that do not, on real hosts in two networks.
import { beforeAll, expect, test } from 'vitest';
import { repository, write } from '../cli/stead.ts';
import { describeLab, useLab, type Host } from './driver.ts';

const GATE = { rack: '10.42.0.1', outside: '198.51.100.1' };
const INNER = '10.42.0.10';
const OUTSIDER = '198.51.100.2';

/** The text of hosts/gate.ts: a router that is switched from the rack's side. */
function gateFile(firewall: string, more = ''): string {
  return `import { activation, host, target } from 'stead';
import { firewall } from 'stead/modules/firewall';
import { ports } from 'stead/modules/ports';
export default host('gate', {
  use: [
    target({ ssh: { address: '${GATE.rack}' } }),
    activation({ confirmSeconds: 10 }),
    firewall({
      zones: { outside: { interfaces: ['eth1'] }, rack: { interfaces: ['eth0'], allowedTCPPorts: [22] } },
      rejectPackets: true,
    }),
    firewall({ ${firewall} }),
    ${more}
  ],
});
`;
}

const LISTENS = `ports({ listen: { nginx: { port: 80, openTo: ['outside'] } } }),`;

/** A container as Docker has it: a bridge, a namespace behind it, and its tables, with port 8081 published. */
const CONTAINER = `
ip link add docker0 type bridge && ip address add 172.17.0.1/16 dev docker0 && ip link set docker0 up
ip netns add container
ip link add v0 type veth peer name eth0 netns container
ip link set v0 master docker0 up
ip -n container address add 172.17.0.2/16 dev eth0
ip -n container link set eth0 up && ip -n container route add default via 172.17.0.1
systemd-run --quiet --collect --unit=container ip netns exec container bash -c 'while :; do printf "HTTP/1.0 200 OK\\r\\n\\r\\nin the container\\n" | nc -N -l -p 80; done'
nft -f - <<END
table ip nat {
  chain DOCKER { iifname != docker0 tcp dport 8081 dnat to 172.17.0.2:80; }
  chain PREROUTING { type nat hook prerouting priority dstnat; fib daddr type local jump DOCKER; }
  chain POSTROUTING { type nat hook postrouting priority srcnat; ip saddr 172.17.0.0/16 oifname != docker0 masquerade; }
}
table ip filter {
  chain DOCKER { ip daddr 172.17.0.2 iifname != docker0 oifname docker0 tcp dport 80 accept; }
  chain FORWARD {
    type filter hook forward priority filter; policy accept;
    oifname docker0 ct state established,related accept
    oifname docker0 jump DOCKER
    iifname docker0 accept
    oifname docker0 drop
  }
}
END`;

describeLab('a firewall between a rack and the outside', () => {
  const lab = useLab({
    networks: { rack: '10.42.0.254/24', outside: '198.51.100.254/24' },
    hosts: {
      gate: {
        interfaces: {
          eth0: { network: 'rack', address: `${GATE.rack}/24` },
          eth1: { network: 'outside', address: `${GATE.outside}/24` },
        },
      },
      inner: { interfaces: { eth0: { network: 'rack', address: `${INNER}/24`, gateway: GATE.rack } } },
      outsider: { interfaces: { eth0: { network: 'outside', address: `${OUTSIDER}/24` } } },
    },
  });
  const repo = repository({ 'hosts/gate.ts': gateFile('') });
  const stead = (...args: string[]) => lab.stead([...args, 'gate', '--repo', repo]);
  let gate: Host, inner: Host, outsider: Host;

  async function switched(firewall: string, more = ''): Promise<void> {
    write(repo, 'hosts/gate.ts', gateFile(firewall, more));
    const result = await stead('switch');
    expect(result, result.stderr).toMatchObject({ code: 0 });
  }

  /** The TCP ports of an address that answer. */
  async function scan(from: Host, address: string, last = 1024): Promise<string[]> {
    const { stdout } = await from.run(`nc -z -v -n -w 1 ${address} 1-${last} 2>&1 | grep succeeded`, 120);
    return [...stdout.matchAll(/ (\d+) port /g)].map(([, port]) => port ?? '');
  }

  const get = (url: string) => `curl -sS --max-time 2 ${url}`;
  const others = () => gate.succeed("nft list ruleset | awk '/^table/ { ours = /inet stead/ } !ours'");

  beforeAll(async () => {
    [gate, inner, outsider] = (await Promise.all(['gate', 'inner', 'outsider'].map(lab.host))) as [
      Host,
      Host,
      Host,
    ];
    await Promise.all([gate, inner, outsider].map((one) => one.succeed('systemctl start nginx')));
    await outsider.succeed(`ip route add 10.42.0.0/24 via ${GATE.outside}`);
    await Promise.all([
      gate.succeed('ip address add fd00:51::1/64 dev eth1 nodad'),
      outsider.succeed('ip address add fd00:51::2/64 dev eth0 nodad'),
    ]);
  });

  test('leaves open what listens for a zone, in IPv4 and IPv6, and carries nothing on', async () => {
    expect(await scan(outsider, GATE.outside)).toEqual(['22', '80']);
    await switched('', LISTENS);
    expect(await scan(outsider, GATE.outside, 65_535)).toEqual(['80']);
    expect(await scan(inner, GATE.rack)).toEqual(['22']);
    await outsider.succeed(`ping -c 1 -W 2 ${GATE.outside}; ping -c 1 -W 2 fd00:51::1`);
    await outsider.succeed(get('http://[fd00:51::1]/'));
    await outsider.fail('nc -z -w 2 fd00:51::1 22');
    await gate.succeed('sysctl -q -w net.ipv4.ip_forward=1');
    await outsider.fail(get(`http://${INNER}/`));
    await gate.succeed(get(`http://${OUTSIDER}/`));
    await gate.succeed('sysctl -q -w net.ipv4.ip_forward=0');
  });

  test('carries on what it is told to, under its own address, and sends a port on', async () => {
    await switched(`
      forward: { out: { from: ['rack'], to: ['outside'], sources: ['10.42.0.0/24'], masquerade: true } },
      forwardPorts: { 'the page of inner': { from: ['outside'], sourcePort: 8080, destination: '${INNER}', destinationPort: 80 } },`);
    await outsider.succeed(': >/var/log/nginx/access.log');
    await inner.succeed(get(`http://${OUTSIDER}/`));
    expect(await outsider.succeed('cut -d " " -f 1 /var/log/nginx/access.log')).toBe(GATE.outside);
    await outsider.succeed(get(`http://${GATE.outside}:8080/`));
    expect(await inner.succeed('tail -n 1 /var/log/nginx/access.log')).toContain(OUTSIDER);
    await outsider.fail(get(`http://${INNER}/`));
    // A sender that is answered elsewhere is not believed.
    await outsider.succeed('ip address add 10.42.0.99/32 dev lo');
    await outsider.fail(`ping -c 1 -W 1 -I 10.42.0.99 ${GATE.outside}`);
  });

  test('is replaced at once while a connection lives, and taken back the same way', async () => {
    await switched('', LISTENS);
    await outsider.succeed(`systemd-run --quiet --collect bash -c 'exec 3<>/dev/tcp/${GATE.outside}/80
      until [ -e /run/ask ]; do sleep 0.1; done; printf "GET / HTTP/1.0\\r\\n\\r\\n" >&3; cat <&3 >/run/answer'
    systemd-run --quiet --unit=loop bash -c 'until [ -e /run/ask ]; do
      curl -s -o /dev/null --max-time 2 http://${GATE.outside}/ && echo good || echo lost; done >/run/loop'`);
    await outsider.waitUntilSucceeds('grep -q good /run/loop');
    await switched(`allow: { dns: { from: ['rack'], protocol: 'udp', ports: [53] } }`, LISTENS);
    const listed = await gate.succeed('nft list table inet stead');
    expect(listed).toContain('udp dport 53 accept');
    await gate.succeed('stead-host rollback');
    expect(await gate.succeed('nft list table inet stead')).not.toContain('udp dport 53');
    await outsider.succeed('touch /run/ask');
    await outsider.waitUntilSucceeds('grep -q "200 OK" /run/answer');
    expect(await outsider.succeed('grep -c lost /run/loop || :')).toBe('0');
  });

  test("lives beside a container engine's rules, and opens what that publishes to nobody who is not named", async () => {
    await switched('', LISTENS);
    await gate.succeed(`sysctl -q -w net.ipv4.ip_forward=1\n${CONTAINER}`);
    const before = await others();
    await gate.waitUntilSucceeds(get('http://172.17.0.2/'));
    await outsider.fail(get(`http://${GATE.outside}:8081/`));
    await switched('', `ports({ listen: { 'the container': { port: 8081, openTo: ['outside'] } } }),`);
    expect(await outsider.waitUntilSucceeds(get(`http://${GATE.outside}:8081/`), 10)).toBe(
      'in the container',
    );
    await gate.succeed(`ip netns exec container ${get(`http://${OUTSIDER}/`)}`);
    expect(await others()).toBe(before);
    await gate.succeed('systemctl stop firewall');
    await gate.fail('nft list table inet stead');
    expect(await others()).toBe(before);
    await gate.succeed('systemctl start firewall; nft delete table ip nat; nft delete table ip filter');
  });

  test('refuses rules that nftables does not take, before anything is changed', async () => {
    const before = await gate.succeed('readlink /var/lib/stead/current; nft list ruleset');
    write(repo, 'hosts/gate.ts', gateFile(`extraInputRules: 'tcp dport nowhere accept'`));
    const refused = await stead('switch');
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain('check nftables inet stead failed with code 1');
    expect(refused.stderr).toContain('tcp dport nowhere accept');
    expect(await gate.succeed('readlink /var/lib/stead/current; nft list ruleset')).toBe(before);
  });

  test('a zero-inbound fleet refuses an open port: it does not evaluate, and no host hears of it', async () => {
    write(repo, 'hosts/gate.ts', gateFile('zeroInbound: true', LISTENS));
    const refused = await stead('switch');
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toContain(
      'tcp port 80 (nginx) is open from the zone outside of gate, and zeroInbound lets nothing in from there',
    );
    expect(refused.stderr).toMatch(/hosts\/gate\.ts:\d+.*\n(.*\n)*.*openTo: \['outside'\]/);
    expect(refused.stderr).toContain('zeroInbound: true');
    await switched('zeroInbound: true');
    expect(await scan(outsider, GATE.outside)).toEqual([]);
  });

  test('takes back rules that lock the deployer out, and needs the watchdog for any', async () => {
    await switched('', LISTENS);
    const before = await gate.succeed('nft list table inet stead');
    write(
      repo,
      'hosts/gate.ts',
      gateFile(`extraInputRules: '# none'`)
        .replace("['eth1']", "['eth0']")
        .replace("interfaces: ['eth0'], allowed", "interfaces: ['eth1'], allowed"),
    );
    const unwatched = await stead('switch', '--no-watchdog');
    expect(unwatched).toMatchObject({ code: 1 });
    expect(unwatched.stderr).toContain('/etc/stead/firewall.nft');
    expect(await stead('switch')).toMatchObject({ code: 4 });
    expect(await gate.succeed('nft list table inet stead')).toBe(before);
  });

  test('stands before the network does after a reboot, and leaves nothing behind when it leaves', async () => {
    await gate.reboot();
    expect(await scan(outsider, GATE.outside)).not.toContain('22');
    expect(await gate.succeed('systemctl show --value -p Before firewall')).toContain('network-pre.target');
    write(
      repo,
      'hosts/gate.ts',
      `import { host, target } from 'stead';
export default host('gate', { use: [target({ ssh: { address: '${GATE.rack}' } })] });
`,
    );
    expect(await stead('switch')).toMatchObject({ code: 0 });
    expect(await gate.succeed('nft list ruleset')).toBe('');
    expect(await scan(outsider, GATE.outside)).toEqual(['22']);
  });
});
