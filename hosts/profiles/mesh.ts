// The WireGuard mesh that ties the rack to the VPS and to roaming devices.
import { firewall } from 'stead/modules/firewall';
import { ssh } from 'stead/modules/ssh';
import { wireguard } from 'stead/modules/wireguard';

export const mesh = [
  wireguard({ network: '10.9.9.0/24' }),
  firewall({ zones: { mesh: { interfaces: ['wg0'] } } }),
  ssh({ openTo: ['mesh'] }),
];
