// A VPS with a public address: the hub of the mesh, and the DNS server of roaming devices.
import { host, target } from 'stead';
import { dnsmasq } from 'stead/modules/dnsmasq';
import { wireguard } from 'stead/modules/wireguard';
import { mesh } from './profiles/mesh.ts';

export default host('vps', {
  tags: ['mesh', 'public'],
  use: [
    mesh,
    wireguard({
      role: 'hub',
      address: '10.9.9.1',
      endpoint: 'vpn.wildelab.com',
      publicKey: 'ZBjT+h1xrzkBl9zUCKnfpZQZM/2TNPvaCFI+F4hyUjY=',
      roaming: {
        laptop: { address: '10.9.9.10', publicKey: 'O/GPmIZFOqcSI9mTu6p0msT9d7QLC37Qy6ozGKCSvU8=' },
        phone: { address: '10.9.9.11', publicKey: 'Jht+YquLRWaa9nfnej7gAs/sbl9HianKm0NuWOl7igU=' },
        anna: { address: '10.9.9.20', publicKey: 'DEULSS7Q7HD6a9Os12+ismp4hnozU0T55LqJSS2QQUA=' },
      },
    }),
    dnsmasq({
      interfaces: ['wg0'],
      domain: 'wildelab.com',
      // The gateway knows the rack; this one only passes the question on over the mesh.
      forward: { 'wildelab.com': ({ fleet }) => fleet.host('gateway').get(wireguard).address },
      upstreams: ['9.9.9.9', '1.1.1.1'],
    }),
    target({ ssh: { address: 'vpn.wildelab.com', user: 'root' } }),
  ],
});
