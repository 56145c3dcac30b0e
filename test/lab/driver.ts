// Drives real hosts in tests, in the words of NixOS's test driver.
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { labObstacle, startLab, type Lab, type LabMachine, type Topology } from '../../src/lab/index.ts';
import { stead, type Ran } from '../cli/stead.ts';
import { leaks, secretsIn } from './leaks.ts';

/** A host of a lab. */
export class Host {
  readonly name: string;
  readonly #machine: LabMachine;

  constructor(machine: LabMachine) {
    this.name = machine.name;
    this.#machine = machine;
  }

  /** Runs a command line of bash as root; gives its output. Fails where the command does. */
  async succeed(command: string, timeoutSeconds?: number): Promise<string> {
    const { code, stdout, stderr } = await this.run(command, timeoutSeconds);
    if (code === 0) return stdout;
    throw new Error(`${this.name}: \`${command}\` ended with ${code}\n${stdout}\n${stderr}`);
  }

  /** Runs a command line that is to fail; gives what it says. */
  async fail(command: string, timeoutSeconds?: number): Promise<string> {
    const { code, stdout, stderr } = await this.run(command, timeoutSeconds);
    if (code !== 0) return `${stdout}${stderr}`;
    throw new Error(`${this.name}: \`${command}\` succeeded\n${stdout}`);
  }

  /** Runs a command line; how it ends is data. */
  run(command: string, timeoutSeconds?: number): ReturnType<LabMachine['run']> {
    return this.#machine.run(command, timeoutSeconds);
  }

  /** Runs a command line again and again until it succeeds. */
  async waitUntilSucceeds(command: string, seconds = 60): Promise<string> {
    const end = performance.now() + seconds * 1000;
    for (;;) {
      const { code, stdout, stderr } = await this.run(command);
      if (code === 0) return stdout;
      if (performance.now() > end) {
        throw new Error(
          `${this.name}: \`${command}\` still ends with ${code} after ${seconds} s\n${stdout}\n${stderr}`,
        );
      }
      await sleep(100);
    }
  }

  /** Until a unit is active. Fails at once where it has failed. */
  async waitForUnit(unit: string, seconds = 60): Promise<void> {
    const state = `systemctl show --value --property=ActiveState -- '${unit}'`;
    const got = await this.waitUntilSucceeds(
      `s=$(${state}); case $s in active | failed) echo "$s" ;; *) false ;; esac`,
      seconds,
    );
    if (got !== 'active') throw new Error(`${this.name}: ${unit} has failed\n${await this.journal(unit)}`);
  }

  /** Until something listens on a TCP port. */
  async waitForPort(port: number, seconds = 60): Promise<void> {
    await this.waitUntilSucceeds(`ss -Hltn 'sport = :${port}' | grep -q .`, seconds);
  }

  /** Until a process runs whose command line has such a text. */
  async waitForProcess(text: string, seconds = 60): Promise<void> {
    // Written so that the pattern does not match the line that it stands in.
    await this.waitUntilSucceeds(`pgrep -f -- '[${text[0]}]${text.slice(1)}'`, seconds);
  }

  /** The journal of this boot, of all units or of one, without its prefixes. */
  journal(unit?: string): Promise<string> {
    return this.succeed(
      `journalctl --boot --no-pager --output=cat ${unit === undefined ? '' : `--unit='${unit}'`}`,
    );
  }

  /** Copies a file or a folder of this machine to a path that is not there yet. */
  async put(source: string, path: string): Promise<void> {
    await execa('cp', ['-r', '--preserve=mode', source, join(this.#machine.root, path)]);
  }

  /** Its file system as this machine sees it, while it is on. */
  get root(): string {
    return this.#machine.root;
  }

  /** The text of a file. */
  file(path: string): Promise<string> {
    return this.succeed(`cat '${path}' && printf .`).then((text) => text.slice(0, -1));
  }

  /** The main process of a unit: another one after a restart. */
  pid(unit: string): Promise<string> {
    return this.succeed(`systemctl show --value --property=MainPID -- '${unit}'`);
  }

  get isOn(): boolean {
    return this.#machine.isOn;
  }

  /** Power on; waits until all is started. */
  boot(): Promise<void> {
    return this.#machine.boot();
  }

  /** An orderly power-off. */
  stop(): Promise<void> {
    return this.#machine.stop();
  }

  async reboot(): Promise<void> {
    await this.stop();
    await this.boot();
  }

  /** A power cut: what is not on the disk is lost. The host is off afterwards. */
  crash(): Promise<void> {
    return this.#machine.crash();
  }

  /** Every process ended at once; what was written is kept. The host is off afterwards. */
  kill(): Promise<void> {
    return this.#machine.kill();
  }

  /** Pulls the cable out of an interface. */
  unplug(device = this.#firstDevice): Promise<void> {
    return this.#machine.setLink(device, { plugged: false });
  }

  plug(device = this.#firstDevice): Promise<void> {
    return this.#machine.setLink(device, { plugged: true });
  }

  /** Slows an interface down, and has it lose frames; `{ rate: '1mbit', lossPercent: 10 }`. */
  link(
    state: { readonly rate?: string | undefined; readonly lossPercent?: number },
    device = this.#firstDevice,
  ): Promise<void> {
    return this.#machine.setLink(device, state);
  }

  /** Uses up all space of the disk, or all inodes. */
  fill(what: 'bytes' | 'inodes' = 'bytes'): Promise<void> {
    return this.#machine.fill(what);
  }

  unfill(): void {
    this.#machine.unfill();
  }

  get #firstDevice(): string {
    return Object.keys(this.#machine.spec.interfaces)[0] ?? '';
  }
}

export interface TestLab {
  host(name: string): Promise<Host>;
  /** Runs the command line of stead as the lab's operator: `stead(['switch', '--all', '--repo', path])`. */
  stead(args: readonly string[]): Promise<Ran>;
  /** The same where it must exit with 0; gives its standard output. */
  steadSucceeds(args: readonly string[]): Promise<string>;
  /** The same, under way: to be killed. The code is that of another folder where one is given. */
  startStead(args: readonly string[], folder?: string): ReturnType<typeof steadProcess>;
  /** Runs a program on the operator's machine, which has an address in every network. */
  operator(argv: readonly string[]): ReturnType<Lab['operator']>;
  readonly folder: string;
  readonly sshConfig: string;
  /** All that the command line has said so far. */
  readonly said: readonly string[];
}

/** Tests that need a lab: skipped where none can run, as vitest's setup says. */
export function describeLab(name: string, tests: () => void): void {
  describe.runIf(labObstacle() === undefined)(name, { timeout: 300_000 }, tests);
}

/** Milliseconds, for two base images to be made on a busy machine first. */
const BOOT_LIMIT = 900_000;

/** A lab for the tests of a `describe`; all of its hosts are on before the first, and gone after the last. */
export function useLab(topology: Topology): TestLab {
  let lab: Lab | undefined;
  const up = (): Lab => {
    if (lab === undefined) throw new Error('the lab is not up yet: use it in tests and in hooks of theirs');
    return lab;
  };
  const hosts = new Map<string, Host>();
  const host: TestLab['host'] = async (name) => {
    const found = hosts.get(name) ?? new Host(await up().host(name));
    hosts.set(name, found);
    return found;
  };
  const said: string[] = [];
  let since = new Date();
  // Awaited: the compiler takes two seconds over the type of the process anywhere else.
  const listen = async (running: ReturnType<typeof steadProcess>): Promise<void> => {
    const { stdout, stderr } = await running;
    said.push(stdout, stderr);
  };
  const startStead: TestLab['startStead'] = (args, folder) => {
    const running = steadProcess([...args, '--ssh-config', up().sshConfig], folder);
    void listen(running);
    return running;
  };
  beforeAll(async () => {
    since = new Date();
    lab = await startLab(topology, { note: console.log });
    await Promise.all(Object.keys(topology.hosts).map(lab.host));
  }, BOOT_LIMIT);
  afterAll(async () => {
    try {
      if (lab !== undefined) {
        const all = await Promise.all(Object.keys(topology.hosts).map(host));
        await Promise.all(all.filter(({ isOn }) => isOn).map(secretsIn));
        expect(await leaks({ folder: lab.folder, hosts: all, since, said })).toEqual([]);
      }
    } finally {
      await lab?.down();
    }
  }, 600_000);
  return {
    host,
    startStead,
    steadSucceeds: async (args) => {
      const { exitCode, stdout, stderr } = await startStead(args);
      if (exitCode === 0) return stdout;
      throw new Error(`stead ${args.join(' ')} ended with ${exitCode}\n${stdout}\n${stderr}`);
    },
    stead: async (args) => {
      const result = await startStead(args);
      return { code: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr };
    },
    operator: (argv) => up().operator(argv),
    said,
    get folder() {
      return up().folder;
    },
    get sshConfig() {
      return up().sshConfig;
    },
  };
}

function steadProcess(args: readonly string[], folder = stead) {
  return execa(process.execPath, [join(folder, 'src/cli/stead.mjs'), ...args], {
    reject: false,
    stdin: 'ignore',
  });
}
