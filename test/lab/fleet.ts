// A fleet of one host in a lab, for tests that are about what happens to a host.
import { repository, write, type Ran } from '../cli/stead.ts';
import type { Topology } from '../../src/lab/index.ts';
import type { TestLab } from './driver.ts';

export const BOX_ADDRESS = '10.42.0.1';

/** A lab with the one host `box`. */
export const BOX: Topology = {
  networks: { lan: '10.42.0.254/24' },
  hosts: { box: { interfaces: { eth0: { network: 'lan', address: `${BOX_ADDRESS}/24` } } } },
};

/** The text of `hosts/box.ts` with these definitions. */
export function boxFile(use: string): string {
  return `import { activation, checks, files, host, kernel, packages, sysctl, systemd, target, users } from 'stead';
export default host('box', { use: [target({ ssh: { address: '${BOX_ADDRESS}' } }), ${use}] });
`;
}

/** A repository with the one host. */
export function boxFleet(use: string): string {
  return repository({ 'hosts/box.ts': boxFile(use) });
}

/** A repository with the one host, whose definitions change. */
export interface Box {
  /** Builds and switches to these definitions. */
  switchTo(use: string): Promise<Ran>;
  /** Any verb for the host. */
  stead(verb: string, ...more: string[]): Promise<Ran>;
}

export function boxIn(lab: TestLab): Box {
  const path = boxFleet('');
  const stead = (verb: string, ...more: string[]): Promise<Ran> =>
    lab.stead([verb, 'box', ...more, '--repo', path]);
  return {
    stead,
    switchTo(use) {
      write(path, 'hosts/box.ts', boxFile(use));
      return stead('switch');
    },
  };
}
