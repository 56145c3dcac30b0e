// The WireGuard mesh that ties the rack to the VPS and to roaming devices.
import { wireguard } from 'stead/modules/wireguard';

export const mesh = [wireguard({ network: '10.9.9.0/24' })];
