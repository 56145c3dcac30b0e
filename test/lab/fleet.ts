// Small fleets in a lab: of one host, for tests that are about what happens to a host; of three, for what happens to a
// fleet.
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

export const TRIO_NAMES = ['alpha', 'beta', 'gamma'] as const;

/** A lab with the three hosts. */
export const TRIO: Topology = {
  networks: { lan: '10.42.0.254/24' },
  hosts: Object.fromEntries(
    TRIO_NAMES.map((name) => [
      name,
      { interfaces: { eth0: { network: 'lan', address: `${trioAddress(name)}/24` } } },
    ]),
  ),
};

/** The text of the file of one of three hosts, whose /etc/motd says `text`; its watchdog has little patience. */
export function trioFile(name: (typeof TRIO_NAMES)[number], text: string, more = ''): string {
  return `import { activation, checks, files, host, systemd, target } from 'stead';
export default host('${name}', { tags: ['trio'], use: [
  target({ ssh: { address: '${trioAddress(name)}' } }),
  activation({ confirmSeconds: 10 }),
  files({ etc: { motd: '${text}\\n' } }),
  ${more}
] });
`;
}

function trioAddress(name: (typeof TRIO_NAMES)[number]): string {
  return `10.42.0.${TRIO_NAMES.indexOf(name) + 1}`;
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
