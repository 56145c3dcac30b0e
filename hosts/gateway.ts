// A Raspberry Pi between the rack and the mesh: routes, answers names for both, serves pages, and switches the fleet
// every night.
import { host, readSource, secretPath, secrets, users } from 'stead';
import { aptUpgrade } from 'stead/modules/aptUpgrade';
import { dnsmasq } from 'stead/modules/dnsmasq';
import { firewall } from 'stead/modules/firewall';
import { reconcile } from 'stead/modules/reconcile';
import { wireguard } from 'stead/modules/wireguard';
import { raspberryPi } from './profiles/hardware.ts';
import { hostKeys } from './profiles/hostKeys.ts';
import { mesh } from './profiles/mesh.ts';
import { rackHost } from './profiles/rack.ts';
import { web } from './profiles/web.ts';

export default host('gateway', {
  tags: ['rack', 'mesh', 'arm64'],
  use: [
    mesh,
    rackHost('10.42.0.1', hostKeys.gateway),
    raspberryPi,
    secrets({
      files: { 'wireguard/gateway': {}, runner: { owner: 'runner' }, console: { neededFor: 'users' } },
    }),
    // At its keyboard, on the day that the network is what is broken; sshd takes keys alone.
    users({ users: { root: { hashedPasswordFile: secretPath('console') } } }),
    wireguard({
      role: 'gateway',
      address: '10.9.9.2',
      publicKey: readSource('./secrets/wireguard/gateway.pub').text.trim(),
      privateKeyFile: secretPath('wireguard/gateway'),
      subnets: ['10.42.0.0/24'],
    }),
    firewall({
      forward: {
        'from the mesh to the rack': { from: ['mesh'], to: ['rack'] },
        'from the rack to everybody': { from: ['rack'], to: ['rack', 'mesh'] },
      },
    }),
    dnsmasq({
      interfaces: ['eth0', 'wg0'],
      openTo: ['rack', 'mesh'],
      domain: 'wildelab.com',
      publish: ['rack', 'mesh'],
      // Where the world finds the hub, whoever asks.
      records: { 'vpn.wildelab.com': '198.51.100.10' },
      upstreams: ['9.9.9.9', '1.1.1.1'],
      dhcp: { ranges: { guests: { first: '10.42.0.100', last: '10.42.0.199' } } },
    }),
    web,
    reconcile({ repository: 'git@git.wildelab.com:wildelab/rack.git', calendar: '*-*-* 03:30:00' }),
    aptUpgrade({}),
  ],
});
