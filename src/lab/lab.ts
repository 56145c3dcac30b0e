// A lab: real Debian hosts with systemd, in networks of their own, on one machine.

import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SteadError } from '../options/error.ts';
import { makeOperator, sshConfigOf } from './identity.ts';
import { withLock } from './lock.ts';
import { makeMachine, type LabMachine } from './machine.ts';
import { makeNetworks, operatorCommand } from './network.ts';
import { cacheFolder, placeOf, type LabPlace } from './place.ts';
import { attempt, program } from './process.ts';
import { labObstacle } from './requirements.ts';
import { sweep, watchOver, type Watch } from './teardown.ts';
import { checkTopology, type Topology } from './topology.ts';

export interface LabOptions {
  /** Default: a fresh one. */
  readonly id?: string;
  /** Told what takes long. */
  readonly note?: (text: string) => void;
}

export interface Lab {
  readonly id: string;
  /** An ssh_config(5) that knows the hosts by name; for `ssh -F` and `stead --ssh-config`. */
  readonly sshConfig: string;
  /** Disks, keys and consoles' logs. */
  readonly folder: string;
  /** A host, made and booted when it is asked for first. */
  host(name: string): Promise<LabMachine>;
  /** Runs a program on the operator's machine, which is in every network of the lab and in no other. */
  operator(argv: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }>;
  /** Takes all of it down. */
  down(): Promise<void>;
  /** Leaves it up when this process ends. */
  keep(): Promise<void>;
}

/**
 * Starts a lab with its networks; hosts come as they are asked for. It is taken down when this process ends, also by
 * a crash. @throws SteadError `lab.*`, such as `lab.machine` where this machine cannot run one
 */
export async function startLab(
  topology: Topology,
  { id = freshId(), note = () => {} }: LabOptions = {},
): Promise<Lab> {
  checkTopology(topology);
  const problem = labObstacle();
  if (problem !== undefined) throw problem;
  const cache = cacheFolder();
  mkdirSync(join(cache, 'labs'), { recursive: true });
  const place = placeOf(cache, id);
  const watch = await withLock(join(cache, 'labs.lock'), () => claim(cache, place));
  allowWatches();
  try {
    await shareMounts(place);
    await makeNetworks(place, topology);
    await makeOperator(place);
  } catch (error) {
    await watch.end();
    throw error;
  }
  const machines = new Map<string, Promise<LabMachine>>();
  const bring = async (name: string): Promise<LabMachine> => {
    if (topology.hosts[name] === undefined) {
      const known = Object.keys(topology.hosts).join(', ');
      throw new SteadError({ code: 'lab.host', message: `the lab has no host ${name}; it has ${known}` });
    }
    const machine = await makeMachine(place, cache, name, topology, note);
    await machine.boot();
    return machine;
  };
  return {
    id,
    sshConfig: sshConfigOf(place),
    folder: place.folder,
    host: (name) => {
      const machine = machines.get(name) ?? bring(name);
      machines.set(name, machine);
      return machine;
    },
    operator: (argv) => attempt(operatorCommand(place, argv)),
    down: () => watch.end(),
    keep: () => watch.keep(),
  };
}

/** Others sweep away what nobody watches over, so that the folder and its watch must come as one. */
async function claim(cache: string, place: LabPlace): Promise<Watch> {
  await sweep(cache);
  try {
    mkdirSync(place.folder);
  } catch (cause) {
    throw new SteadError({
      code: 'lab.taken',
      message: `a lab "${place.id}" is up already`,
      hint: 'Take it down first: stead lab down',
      cause,
    });
  }
  mkdirSync(place.group);
  return watchOver(place);
}

/**
 * Every host's mount namespace has copies of the mounts that it was made under; an unmount must reach them, or a host
 * that is on keeps the disk of one that is off.
 */
async function shareMounts({ folder }: LabPlace): Promise<void> {
  await program(['mount', '--bind', folder, folder]);
  await program(['mount', '--make-private', folder]);
  await program(['mount', '--make-shared', folder]);
}

/** Every host's systemd watches files, all as this machine's root: 128 watchers, the default, last for some 20 hosts. */
function allowWatches(): void {
  const limit = '/proc/sys/fs/inotify/max_user_instances';
  if (Number(readFileSync(limit, 'utf8')) < 1024) writeFileSync(limit, '1024\n');
}

function freshId(): string {
  return randomBytes(5).toString('hex');
}
