// Switches a host of a lab to a configuration of units.
import { repository, write, type Ran } from '../cli/stead.ts';
import type { TestLab } from './driver.ts';

export type Units = Readonly<Record<string, object>>;

export interface Configuration {
  readonly units?: Units;
  /** Units of users. */
  readonly user?: Units;
  /** Files below /etc. */
  readonly etc?: Readonly<Record<string, string>>;
}

/** Gives a function that switches the host `alpha`, which is at 198.51.100.1, to a configuration. */
export function unitSwitch(lab: TestLab): (configuration: Configuration) => Promise<Ran> {
  const path = repository({});
  return async ({ units = {}, user = {}, etc = {} }) => {
    const use = `systemd(${JSON.stringify({ units, user: { units: user } })}), files(${JSON.stringify({ etc })})`;
    write(
      path,
      'hosts/alpha.ts',
      `import { files, host, systemd, target } from 'stead';
export default host('alpha', { use: [${use}, target({ ssh: { address: '198.51.100.1' } })] });
`,
    );
    return lab.stead(['switch', 'alpha', '--repo', path]);
  };
}

/** The topology of these tests. */
export const oneHost = (suite: 'bookworm' | 'trixie') => ({
  networks: { wan: '198.51.100.254/24' },
  hosts: { alpha: { suite, interfaces: { eth0: { network: 'wan', address: '198.51.100.1/24' } } } },
});

/** A service that stays up; `version` stands for its definition, and what it does is written to /run/NAME.log. */
export function service(name: string, version: string, more: object = {}, unit: object = {}): object {
  const says = (what: string): string => `/bin/sh -c "echo ${what} ${version} >>/run/${name}.log"`;
  return {
    Unit: unit,
    Service: {
      ExecStartPre: says('start'),
      ExecStart: '/bin/sleep infinity',
      ExecStop: says('stop'),
      ...more,
    },
  };
}

export const oneshot = (command: string): object => ({ Service: { Type: 'oneshot', ExecStart: command } });

/** Asked for by every start of the host. */
export const wantedBy = ['multi-user.target'];
