// What a command costs a deployer and all hosts together, in seconds of their processors.
// Each machine of a lab is a control group; the deployer gets one, too. A group's cpu.stat counts all that its
// processes have used, those that are gone included, so that nothing has to be added up or missed.
import { execa } from 'execa';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cacheFolder, placeOf, type LabPlace } from '../../../src/lab/place.ts';
import type { Order } from './peer.ts';

export interface Cost {
  readonly deployer: number;
  readonly hosts: number;
  readonly wall: number;
}

/** Until what a command leaves behind on both sides has ended: sessions, connections that are kept for a moment. */
const SETTLE_MS = 3000;

export class Meter {
  readonly #place: LabPlace;
  readonly #hosts: readonly string[];

  constructor(id: string, hosts: readonly string[]) {
    this.#place = placeOf(cacheFolder(), id);
    this.#hosts = hosts;
    mkdirSync(join(this.#place.group, DEPLOYER), { recursive: true });
  }

  /** Runs a command on the deployer, in the lab's networks. Fails where the command does. */
  async cost({ argv, environment = {} }: Order): Promise<Cost> {
    const enter = ['-c', 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"', 'sh', this.#group(DEPLOYER)];
    const inside = ['nsenter', `--net=/run/netns/${this.#place.operator}`, '--', ...argv];
    const before = this.#used();
    const start = performance.now();
    const { exitCode, all } = await execa('sh', [...enter, ...inside], {
      reject: false,
      all: true,
      stdin: 'ignore',
      env: environment,
    });
    const wall = (performance.now() - start) / 1000;
    if (exitCode !== 0) throw new Error(`${argv.join(' ')} ended with ${exitCode}:\n${all}`);
    await sleep(SETTLE_MS);
    const after = this.#used();
    return { deployer: after.deployer - before.deployer, hosts: after.hosts - before.hosts, wall };
  }

  #used(): Omit<Cost, 'wall'> {
    const hosts = this.#hosts.reduce((sum, name) => sum + secondsOf(this.#group(name)), 0);
    return { deployer: secondsOf(this.#group(DEPLOYER)), hosts };
  }

  #group(name: string): string {
    return join(this.#place.group, name);
  }
}

/** No name of a host: it has a letter that these do not. */
const DEPLOYER = 'Deployer';

/** cgroup-v2(7), cpu.stat: microseconds of user and system time. */
function secondsOf(group: string): number {
  return Number(/^usage_usec (\d+)$/m.exec(readFileSync(join(group, 'cpu.stat'), 'utf8'))![1]) / 1e6;
}
