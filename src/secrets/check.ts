// Whether every secret is encrypted for exactly those who use it: told from the headers, without any private key.
import { didYouMean, nearest, SteadError } from '../options/index.ts';
import { fingerprint, headerOf, isFor, listed, recipientCount, type AgeHeader } from './age-file.ts';
import type { SecretStore } from './store.ts';
import type { FleetSecrets, Recipient } from './uses.ts';

/** What is found of one secret. */
export interface SecretState {
  readonly name: string;
  /** Hosts that use it. */
  readonly hosts: readonly string[];
  /** `unused`: no host declares it. `unreadable`: it is no age file. */
  readonly state: 'sound' | 'unused' | 'missing' | 'unreadable' | 'recipients';
  /** Names of those who should be able to read it and are not. */
  readonly lacking: readonly string[];
  /** How many can read it who should not; with names where they are known. */
  readonly tooMany: number;
}

/** Looks at every secret that is in the repository, or that a host declares. */
export async function checkSecrets(store: SecretStore, fleet: FleetSecrets): Promise<readonly SecretState[]> {
  const names = [...new Set([...store.names(), ...fleet.uses.keys()])].sort();
  return Promise.all(names.map((name) => secretState(store, fleet, name)));
}

/** One secret of the repository against its uses. */
export async function secretState(
  store: SecretStore,
  { uses, administrators }: FleetSecrets,
  name: string,
): Promise<SecretState> {
  const use = uses.get(name);
  const hosts = use?.hosts ?? [];
  const found = { name, hosts, lacking: [], tooMany: 0 };
  const file = store.read(name);
  if (file === undefined) return { ...found, state: 'missing' };
  const header = await headerOf(file);
  if (header === undefined) return { ...found, state: 'unreadable' };
  const wanted = use?.recipients ?? administrators;
  const lacking = wanted.filter(({ key }) => isFor(header, key) === false).map((one) => one.name);
  const tooMany = surplus(header, wanted, lacking.length);
  const differs = lacking.length > 0 || tooMany !== 0;
  const state = use === undefined ? 'unused' : differs ? 'recipients' : 'sound';
  return { ...found, state, lacking, tooMany: Math.max(tooMany, 0) };
}

/** Of files that stead did not write, keys that are no SSH keys can be counted, but not told apart. */
function surplus(header: AgeHeader, wanted: readonly Recipient[], lacking: number): number {
  const list = listed(header);
  if (list === undefined) return recipientCount(header) - (wanted.length - lacking);
  const expected = new Set(wanted.map(({ key }) => fingerprint(key)));
  const unlisted = recipientCount(header) - list.size;
  return [...list].filter((one) => !expected.has(one)).length + unlisted;
}

/**
 * What keeps a host from having its secrets, found without any private key: a ciphertext that is missing, that is none, or
 * that is not for this host. @param key the host's; undefined for a host that decrypts nothing
 */
export async function hostProblems(
  store: SecretStore,
  host: string,
  key: string | undefined,
  names: readonly string[],
  placesOf: (name: string) => SteadError['places'],
): Promise<readonly SteadError[]> {
  const problems = await Promise.all(names.map((name) => problemOf(store, host, key, name)));
  return problems.flatMap((problem, index) =>
    problem === undefined
      ? []
      : [
          new SteadError({
            ...problem,
            host,
            option: `secrets.files.${names[index]!}`,
            places: placesOf(names[index]!),
          }),
        ],
  );
}

interface Problem {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

async function problemOf(
  store: SecretStore,
  host: string,
  key: string | undefined,
  name: string,
): Promise<Problem | undefined> {
  const path = store.shownPath(name);
  const file = store.read(name);
  if (file === undefined) {
    const near = nearest(name, store.names());
    return {
      code: 'secrets.missing',
      message: `there is no secret ${name}: ${path} does not exist`,
      hint: didYouMean(near) ?? `Make it: stead secrets set ${name}`,
    };
  }
  const header = await headerOf(file);
  if (header === undefined) {
    return {
      code: 'secrets.plaintext',
      message: `${path} is not encrypted, or its header is damaged`,
      hint: `If it is a plaintext, encrypt it with \`stead secrets set ${name}\`, and change what it says: a commit may have it.`,
    };
  }
  if (key === undefined || isFor(header, key) !== false) return undefined;
  return {
    code: 'secrets.recipient',
    message: `the secret ${name} is not encrypted for ${host}, which uses it`,
    hint: `Encrypt it again for all who use it: stead secrets rekey ${name}`,
  };
}
