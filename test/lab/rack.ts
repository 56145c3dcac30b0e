// The rack of hosts/ where it would stand: at home behind a router that hides it, a VPS with a public address, a laptop
// elsewhere, and an internet between them, with a registrar and an ACME server.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildHosts, evaluateRepository, provenance } from '../../src/deploy/index.ts';
import type { HostSpec, Topology } from '../../src/lab/index.ts';
import { edit, run, workedFleet, write } from '../cli/stead.ts';
import { ADDRESSES, beRegistrar, makeRecords } from './acme.ts';
import type { Host, TestLab } from './driver.ts';
import { hostKeyOf, runSecrets } from './secrets.ts';
import { STEAD_FILES } from './stead-on-host.ts';

/** A name that is none of the fleet's; at an address that no name server takes for one of a private network. */
export const OUTSIDE = { name: 'out.example.org', address: '93.184.216.34' };
export const VPS = ADDRESSES.vps;
/** Where the gateway pulls the fleet from. */
export const ORIGIN = '/srv/rack.git';

const PROVIDER = ADDRESSES.registrar;
const RESOLVER = '9.9.9.9';

/** They say that they listen, and do not. */
const SERVERS_OF_MODELS = `import { ports } from 'stead/modules/ports';
const listening = [ports({ listen: { 'llama-server': { port: 8080, openTo: ['rack'] } } })];
export const largeModels = listening;
export const smallModels = listening;
`;

const path = workedFleet();
fitToLab();
const packages = await packagesOf(path);

const atHome = (name: string, address: string, gateway: string): HostSpec => ({
  interfaces: { eth0: { network: 'rack', address: `${address}/24`, gateway } },
  nameservers: [RESOLVER],
  packages: packages[name]!,
});

/** The hosts of the fleet, by name. */
const FLEET: Topology['hosts'] = {
  vps: {
    interfaces: { eth0: { network: 'internet', address: `${VPS}/24`, gateway: PROVIDER } },
    nameservers: [RESOLVER],
    // What stands for acme-dns needs some more.
    packages: [...packages['vps']!, 'knot', 'python3'],
  },
  gateway: {
    ...atHome('gateway', '10.42.0.1', '10.42.0.2'),
    packages: [...packages['gateway']!, 'logrotate'],
  },
  framework: atHome('framework', '10.42.0.10', '10.42.0.1'),
  jetson: atHome('jetson', '10.42.0.20', '10.42.0.1'),
  'pi5-0': atHome('pi5-0', '10.42.0.50', '10.42.0.1'),
  'pi5-1': atHome('pi5-1', '10.42.0.51', '10.42.0.1'),
  'pi5-2': atHome('pi5-2', '10.42.0.52', '10.42.0.1'),
  'pi5-3': atHome('pi5-3', '10.42.0.53', '10.42.0.1'),
};

export const FLEET_HOSTS = Object.keys(FLEET).sort();

export const RACK: Topology = {
  networks: { internet: '198.51.100.254/24', cafe: '203.0.113.254/24', rack: '10.42.0.254/24' },
  names: { 'pebble.test': PROVIDER },
  hosts: {
    ...FLEET,
    // Answers names, issues certificates, and carries packets from one of its networks to the other.
    provider: {
      interfaces: {
        eth0: { network: 'internet', address: `${PROVIDER}/24` },
        eth1: { network: 'cafe', address: '203.0.113.1/24' },
      },
      packages: ['bind9', 'pebble', 'openssl'],
    },
    // Lets the home out under its own address, and nobody in.
    router: {
      interfaces: {
        wan0: { network: 'internet', address: '198.51.100.2/24', gateway: PROVIDER },
        lan0: { network: 'rack', address: '10.42.0.2/24' },
      },
    },
    laptop: {
      interfaces: { eth0: { network: 'cafe', address: '203.0.113.50/24', gateway: '203.0.113.1' } },
      nameservers: [RESOLVER],
    },
  },
};

/** What no lab has is left out, such as images of containers; what is somebody else's is the lab's own. */
function fitToLab(): void {
  for (const [name, text] of Object.entries(STEAD_FILES)) write(path, name, text);
  edit(path, 'hosts/gateway.ts', 'import { host,', 'import { disable, force, host,');
  edit(
    path,
    'hosts/gateway.ts',
    'import { wireguard }',
    "import { openWebui } from 'stead/modules/openWebui';\nimport { wireguard }",
  );
  edit(path, 'hosts/gateway.ts', '    web,\n', '    web,\n    disable(openWebui),\n');
  // The kernel is not the host's own here.
  write(path, 'hosts/profiles/hardware.ts', 'export const hardware = [];\nexport const raspberryPi = [];\n');
  // Nor are there a way to a hub of models, and the time to build what serves them.
  write(path, 'hosts/profiles/llm.ts', SERVERS_OF_MODELS);
  edit(path, 'hosts/gateway.ts', 'reconcile({ ', 'reconcile({ npm: force([]), jitterSeconds: 0, ');
  edit(path, 'hosts/gateway.ts', 'git@git.wildelab.com:wildelab/rack.git', ORIGIN);
  edit(
    path,
    'hosts/profiles/web.ts',
    '    acceptTerms: true,',
    "    acceptTerms: true,\n    server: 'https://pebble.test:14000/dir',\n    serverRootFile: '/root/pebble.pem',",
  );
}

/** Debian packages by host, as the bundles name them. */
async function packagesOf(repository: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const fleet = await evaluateRepository(repository, provenance(repository, 'test'));
  const built = await buildHosts(fleet, [], { all: true });
  return Object.fromEntries(
    built.map(({ host, bundle }) => [host.name, bundle.manifest.packages.map(({ name }) => name)]),
  );
}

/** Makes the internet, the router and the laptop what they are, and gives the fleet with keys of the lab. */
export async function settleRack(lab: TestLab): Promise<string> {
  const [provider, router, laptop, vps, gateway] = await Promise.all(
    ['provider', 'router', 'laptop', 'vps', 'gateway'].map(lab.host),
  );
  await Promise.all([beProvider(provider!), beRouter(router!)]);
  await Promise.all(
    [laptop!, vps!, gateway!].map((host) => host.waitUntilSucceeds('getent hosts vpn.wildelab.com')),
  );
  await gateway!.succeed(`cat >/root/pebble.pem <<'END'\n${await provider!.file('/root/ca.pem')}END`);
  await takeKeys(lab);
  await beLaptop(laptop!, publicHalf('wireguard/vps'));
  return path;
}

/** Anna is who switches here; hosts have keys of their own, and so have secrets. */
async function takeKeys(lab: TestLab): Promise<void> {
  const anna = (await lab.operator(['cat', join(lab.folder, 'id_ed25519.pub')])).stdout;
  exchange('hosts/profiles/people.ts', /(const anna =\s+)'[^']+'/, anna);
  const keys = await Promise.all(
    FLEET_HOSTS.map(async (name) => `  '${name}': '${await hostKeyOf(await lab.host(name))}',\n`),
  );
  write(path, 'hosts/profiles/hostKeys.ts', `export const hostKeys = {\n${keys.join('')}} as const;\n`);
  const laptop = await lab.host('laptop');
  const key = await laptop.succeed('umask 077 && wg genkey | tee /etc/wireguard/private.key | wg pubkey');
  exchange('hosts/vps.ts', /(laptop: .*publicKey: )'[^']+'/, key);
  for (const [name, kind] of [
    ['wireguard/vps', 'wireguard'],
    ['wireguard/gateway', 'wireguard'],
    ['runner', 'ssh'],
    ['llm/key', 'token'],
  ] as const) {
    const made = await run(['secrets', 'generate', name, '--kind', kind, '--replace', '--repo', path]);
    if (made.code !== 0) throw new Error(made.stderr);
  }
  const hash = execFileSync('openssl', ['passwd', '-6', randomBytes(18).toString('hex')]).toString();
  const identity = { file: join(lab.folder, 'id_ed25519'), publicKey: anna };
  const set = await runSecrets(path, identity, ['set', 'console'], hash);
  if (set.code !== 0) throw new Error(set.stderr);
}

function publicHalf(name: string): string {
  return readFileSync(join(path, 'hosts/secrets', `${name}.pub`), 'utf8').trim();
}

/** Puts a key in the place of one of the worked fleet's. */
function exchange(file: string, pattern: RegExp, key: string): void {
  const name = join(path, file);
  const text = readFileSync(name, 'utf8');
  if (!pattern.test(text)) throw new Error(`${file} has nothing like ${pattern}`);
  writeFileSync(name, text.replace(pattern, `$1'${key.trim()}'`));
}

async function beProvider(host: Host): Promise<void> {
  await host.succeed(
    `sysctl -q -w net.ipv4.ip_forward=1
ip address add ${RESOLVER}/32 dev lo
ip address add 1.1.1.1/32 dev lo
export DEBIAN_FRONTEND=noninteractive
apt-get -q update && apt-get -q -y --no-install-recommends install bind9 pebble openssl`,
    300,
  );
  await beRegistrar(host);
  await host.succeed(
    `echo 'out A ${OUTSIDE.address}' >>/var/lib/bind/example.org && systemctl restart named`,
  );
  await makeRecords(host, [`vpn.wildelab.com. A ${VPS}`]);
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
