// The folder of secrets in a repository: ciphertexts, and public halves of key pairs.
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { writeFileAtomic } from '../bundle/atomic.ts';
import { compareBytes } from '../bundle/order.ts';
import { SECRET_NAME } from '../bundle/secret-path.ts';
import { SteadError } from '../options/error.ts';

/** The secrets of a repository. */
export interface SecretStore {
  readonly folder: string;
  /** Names of all that are there. */
  names(): readonly string[];
  /** The file that a secret has, or would have, as people know it: `hosts/secrets/NAME.age`. */
  shownPath(name: string): string;
  /** A ciphertext; undefined where there is none. */
  read(name: string): Uint8Array | undefined;
  write(name: string, ciphertext: string): void;
  /** The public half of a key pair; undefined where it has none. */
  publicHalf(name: string): string | undefined;
  writePublicHalf(name: string, text: string): void;
}

/** Where secrets are in a repository. */
export function secretsFolder(repository: string): string {
  return join(repository, 'hosts', 'secrets');
}

/** Where a rotation of keys is, for as long as it is under way. */
export function rotationFolder(repository: string): string {
  return join(repository, 'out', 'rotation');
}

/** @param folder where its files are */
export function secretStore(repository: string, folder = secretsFolder(repository)): SecretStore {
  const pathOf = (name: string, suffix: string): string => {
    if (SECRET_NAME.test(name)) return join(folder, `${name}.${suffix}`);
    throw new SteadError({
      code: 'secrets.name',
      message: `${JSON.stringify(name)} is no name of a secret`,
      hint: 'Names are letters, digits, "-", "_" and ".", with "/" between folders: wireguard/gateway.',
    });
  };
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileAtomic(path, text);
  };
  return {
    folder,
    names: () => agesIn(folder).map((path) => relative(folder, path).slice(0, -'.age'.length)),
    shownPath: (name) => relative(repository, pathOf(name, 'age')),
    read: (name) => present(() => readFileSync(pathOf(name, 'age'))),
    write: (name, ciphertext) => write(pathOf(name, 'age'), ciphertext),
    publicHalf: (name) => present(() => readFileSync(pathOf(name, 'pub'), 'utf8')),
    writePublicHalf: (name, text) => write(pathOf(name, 'pub'), text),
  };
}

function agesIn(folder: string): string[] {
  const entries = present(() => readdirSync(folder, { withFileTypes: true, recursive: true })) ?? [];
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.age'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort(compareBytes);
}

function present<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
