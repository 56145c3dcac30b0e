// Private keys of whoever runs stead: age identities, and SSH Ed25519 keys, whose passphrase is asked for when it is needed.
import { createPrivateKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Identity } from 'age-encryption';
import { SteadError } from '../options/error.ts';
import { sshIdentity, sshTag, wireKey } from './ssh-ed25519.ts';

/** Something that may decrypt a file. */
export type AnyIdentity = string | Identity;

/** Where identities are looked for. */
export interface IdentityPlaces {
  /** Files that were named; with any, no others are tried. */
  readonly files: readonly string[];
  readonly homeDirectory: string;
  /** Asks a person for a passphrase; undefined where nobody can be asked. */
  readonly ask?: (question: string) => Promise<string>;
}

/** Tried where nothing is named: those of age, of sops, and of ssh. */
const CUSTOMARY = ['.config/age/keys.txt', '.config/sops/age/keys.txt', '.ssh/id_ed25519'];

/** The files that identities are read from here. */
export function identityFiles({ files, homeDirectory }: IdentityPlaces): readonly string[] {
  if (files.length > 0) return files;
  return CUSTOMARY.map((name) => join(homeDirectory, name)).filter((path) => existsSync(path));
}

/** @throws SteadError `secrets.identity` for a file that holds none, or where there is no file at all */
export function identities(places: IdentityPlaces): readonly AnyIdentity[] {
  const files = identityFiles(places);
  if (files.length === 0) {
    throw new SteadError({
      code: 'secrets.identity',
      message: 'there is no private key here to decrypt secrets with',
      hint: `Name one with --identity FILE, or have one of ~/${CUSTOMARY.join(', ~/')}.`,
    });
  }
  return files.flatMap((file) => identitiesIn(file, places.ask));
}

function identitiesIn(file: string, ask: IdentityPlaces['ask']): readonly AnyIdentity[] {
  const text = read(file);
  if (text.includes('-----BEGIN OPENSSH PRIVATE KEY-----')) return [sshFile(file, text, ask)];
  const keys = text.split(/\s+/).filter((word) => word.startsWith('AGE-SECRET-KEY-'));
  if (keys.length > 0) return keys;
  throw unusable(file, 'it holds neither an age identity nor an SSH private key');
}

/** The key is decrypted for a file that is encrypted for it, and not before. */
function sshFile(file: string, text: string, ask: IdentityPlaces['ask']): Identity {
  let known: Promise<Identity> | undefined;
  return {
    async unwrapFileKey(stanzas) {
      if (!mayFit(file, stanzas)) return null;
      known ??= sshKey(file, text, ask);
      return (await known).unwrapFileKey(stanzas);
    },
  };
}

/** Its public half beside it tells; without one it has to be tried. */
function mayFit(file: string, stanzas: Parameters<Identity['unwrapFileKey']>[0]): boolean {
  const theirs = stanzas.filter(({ args }) => args[0] === 'ssh-ed25519').map(({ args }) => args[1]);
  if (theirs.length === 0 || !existsSync(`${file}.pub`)) return theirs.length > 0;
  return theirs.includes(sshTag(wireKey(read(`${file}.pub`))));
}

async function sshKey(file: string, text: string, ask: IdentityPlaces['ask']): Promise<Identity> {
  const { default: ssh } = await import('ssh2');
  let key = ssh.utils.parseKey(text);
  if (key instanceof Error && /no passphrase/.test(key.message)) {
    if (ask === undefined) throw unusable(file, 'it has a passphrase, and nobody can be asked for it here');
    key = ssh.utils.parseKey(text, await ask(`Passphrase of ${file}: `));
  }
  if (key instanceof Error)
    throw unusable(file, key.message.replace(/^.*bad passphrase.*$/, 'the passphrase is wrong'));
  if (key.type !== 'ssh-ed25519') throw unusable(file, `age takes no SSH key of the type ${key.type} here`);
  const jwk = createPrivateKey(key.getPrivatePEM()).export({ format: 'jwk' });
  return sshIdentity(key.getPublicSSH(), Buffer.from(jwk.d!, 'base64url'));
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw unusable(file, (cause as Error).message, cause);
  }
}

function unusable(file: string, problem: string, cause?: unknown): SteadError {
  return new SteadError({
    code: 'secrets.identity',
    message: `${file} cannot be used to decrypt secrets: ${problem}`,
    hint: 'An identity is what age-keygen writes, or an SSH key of the type ssh-ed25519.',
    cause,
  });
}
