// The end of labs: the one who made a lab may die at any moment, and still nothing of it stays behind.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { SteadError } from '../options/error.ts';
import { placeOf, type LabPlace } from './place.ts';
import { program } from './process.ts';

const SCRIPT = join(import.meta.dirname, 'teardown.sh');

/** Takes a lab down at the latest when this process ends, in whatever way. */
export interface Watch {
  /** Takes the lab down now. @throws SteadError `lab.teardown` where something of it stays behind */
  end(): Promise<void>;
  /** Leaves the lab up when this process ends. */
  keep(): Promise<void>;
}

export function watchOver(place: LabPlace): Watch {
  const child = execa('sh', [SCRIPT, 'watch', place.id, place.folder, place.group], {
    detached: true,
    cleanup: false,
    reject: false,
    stdin: 'pipe',
    stdout: 'ignore',
  });
  writeFileSync(ownerOf(place), String(child.pid));
  const finish = async (word: string): Promise<void> => {
    child.stdin.end(word);
    const { exitCode, stderr } = await child;
    if (exitCode === 0) return;
    throw new SteadError({
      code: 'lab.teardown',
      message: `the lab ${place.id} could not be taken down: ${stderr}`,
      hint: 'The next lab that is started tries again.',
    });
  };
  return {
    end: () => finish(''),
    keep: async () => {
      writeFileSync(ownerOf(place), 'kept');
      await finish('keep\n');
    },
  };
}

export async function takeDown(place: LabPlace): Promise<void> {
  await program(['sh', SCRIPT, 'now', place.id, place.folder, place.group]);
}

/** Takes down the labs whose makers and watches both are gone, as after a crash of the machine. */
export async function sweep(cache: string): Promise<void> {
  for (const id of labIds(cache)) {
    const place = placeOf(cache, id);
    if (!isOwned(place)) await takeDown(place);
  }
}

/** The labs that there are. */
export function labIds(cache: string): string[] {
  const folder = join(cache, 'labs');
  return existsSync(folder) ? readdirSync(folder) : [];
}

function isOwned(place: LabPlace): boolean {
  if (!existsSync(ownerOf(place))) return false;
  const owner = readFileSync(ownerOf(place), 'utf8');
  if (owner === 'kept') return true;
  const command = join('/proc', owner, 'cmdline');
  return existsSync(command) && readFileSync(command, 'utf8').includes(place.id);
}

function ownerOf(place: LabPlace): string {
  return join(place.folder, 'owner');
}
