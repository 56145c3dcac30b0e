// A rotation under way: what it replaces and its new keys, in out/rotation/ until hosts have the ones or the others.
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../bundle/atomic.ts';
import { SteadError } from '../options/error.ts';
import { rotationFolder, secretsFolder, secretStore, type SecretStore } from './store.ts';

const recordSchema = z.object({
  folder: z.string(),
  began: z.iso.datetime(),
  hosts: z.array(z.string()),
});

/** What gets new keys: a folder of secrets, and the hosts that they are of any concern to. */
export type Rotation = Readonly<z.output<typeof recordSchema>>;

/** A rotation that has begun and not ended. */
export interface OpenRotation extends Rotation {
  /** Which keys the repository has: those of before, the new ones, or neither whole. */
  readonly keys: 'before' | 'new' | 'mixed';
}

/** The one rotation that a repository can be in. */
export interface RotationFiles {
  /** Where new keys are made, before any is in the repository. */
  readonly made: SecretStore;
  /** Forgets what was made for a rotation that never began. */
  clear(): void;
  /** Keeps what the repository has of the secrets that were made, says so on disk, and then has the new keys there. */
  begin(rotation: Rotation): void;
  /** Has the keys of before in the repository again. */
  takeBack(): void;
  /** Hosts and repository have the same keys. */
  end(): void;
  open(): OpenRotation | undefined;
}

export function rotationFiles(repository: string): RotationFiles {
  const folder = rotationFolder(repository);
  const record = join(folder, 'rotation.json');
  const [before, after, secrets] = [join(folder, 'before'), join(folder, 'new'), secretsFolder(repository)];
  const clear = (): void => {
    rmSync(record, { force: true });
    rmSync(folder, { recursive: true, force: true });
  };
  return {
    made: secretStore(repository, after),
    clear,
    begin: (rotation) => {
      copyFiles(filesIn(after), secrets, before);
      writeFileAtomic(record, `${JSON.stringify(rotation)}\n`);
      copyFiles(filesIn(after), after, secrets);
    },
    takeBack: () => {
      copyFiles(filesIn(before), before, secrets);
      clear();
    },
    end: clear,
    open: () => {
      const rotation = readRecord(record);
      if (rotation === undefined) return undefined;
      const keys = isIn(before, secrets) ? 'before' : isIn(after, secrets) ? 'new' : 'mixed';
      return { ...rotation, keys };
    },
  };
}

/** What to do about a rotation that was cut off. */
export function cutOff({ folder, began, hosts, keys }: OpenRotation): SteadError {
  const all = `stead switch --atomic ${hosts.join(' ')}`;
  const back = `cp -R out/rotation/before/. hosts/secrets/ && ${all}`;
  return new SteadError({
    code: 'secrets.cut-off',
    message: `the rotation of ${folder}/ that began ${began} has not come to its end: hosts/secrets has ${keys === 'new' ? '' : 'some of '}its new keys, and ${hosts.join(', ')} may not`,
    hint:
      keys === 'new'
        ? `Unless it is still under way, finish it: ${all}. Or take it back: ${back}`
        : `Unless it is still under way, take it back: ${back}`,
  });
}

function readRecord(path: string): Rotation | undefined {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Paths of files below a folder, relative to it. */
function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

function copyFiles(paths: readonly string[], from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const path of paths) writeFileAtomic(join(to, path), readFileSync(join(from, path)));
}

/** Whether all files of one folder are in another as they are. */
function isIn(folder: string, other: string): boolean {
  return filesIn(folder).every((path) => {
    try {
      return readFileSync(join(other, path)).equals(readFileSync(join(folder, path)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  });
}
