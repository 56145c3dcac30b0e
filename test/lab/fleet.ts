// A fleet of one host in a lab, for tests that are about what happens to a host.
import { repository } from '../cli/stead.ts';
import type { Topology } from '../../src/lab/index.ts';

export const BOX_ADDRESS = '10.42.0.1';

/** A lab with the one host `box`. */
export const BOX: Topology = {
  networks: { lan: '10.42.0.254/24' },
  hosts: { box: { interfaces: { eth0: { network: 'lan', address: `${BOX_ADDRESS}/24` } } } },
};

/** The text of `hosts/box.ts` with these definitions. */
export function boxFile(use: string): string {
  return `import { activation, checks, files, host, packages, sysctl, systemd, target, users } from 'stead';
export default host('box', { use: [target({ ssh: { address: '${BOX_ADDRESS}' } }), ${use}] });
`;
}

/** A repository with the one host. */
export function boxFleet(use: string): string {
  return repository({ 'hosts/box.ts': boxFile(use) });
}
