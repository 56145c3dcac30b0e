// One host of a lab: its power switch, its cables, its disk, and a way to run programs in it.

import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SteadError } from '../options/error.ts';
import { ARCHIVE, fillArchive } from './archive.ts';
import { attachDisk, cutOff, detachDisk, fillDisk, makeDisk, unfillDisk, type Disk } from './disk.ts';
import { makeIdentity } from './identity.ts';
import { applyLink, makeLinks, operatorCommand, PLUGGED, removeLinks, type LinkState } from './network.ts';
import { namespaceOf, type LabPlace } from './place.ts';
import { attempt } from './process.ts';
import { addressOf, type HostSpec, type Topology } from './topology.ts';
import { until } from './until.ts';

/** How a command in a host ended. */
export interface CommandEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class LabMachine {
  readonly name: string;
  readonly spec: HostSpec;
  readonly #place: LabPlace;
  readonly #disk: Disk;
  readonly #links = new Map<string, LinkState>();

  /** Use `makeMachine`. */
  constructor(place: LabPlace, name: string, spec: HostSpec, disk: Disk) {
    this.name = name;
    this.spec = spec;
    this.#place = place;
    this.#disk = disk;
  }

  /** Where the host's `/` is on this machine. */
  get root(): string {
    return this.#disk.root;
  }

  get isOn(): boolean {
    return this.#leader() !== undefined;
  }

  /** Switches the power on and waits until the host has started all that it starts, and its SSH server answers. */
  async boot(): Promise<void> {
    if (this.isOn) return;
    await attachDisk(this.#disk);
    await makeLinks(this.#place, this.name, this.spec);
    for (const [device, state] of this.#links) await applyLink(this.#place, this.name, device, state);
    await this.#untilUp(this.#powerOn());
  }

  /** An orderly power-off. */
  async stop(): Promise<void> {
    const leader = this.#leader();
    if (leader === undefined) return;
    // systemd(1), signals: SIGRTMIN+4 is poweroff.target.
    process.kill(leader, 38);
    await until(`${this.name} is off`, 120, () => !this.isOn);
    await this.kill();
  }

  /** Ends every process of the host at once. What was written is kept, synced or not. */
  async kill(): Promise<void> {
    const group = this.#group;
    if (existsSync(group)) {
      await attempt(['sh', '-c', 'echo 1 >"$1/cgroup.kill"', 'sh', group]);
      await until(`${this.name}'s processes are gone`, 20, () =>
        readFileSync(join(group, 'cgroup.events'), 'utf8').includes('populated 0'),
      );
      await attempt(['find', group, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', '+']);
    }
    rmSync(join(this.#folder, 'pid'), { force: true });
    await detachDisk(this.#disk);
    await removeLinks(this.#place, this.name);
  }

  /** A power cut: as `kill`, and what was not synced is lost. */
  async crash(): Promise<void> {
    await cutOff(this.#disk);
    await this.kill();
  }

  /** Changes what is done to the frames of an interface; it stays so over boots. */
  async setLink(device: string, change: Partial<LinkState>): Promise<void> {
    if (!(device in this.spec.interfaces)) {
      throw new SteadError({ code: 'lab.interface', message: `${this.name} has no interface ${device}` });
    }
    const state = { ...(this.#links.get(device) ?? PLUGGED), ...change };
    this.#links.set(device, state);
    if (this.isOn) await applyLink(this.#place, this.name, device, state);
  }

  fill(what: 'bytes' | 'inodes'): Promise<void> {
    return fillDisk(this.#disk, what);
  }

  unfill(): void {
    unfillDisk(this.#disk);
  }

  /** Runs a command line of bash as root in the host, ended after some seconds with exit code 124. */
  async run(command: string, timeoutSeconds = 60): Promise<CommandEnd> {
    const leader = this.#leader();
    if (leader === undefined) {
      throw new SteadError({
        code: 'lab.off',
        message: `${this.name} is switched off`,
        hint: 'Boot it first.',
      });
    }
    // Commands belong to the host's control group, so that its power switch reaches them.
    const group = join(this.#group, 'driver');
    mkdirSync(group, { recursive: true });
    const join_ = ['sh', '-c', 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"', 'sh', group];
    const enter = ['nsenter', '-t', String(leader), '-m', '-p', '-u', '-i', '-n', '-C', '--'];
    const clean = ['env', '-i', `PATH=${PATH}`, 'HOME=/root', 'LANG=C.UTF-8', 'USER=root'];
    const limit = ['timeout', '--kill-after=5', String(timeoutSeconds)];
    return attempt([...join_, ...enter, ...clean, ...limit, 'bash', '-c', `set -euo pipefail\n${command}`]);
  }

  get #group(): string {
    return join(this.#place.group, this.name);
  }

  get #folder(): string {
    return folderOf(this.#place, this.name);
  }

  #leader(): number | undefined {
    return leaderOf(this.#place, this.name);
  }

  #powerOn(): ChildProcess {
    const group = this.#group;
    mkdirSync(group, { recursive: true });
    const log = openSync(join(this.#folder, 'console.log'), 'a');
    const enter = 'echo $$ >"$1/cgroup.procs" && echo $$ >"$2/pid" && shift 2 && exec "$@"';
    const child = spawn('sh', ['-c', enter, 'sh', group, this.#folder, ...this.#nspawn()], {
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...process.env, ...NSPAWN_ENVIRONMENT },
    });
    child.unref();
    closeSync(log);
    return child;
  }

  /** Each flag is there since something fails without it. */
  #nspawn(): string[] {
    return [
      'systemd-nspawn',
      '--quiet',
      '--boot',
      `--machine=${this.name}`,
      `--directory=${this.#disk.root}`,
      // The machine may run no systemd that could register it, or give it a unit.
      '--register=no',
      '--keep-unit',
      '--link-journal=no',
      '--console=pipe',
      // Name servers and time zone are the host's own matter.
      '--resolv-conf=off',
      '--timezone=off',
      `--network-namespace-path=/run/netns/${namespaceOf(this.#place, this.name)}`,
      // Taken away with a namespace that is given; without it the host configures no interface.
      '--capability=CAP_NET_ADMIN',
      // A host must not reach through to the machine: its clock, its kernel, its disks.
      '--drop-capability=CAP_MKNOD,CAP_SYS_TIME,CAP_SYS_MODULE,CAP_SYS_RAWIO',
      ...(this.spec.packages === undefined
        ? []
        : [`--bind-ro=${archiveOf(this.#place, this.name)}:${ARCHIVE.folder}`]),
    ];
  }

  async #untilUp(supervisor: ChildProcess): Promise<void> {
    const seconds = 120;
    try {
      await until(`${this.name} has its first process`, seconds, () => {
        if (supervisor.exitCode === null) return this.isOn;
        throw new SteadError({
          code: 'lab.boot',
          message: `systemd-nspawn ended with ${supervisor.exitCode}`,
        });
      });
      const address = addressOf(this.spec);
      if (address !== undefined) {
        const ask = `for i in $(seq 1 ${seconds * 20}); do nc -w 2 "$1" 22 </dev/null 2>/dev/null | grep -q ^SSH && exit; sleep 0.05; done; exit 1`;
        const { code } = await attempt(operatorCommand(this.#place, ['bash', '-c', ask, 'bash', address]));
        if (code !== 0)
          throw new SteadError({ code: 'lab.timeout', message: `its SSH server does not answer` });
      }
      await this.run('systemctl is-system-running --wait || :', seconds);
    } catch (cause) {
      throw new SteadError({
        code: 'lab.boot',
        message: `${this.name} does not boot: ${(cause as Error).message}\n${this.consoleTail()}`,
        cause,
      });
    }
  }

  /** The last lines of the host's console. */
  consoleTail(): string {
    const file = join(this.#folder, 'console.log');
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(-20).join('\n') : '';
  }
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const NSPAWN_ENVIRONMENT = {
  SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1',
  // Else /proc/sys/net is read-only, and a host cannot forward.
  SYSTEMD_NSPAWN_API_VFS_WRITABLE: 'network',
};

/** Few enough to be used up in a moment. */
const FEW_INODES = 16_384;
const MANY_INODES = 262_144;

/** Makes a host with a disk and an identity of its own; it is off. */
export async function makeMachine(
  place: LabPlace,
  cache: string,
  name: string,
  topology: Topology,
  note: (text: string) => void,
): Promise<LabMachine> {
  const spec = topology.hosts[name]!;
  const suite = spec.suite ?? 'bookworm';
  const { packages } = spec;
  if (packages !== undefined) {
    await fillArchive({ cache, suite, names: packages, folder: archiveOf(place, name), note });
  }
  const disk = await makeDisk({
    cache,
    folder: folderOf(place, name),
    kind: spec.disk ?? 'layer',
    suite,
    mebibytes: spec.diskMebibytes ?? (packages === undefined ? 1024 : 4096),
    inodes: packages === undefined ? FEW_INODES : MANY_INODES,
    note,
  });
  await attachDisk(disk);
  await makeIdentity(place, name, topology, disk.root);
  return new LabMachine(place, name, spec, disk);
}

/** A host's first process, by its number on this machine; none while it is off. */
export function leaderOf(place: LabPlace, host: string): number | undefined {
  const file = join(folderOf(place, host), 'pid');
  if (!existsSync(file)) return undefined;
  const supervisor = readFileSync(file, 'utf8').trim();
  try {
    const children = readFileSync(`/proc/${supervisor}/task/${supervisor}/children`, 'utf8');
    return Number(children.split(' ')[0]) || undefined;
  } catch {
    return undefined;
  }
}

/** The packages that a host may install. */
export function archiveOf(place: LabPlace, host: string): string {
  return join(folderOf(place, host), 'packages');
}

function folderOf(place: LabPlace, host: string): string {
  return join(place.folder, 'hosts', host);
}
