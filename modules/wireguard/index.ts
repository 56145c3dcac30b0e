// A WireGuard mesh: one hub, gateways that announce subnets, spokes, roaming devices. Nobody types a peer list.
import {
  assert,
  checks,
  fallback,
  files,
  insideNetwork,
  networksOverlap,
  packages,
  prefixLength,
  readSource,
  rollout,
  sysctl,
  systemd,
  template,
  type Contribution,
  type FleetView,
  type HostView,
} from 'stead';
import { network } from '../network/index.ts';
import { hubs, members, peers } from './mesh.ts';
import { wireguard } from './options.ts';

export { wireguard } from './options.ts';

const interfaceConf = readSource('./interface.conf.hbs');

wireguard.implement({
  defines: [checks, files, network, packages, rollout, sysctl, systemd],
  *config(self, { host, fleet }) {
    const path = `/etc/wireguard/${self.interface}.conf`;
    yield* consistency(host, fleet);
    yield network({ addresses: { mesh: self.address } });
    yield packages({ install: ['wireguard-tools'] });
    yield files({
      etc: {
        wireguard: { kind: 'directory', mode: '0700' },
        [`wireguard/${self.interface}.conf`]: { mode: '0600', text: () => conf(host, fleet) },
      },
    });
    yield systemd({
      units: { [`wg-quick@${self.interface}.service`]: { wantedBy: ['multi-user.target'], readBy: [path] } },
    });
    yield checks({ preflight: { [`wireguard ${self.interface}`]: ['wg-quick', 'strip', path] } });
    if (self.role !== 'spoke') {
      yield rollout({ stage: fallback(self.role === 'hub' ? 20 : 10) });
      yield sysctl({ settings: { 'net.ipv4.ip_forward': 1 } });
    }
  },
});

function conf(host: HostView, fleet: FleetView): string {
  const self = host.get(wireguard);
  return template(interfaceConf, {
    host: host.name,
    address: `${self.address}/${prefixLength(self.network)}`,
    listenPort: self.role === 'hub' ? self.port : null,
    privateKeyFile: self.privateKeyFile,
    peers: peers(host, fleet).map((peer) => ({
      endpoint: null,
      keepalive: null,
      ...peer,
      allowedIPs: peer.allowedIPs.join(', '),
    })),
  });
}

/** What has to hold for the mesh to work; each pair of hosts is looked at once. */
function* consistency(host: HostView, fleet: FleetView): Generator<Contribution> {
  const self = host.get(wireguard);
  const meshHubs = hubs(host, fleet);
  yield assert(
    meshHubs.length === 1,
    `the mesh ${self.network} needs exactly one hub and has ${meshHubs.length}`,
    ...(meshHubs.length > 0 ? meshHubs : [host]).map((hub) => [hub, wireguard, 'role'] as const),
  );
  yield assert(
    insideNetwork(self.address, self.network),
    `${self.address} is not inside the mesh ${self.network}`,
    [wireguard, 'address'],
  );
  if (self.role === 'hub') {
    yield assert(
      self.endpoint !== undefined,
      'a hub needs an `endpoint`: the public name or address that the others connect to',
      [wireguard, 'role'],
    );
  }
  for (const other of members(host, fleet).filter((one) => one.name > host.name)) {
    yield assert(
      other.get(wireguard).address !== self.address,
      `${host.name} and ${other.name} have the same address in the mesh, ${self.address}`,
      [wireguard, 'address'],
      [other, wireguard, 'address'],
    );
    for (const subnet of self.subnets) {
      const overlap = other.get(wireguard).subnets.find((theirs) => networksOverlap(subnet, theirs));
      yield assert(
        overlap === undefined,
        `${host.name} announces ${subnet} and ${other.name} ${overlap}, which overlap`,
        [wireguard, 'subnets'],
        [other, wireguard, 'subnets'],
      );
    }
  }
  for (const subnet of self.subnets) {
    yield assert(
      !networksOverlap(subnet, self.network),
      `the announced subnet ${subnet} overlaps the mesh ${self.network} itself`,
      [wireguard, 'subnets'],
    );
  }
  yield assert(
    self.role === 'gateway' || self.subnets.length === 0,
    `only a gateway announces subnets, and ${host.name} is a ${self.role}`,
    [wireguard, 'subnets'],
    [wireguard, 'role'],
  );
  for (const [name, device] of Object.entries(self.roaming)) {
    yield assert(
      insideNetwork(device.address, self.network),
      `the device ${name} has the address ${device.address}, which is not inside the mesh ${self.network}`,
      [wireguard, 'roaming', name, 'address'],
    );
    const twin = members(host, fleet).find((other) => other.get(wireguard).address === device.address);
    yield assert(
      twin === undefined,
      `the device ${name} and ${twin?.name} have the same address in the mesh, ${device.address}`,
      [wireguard, 'roaming', name, 'address'],
      ...(twin === undefined ? [] : [[twin, wireguard, 'address'] as const]),
    );
    const same = Object.entries(self.roaming).find(
      ([other, one]) => other > name && one.address === device.address,
    );
    yield assert(
      same === undefined,
      `the devices ${name} and ${same?.[0]} have the same address in the mesh, ${device.address}`,
      [wireguard, 'roaming', name, 'address'],
      [wireguard, 'roaming', same?.[0] ?? name, 'address'],
    );
  }
}
