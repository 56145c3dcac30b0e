// A lab that stays up between commands.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { sshConfigOf } from './identity.ts';
import { fillArchive } from './archive.ts';
import { archiveOf, leaderOf } from './machine.ts';
import { cacheFolder, placeOf } from './place.ts';
import { takeDown } from './teardown.ts';

export interface KeptLab {
  readonly sshConfig: string;
  readonly hosts: readonly { readonly name: string; readonly isOn: boolean }[];
}

/** The lab of that id, where it is up. */
export function keptLab(id: string): KeptLab | undefined {
  const place = placeOf(cacheFolder(), id);
  const folder = join(place.folder, 'hosts');
  if (!existsSync(folder)) return undefined;
  const hosts = readdirSync(folder).sort();
  return {
    sshConfig: sshConfigOf(place),
    hosts: hosts.map((name) => ({ name, isOn: leaderOf(place, name) !== undefined })),
  };
}

/** Changes what a host of a lab that is up may install. @throws SteadError `lab.packages` */
export async function offerPackages(
  id: string,
  host: string,
  names: readonly string[],
  note: (text: string) => void,
): Promise<void> {
  const cache = cacheFolder();
  const folder = archiveOf(placeOf(cache, id), host);
  await fillArchive({ cache, suite: 'bookworm', names, folder, note });
}

/** Takes down the lab of that id. @throws SteadError `lab.program` where something of it stays behind */
export async function takeDownKept(id: string): Promise<void> {
  await takeDown(placeOf(cacheFolder(), id));
}
