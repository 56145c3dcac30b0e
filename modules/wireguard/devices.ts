// Configurations of roaming devices, for their owners to take over by QR code or file.
import { prefixLength, readSource, template, type FleetView, type HostView } from 'stead';
import { dnsmasq } from '../dnsmasq/options.ts';
import { endpointText, networksOfMesh } from './mesh.ts';
import { wireguard } from './options.ts';

const deviceTemplate = readSource('./device.conf.hbs');

/** What a device of `hub` is to be set to, with words in place of its keys (wg-quick(8)). */
export function deviceConf(hub: HostView, fleet: FleetView, name: string): string {
  const { roaming, publicKey, endpoint = '', port, network } = hub.get(wireguard);
  const device = roaming[name]!;
  const allowedIPs = device.tunnel === 'full' ? ['0.0.0.0/0', '::/0'] : networksOfMesh(hub, fleet);
  return template(deviceTemplate, {
    name,
    address: `${device.address}/${prefixLength(network)}`,
    dns: (device.dns ?? nameServers(hub)).join(', ') || null,
    hubKey: publicKey,
    shared: device.presharedKeyFile !== undefined,
    allowedIPs: allowedIPs.join(', '),
    endpoint: endpointText({ host: endpoint, port }),
    keepalive: device.keepalive > 0 ? device.keepalive : null,
  });
}

/** The hub's DNS server and its domain, where it answers the mesh on the port that devices ask. */
function nameServers(hub: HostView): string[] {
  if (!hub.uses(dnsmasq)) return [];
  const { interfaces, listenAddresses, port, domain } = hub.get(dnsmasq);
  const { interface: mesh, address } = hub.get(wireguard);
  const answers = interfaces.includes(mesh) || listenAddresses.includes(address);
  return answers && port === 53 ? [address, domain] : [];
}
