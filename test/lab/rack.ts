// The rack of hosts/ where it would stand: at home behind a router that hides it, a VPS with a public address, a laptop
// elsewhere, and an internet between them.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostSpec, Topology } from '../../src/lab/index.ts';
import { workedFleet } from '../cli/stead.ts';
import type { Host, TestLab } from './driver.ts';

/** What is answered for names that are none of the fleet's. */
export const OUTSIDE = { name: 'www.example.org', address: '93.184.216.34' };
export const VPS = '198.51.100.10';

const RESOLVER = '9.9.9.9';

const atHome = (address: string, gateway: string): HostSpec => ({
  interfaces: { eth0: { network: 'rack', address: `${address}/24`, gateway } },
  nameservers: [RESOLVER],
});

/** The hosts of the fleet, by name. */
const FLEET: Topology['hosts'] = {
  vps: {
    interfaces: { eth0: { network: 'internet', address: `${VPS}/24`, gateway: '198.51.100.1' } },
    nameservers: [RESOLVER],
  },
  gateway: atHome('10.42.0.1', '10.42.0.2'),
  framework: atHome('10.42.0.10', '10.42.0.1'),
  jetson: atHome('10.42.0.20', '10.42.0.1'),
  'pi5-0': atHome('10.42.0.50', '10.42.0.1'),
  'pi5-1': atHome('10.42.0.51', '10.42.0.1'),
  'pi5-2': atHome('10.42.0.52', '10.42.0.1'),
  'pi5-3': atHome('10.42.0.53', '10.42.0.1'),
};

export const FLEET_HOSTS = Object.keys(FLEET).sort();

export const RACK: Topology = {
  networks: { internet: '198.51.100.254/24', cafe: '203.0.113.254/24', rack: '10.42.0.254/24' },
  hosts: {
    ...FLEET,
    // Answers names, and carries packets from one of its networks to the other.
    provider: {
      interfaces: {
        eth0: { network: 'internet', address: '198.51.100.1/24' },
        eth1: { network: 'cafe', address: '203.0.113.1/24' },
      },
    },
    // Lets the home out under its own address, and nobody in.
    router: {
      interfaces: {
        wan0: { network: 'internet', address: '198.51.100.2/24', gateway: '198.51.100.1' },
        lan0: { network: 'rack', address: '10.42.0.2/24' },
      },
    },
    laptop: {
      interfaces: { eth0: { network: 'cafe', address: '203.0.113.50/24', gateway: '203.0.113.1' } },
      nameservers: [RESOLVER],
    },
  },
};

/** Makes the internet, the router and the laptop what they are, and gives the fleet with keys that it has. */
export async function settleRack(lab: TestLab): Promise<string> {
  const [provider, router, laptop, vps, gateway] = await Promise.all(
    ['provider', 'router', 'laptop', 'vps', 'gateway'].map(lab.host),
  );
  await Promise.all([beProvider(provider!), beRouter(router!)]);
  await Promise.all(
    [laptop!, vps!, gateway!].map((host) => host.waitUntilSucceeds('getent hosts vpn.wildelab.com')),
  );
  const keys = await Promise.all([vps!, gateway!, laptop!].map(makeKey));
  await beLaptop(laptop!, keys[0]!);
  return fleetWithKeys({ vps: keys[0]!, gateway: keys[1]!, laptop: keys[2]! });
}

async function beProvider(host: Host): Promise<void> {
  await host.succeed(`sysctl -q -w net.ipv4.ip_forward=1
ip address add ${RESOLVER}/32 dev lo
ip address add 1.1.1.1/32 dev lo
cat >/etc/dnsmasq.d/internet.conf <<END
no-resolv
no-hosts
address=/vpn.wildelab.com/${VPS}
address=/${OUTSIDE.name}/${OUTSIDE.address}
END
systemctl restart dnsmasq`);
}

async function beRouter(host: Host): Promise<void> {
  await host.succeed(`sysctl -q -w net.ipv4.ip_forward=1
nft -f - <<END
table ip home {
  chain out { type nat hook postrouting priority srcnat; oifname wan0 masquerade; }
  chain in { type filter hook forward priority filter; ct state established,related accept; iifname wan0 drop; }
}
END`);
}

/** A key where modules/wireguard looks for it; gives its public half. */
function makeKey(host: Host): Promise<string> {
  return host.succeed(
    'umask 077 && mkdir -p /etc/wireguard && wg genkey | tee /etc/wireguard/private.key | wg pubkey',
  );
}

/** What a person types into their laptop once. */
async function beLaptop(host: Host, hub: string): Promise<void> {
  await host.succeed(`cat >/etc/wireguard/wg0.conf <<END
[Interface]
Address = 10.9.9.10/24
PostUp = wg set %i private-key /etc/wireguard/private.key
[Peer]
PublicKey = ${hub}
Endpoint = vpn.wildelab.com:51820
AllowedIPs = 10.9.9.0/24, 10.42.0.0/24
PersistentKeepalive = 5
END`);
}

/** A copy of the worked fleet whose public keys are those of the lab. */
function fleetWithKeys(keys: Readonly<Record<'vps' | 'gateway' | 'laptop', string>>): string {
  const path = workedFleet();
  const replace = (file: string, pattern: RegExp, key: string): void => {
    const name = join(path, file);
    const text = readFileSync(name, 'utf8');
    if (!pattern.test(text)) throw new Error(`${file} has nothing like ${pattern}`);
    writeFileSync(name, text.replace(pattern, `$1'${key}'`));
  };
  replace('hosts/vps.ts', /(\n {6}publicKey: )'[^']+'/, keys.vps);
  replace('hosts/vps.ts', /(laptop: .*publicKey: )'[^']+'/, keys.laptop);
  replace('hosts/gateway.ts', /(publicKey: )'[^']+'/, keys.gateway);
  return path;
}
