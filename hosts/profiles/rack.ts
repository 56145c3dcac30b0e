// What is true of every machine in the rack at home.
import { packages, target } from 'stead';
import { network } from 'stead/modules/network';

/** A machine at `address` on the rack's network, reached directly from the gateway's side. */
export const rackHost = (address: string) => [
  network({ addresses: { rack: address } }),
  target({ ssh: { address, user: 'root' } }),
  packages({ install: ['ca-certificates', 'http-client'] }),
];
