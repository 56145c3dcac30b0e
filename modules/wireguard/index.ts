// A WireGuard mesh: one hub, gateways that announce subnets, spokes, roaming devices. Nobody types a peer list.
import {
  checks,
  fallback,
  files,
  packages,
  prefixLength,
  readSource,
  rollout,
  sysctl,
  systemd,
  template,
  waitCommand,
  type FleetView,
  type HostView,
} from 'stead';
import { network } from '../network/index.ts';
import { ports } from '../ports/index.ts';
import { consistency } from './consistency.ts';
import { deviceConf } from './devices.ts';
import { endpointText, hubs, isNamed, peers, type Peer } from './mesh.ts';
import { wireguard, wireguardDevices } from './options.ts';

export { wireguard, wireguardDevices } from './options.ts';

const interfaceConf = readSource('./interface.conf.hbs');
const program = readSource('./wireguard.sh');
const PROGRAM = '/usr/local/lib/stead/wireguard';

wireguardDevices.implement({ *config() {} });

wireguard.implement({
  defines: [checks, files, network, packages, ports, rollout, sysctl, systemd, wireguardDevices],
  *config(self, { host, fleet }) {
    const path = `/etc/wireguard/${self.interface}`;
    yield* consistency(host, fleet);
    yield network({ addresses: { mesh: self.address } });
    yield packages({ install: ['wireguard-tools', 'iproute2', 'iputils-ping'] });
    yield files({
      etc: {
        wireguard: { kind: 'directory', mode: '0700' },
        [`wireguard/${self.interface}.conf`]: { mode: '0600', text: () => conf(host, fleet) },
        [`wireguard/${self.interface}.interface`]: { mode: '0600', text: () => startText(host, fleet) },
        [`wireguard/${self.interface}.sources`]: { mode: '0600', text: () => sourcesText(host, fleet) },
      },
      paths: { [PROGRAM]: { mode: '0755', text: program.text } },
    });
    yield systemd({
      units: {
        [`wg-quick@${self.interface}.service`]: {
          // Debian's own reload forgets keys that are set from files.
          dropIns: { stead: { Service: { ExecReload: ['', `${PROGRAM} reload %i`] } } },
          wantedBy: ['multi-user.target'],
          readBy: [`${path}.interface`, { reload: `${path}.conf` }, { reload: `${path}.sources` }],
        },
      },
    });
    yield checks({
      preflight: { [`wireguard ${self.interface}`]: [PROGRAM, 'check', self.interface] },
      health: {
        [`wireguard ${self.interface}`]: {
          command: waitCommand({
            kind: 'address',
            interface: self.interface,
            address: self.address,
            tries: 5,
          }),
          tries: 1,
        },
      },
    });
    for (const hub of self.role === 'hub' ? [] : hubs(host, fleet)) {
      const { publicKey, address, endpoint, port } = hub.get(wireguard);
      yield checks({
        // No reason to go back: the hub itself may be down, or be switched after this host.
        manual: {
          [`wireguard ${self.interface} to ${hub.name}`]: {
            command: [PROGRAM, 'handshake', self.interface, publicKey, address],
            instruction: `${hub.name} does not answer: look whether it runs, has ${host.name} among its peers, and is reached on UDP port ${port} of ${endpoint}`,
          },
        },
      });
    }
    if (self.role !== 'spoke') {
      yield rollout({ stage: fallback(self.role === 'hub' ? 20 : 10) });
      yield sysctl({ settings: { 'net.ipv4.ip_forward': 1 } });
    }
    if (listens(host)) {
      const { port, openTo } = self;
      yield ports({ listen: { [`wireguard ${self.interface}`]: { port, protocol: 'udp', openTo } } });
    }
    if (self.endpointRefreshSeconds > 0 && peers(host, fleet).some(isLookedUp)) {
      yield systemd({ units: reconnecting(self.interface, self.endpointRefreshSeconds) });
    }
    for (const [name, { publicKey, presharedKeyFile }] of Object.entries(self.roaming)) {
      yield wireguardDevices({
        devices: {
          [name]: {
            publicKey,
            shared: presharedKeyFile !== undefined,
            conf: () => deviceConf(host, fleet, name),
          },
        },
      });
    }
  },
});

function listens(host: HostView): boolean {
  const { role, endpoint } = host.get(wireguard);
  return role === 'hub' || endpoint !== undefined;
}

function isLookedUp({ endpoint }: Peer): boolean {
  return endpoint !== undefined && isNamed(endpoint);
}

function conf(host: HostView, fleet: FleetView): string {
  return template(interfaceConf, {
    host: host.name,
    settings: interfaceSettings(host).map(([key, value]) => ({ key, value })),
    peers: peers(host, fleet).map((peer) => {
      const { name, publicKey, allowedIPs, endpoint, keepalive } = peer;
      const text = endpoint === undefined ? null : endpointText(endpoint);
      return {
        name,
        publicKey,
        allowedIPs: allowedIPs.join(', '),
        endpoint: isLookedUp(peer) ? null : text,
        named: isLookedUp(peer) ? text : null,
        keepalive: keepalive > 0 ? keepalive : null,
      };
    }),
  });
}

/** What only a new start of the interface takes in; the rest a reload does, and tunnels go on. */
function startText(host: HostView, fleet: FleetView): string {
  const defaults = peers(host, fleet).flatMap(({ allowedIPs }) =>
    allowedIPs.filter((one) => one.endsWith('/0')),
  );
  return [
    `# A change of these starts ${host.get(wireguard).interface} anew.`,
    ...interfaceSettings(host).map(([key, value]) => `${key} = ${value}`),
    ...defaults.map((one) => `Default route: ${one}`),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

/** Where the keys are, and names that are to be resolved: what wireguard.sh reads. */
function sourcesText(host: HostView, fleet: FleetView): string {
  const { privateKeyFile, publicKey } = host.get(wireguard);
  const rows = peers(host, fleet).flatMap((peer) => [
    ...(peer.presharedKeyFile === undefined
      ? []
      : [['preshared-key', peer.presharedKeyFile, peer.publicKey]]),
    ...(peer.endpoint !== undefined && isNamed(peer.endpoint)
      ? [['endpoint', endpointText(peer.endpoint), peer.publicKey]]
      : []),
  ]);
  return [['private-key', privateKeyFile, publicKey], ...rows].map((row) => `${row.join('\t')}\n`).join('');
}

/** Settings of `[Interface]`, in the order of wg-quick(8). */
function interfaceSettings(host: HostView): (readonly [key: string, value: string | number])[] {
  const self = host.get(wireguard);
  return [
    ['Address', `${self.address}/${prefixLength(self.network)}`],
    ...(listens(host) ? [['ListenPort', self.port] as const] : []),
    ...(self.mtu === undefined ? [] : [['MTU', self.mtu] as const]),
    ...(self.table === 'auto' ? [] : [['Table', self.table] as const]),
    ...(self.fwMark === undefined ? [] : [['FwMark', self.fwMark] as const]),
    ...repeated('PreUp', self.preUp),
    ['PostUp', `${PROGRAM} up %i`],
    ...repeated('PostUp', self.postUp),
    ...repeated('PreDown', self.preDown),
    ...repeated('PostDown', self.postDown),
    ...Object.entries(self.settings).flatMap(([key, value]) =>
      repeated(key, Array.isArray(value) ? value : [value]),
    ),
  ];
}

function repeated<T>(key: string, values: readonly T[]): (readonly [string, T])[] {
  return values.map((value) => [key, value] as const);
}

/** Names are resolved again where a peer is silent: at boot before there is a network, or when its address has changed. */
function reconnecting(name: string, everySeconds: number) {
  const unit = `wireguard-reconnect-${name}`;
  return {
    [`${unit}.service`]: {
      sections: {
        Unit: {
          Description: `Resolve the endpoints of silent peers of ${name} again`,
          After: `wg-quick@${name}.service`,
          ConditionPathExists: `/sys/class/net/${name}`,
        },
        Service: {
          Type: 'oneshot',
          ExecStart: `${PROGRAM} reconnect ${name}`,
          // Every half a minute is too often to be told of.
          SyslogLevel: 'warning',
          LogLevelMax: 'warning',
        },
      },
    },
    [`${unit}.timer`]: {
      sections: {
        Unit: { Description: `Look for silent peers of ${name}` },
        Timer: { OnActiveSec: everySeconds, OnUnitActiveSec: everySeconds, AccuracySec: 1 },
      },
      wantedBy: ['timers.target'],
    },
  };
}
