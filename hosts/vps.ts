// A VPS with a public address: the hub of the mesh, the DNS server of roaming devices, and the one name server that the
// world asks when a certificate is issued.
import { host, readSource, secretPath, secrets, target } from 'stead';
import { acmeDns } from 'stead/modules/acmeDns';
import { dnsmasq } from 'stead/modules/dnsmasq';
import { firewall } from 'stead/modules/firewall';
import { ssh } from 'stead/modules/ssh';
import { wireguard } from 'stead/modules/wireguard';
import { base } from './profiles/base.ts';
import { hostKeys } from './profiles/hostKeys.ts';
import { mesh } from './profiles/mesh.ts';

export default host('vps', {
  tags: ['mesh', 'public'],
  use: [
    ...base,
    mesh,
    secrets({ files: { 'wireguard/vps': {} } }),
    wireguard({
      role: 'hub',
      address: '10.9.9.1',
      endpoint: 'vpn.wildelab.com',
      publicKey: readSource('./secrets/wireguard/vps.pub').text.trim(),
      privateKeyFile: secretPath('wireguard/vps'),
      roaming: {
        laptop: { address: '10.9.9.10', publicKey: 'O/GPmIZFOqcSI9mTu6p0msT9d7QLC37Qy6ozGKCSvU8=' },
        phone: { address: '10.9.9.11', publicKey: 'Jht+YquLRWaa9nfnej7gAs/sbl9HianKm0NuWOl7igU=' },
        anna: { address: '10.9.9.20', publicKey: 'DEULSS7Q7HD6a9Os12+ismp4hnozU0T55LqJSS2QQUA=' },
      },
    }),
    firewall({
      zones: { outside: { interfaces: ['eth0'] } },
      forward: { 'among those of the mesh': { from: ['mesh'], to: ['mesh'] } },
    }),
    ssh({ openTo: ['outside'] }),
    dnsmasq({
      interfaces: ['wg0'],
      openTo: ['mesh'],
      domain: 'wildelab.com',
      // The gateway knows the rack; this one only passes the question on over the mesh.
      forward: { 'wildelab.com': ({ fleet }) => fleet.host('gateway').get(wireguard).address },
      upstreams: ['9.9.9.9', '1.1.1.1'],
    }),
    acmeDns({
      domain: 'acme.wildelab.com',
      address: '198.51.100.10',
      openTo: ['outside'],
      api: { ip: '10.9.9.1', openTo: ['mesh'] },
    }),
    target({ ssh: { address: 'vpn.wildelab.com', hostKeys: [hostKeys.vps] } }),
  ],
});
