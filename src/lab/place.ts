// Where a lab keeps what it owns. Everything bears the lab's id, so that it can be taken down by that alone.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SteadError } from '../options/error.ts';

export interface LabPlace {
  /** Short, for names of namespaces and groups: `[a-z0-9]+`. */
  readonly id: string;
  /** Disks, keys and logs of the lab. */
  readonly folder: string;
  /** The machine's control group that holds those of the hosts. */
  readonly group: string;
  /** The network namespace with the switches, which is the operator's machine, too. */
  readonly operator: string;
}

/** The folder that keeps base images between runs, and the labs that are up. */
export function cacheFolder(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  return environment['STEAD_LAB_CACHE'] ?? '/var/cache/stead-lab';
}

export function placeOf(cache: string, id: string): LabPlace {
  if (!/^[a-z0-9]{1,20}$/.test(id)) {
    throw new SteadError({
      code: 'lab.id',
      message: `a lab is named with up to 20 of a to z and 0 to 9, got "${id}"`,
    });
  }
  return {
    id,
    folder: join(cache, 'labs', id),
    group: join(controlGroups(), `stead-lab-${id}`),
    operator: `stead-lab-${id}-op`,
  };
}

/** A host's network namespace. */
export function namespaceOf(place: LabPlace, host: string): string {
  return `stead-lab-${place.id}-host-${host}`;
}

/** The name of a device, of which Linux takes 15 characters: the same for the same words. */
export function deviceName(prefix: string, ...words: readonly string[]): string {
  return `${prefix}${createHash('sha256').update(words.join('/')).digest('hex').slice(0, 10)}`;
}

/** Where this machine has its control groups of version 2, alone or beside those of version 1. */
function controlGroups(): string {
  const found = controlGroupsOf(readFileSync('/proc/self/mountinfo', 'utf8'));
  if (found !== undefined) return found;
  throw new SteadError({
    code: 'lab.machine',
    message: 'this machine has no control groups of version 2 mounted',
    hint: 'Mount them: mount -t cgroup2 none /sys/fs/cgroup/unified',
  });
}

/** The first mount point of cgroup2 in the text of /proc/PID/mountinfo (proc(5)). */
export function controlGroupsOf(mountinfo: string): string | undefined {
  const line = mountinfo.split('\n').find((one) => / - cgroup2 /.test(one));
  return line?.split(' ')[4];
}
