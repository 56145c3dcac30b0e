// A Raspberry Pi between the rack and the mesh: routes, and answers names for both.
import { host } from 'stead';
import { dnsmasq } from 'stead/modules/dnsmasq';
import { wireguard } from 'stead/modules/wireguard';
import { mesh } from './profiles/mesh.ts';
import { rackHost } from './profiles/rack.ts';

export default host('gateway', {
  tags: ['rack', 'mesh', 'arm64'],
  use: [
    mesh,
    rackHost('10.42.0.1'),
    wireguard({
      role: 'gateway',
      address: '10.9.9.2',
      publicKey: '26yV/0dhIoiBIn5kgz1VoptS1vToSUSYkLOzSLQr/3U=',
      subnets: ['10.42.0.0/24'],
    }),
    dnsmasq({
      interfaces: ['eth0', 'wg0'],
      domain: 'wildelab.com',
      publish: ['rack', 'mesh'],
      records: { 'llm.wildelab.com': '10.42.0.10' },
      upstreams: ['9.9.9.9', '1.1.1.1'],
    }),
  ],
});
