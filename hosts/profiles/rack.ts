// What is true of every machine in the rack at home.
import { target } from 'stead';
import { firewall } from 'stead/modules/firewall';
import { networking } from 'stead/modules/network';
import { resolver } from 'stead/modules/resolver';
import { ssh } from 'stead/modules/ssh';
import { base } from './base.ts';
import { hardware } from './hardware.ts';

/** The gateway is everybody's way out of the rack; its own is the router of the house. */
const GATEWAY = '10.42.0.1';
const ROUTER = '10.42.0.2';

/** A machine at `address` on the rack's network, reached directly from the gateway's side, and known by `hostKey`. */
export const rackHost = (address: string, hostKey: string) => [
  ...base,
  networking({
    interfaces: {
      eth0: {
        network: 'rack',
        addresses: [`${address}/24`],
        gateways: [address === GATEWAY ? ROUTER : GATEWAY],
      },
    },
  }),
  firewall({ zones: { rack: { interfaces: ['eth0'] } } }),
  ssh({ openTo: ['rack'] }),
  // The second one is asked while the gateway is away, and knows nothing of the rack.
  resolver({ nameservers: [GATEWAY, '9.9.9.9'], search: ['wildelab.com'] }),
  ...hardware,
  target({ ssh: { address, hostKeys: [hostKey] } }),
];
