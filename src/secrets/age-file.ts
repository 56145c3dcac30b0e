// One age file: encrypted for a list of recipients, decrypted, and looked at without any key.
import { createHash } from 'node:crypto';
import { armor, Decrypter, Encrypter, Stanza, type Identity, type Recipient } from 'age-encryption';
import { SteadError } from '../options/error.ts';
import { sshRecipient, sshTag, wireKey } from './ssh-ed25519.ts';

/** Of a stanza that says whom stead encrypted for; the programs of age pass over it, as they do over any they do not know. */
const LIST = 'stead-recipients';

/** What an age file says of itself to everybody. */
export interface AgeHeader {
  readonly stanzas: readonly Stanza[];
}

/**
 * Encrypts for all of the recipients, as armored text.
 * @param recipients `age1…` or `ssh-ed25519 …`
 * @throws SteadError `secrets.recipient` for a recipient that is none
 */
export async function encrypted(plaintext: Uint8Array, recipients: readonly string[]): Promise<string> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipientOf(recipient));
  encrypter.addRecipient({
    wrapFileKey: () => [
      new Stanza([LIST], Buffer.concat(recipients.map((one) => Buffer.from(fingerprint(one), 'hex')))),
    ],
  });
  return armor.encode(await encrypter.encrypt(plaintext));
}

function recipientOf(text: string): string | Recipient {
  if (isSsh(text)) return sshRecipient(text);
  try {
    new Encrypter().addRecipient(text);
    return text;
  } catch (cause) {
    throw new SteadError({
      code: 'secrets.recipient',
      message: `${text} is not a recipient: its checksum does not hold`,
      hint: 'Copy it again: `age-keygen -y FILE` prints it.',
      cause,
    });
  }
}

/** The plaintext. @throws Error where none of the identities fits, or the file is damaged */
export async function decrypted(
  file: Uint8Array,
  identities: readonly (string | Identity)[],
): Promise<Uint8Array> {
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  return decrypter.decrypt(unarmored(file));
}

/** The header of an age file; undefined for what is none. */
export async function headerOf(file: Uint8Array): Promise<AgeHeader | undefined> {
  let found: AgeHeader | undefined;
  const decrypter = new Decrypter();
  // Whoever is asked for the key of a file is shown its stanzas.
  decrypter.addIdentity({
    unwrapFileKey(stanzas: Stanza[]) {
      found = { stanzas };
      return null;
    },
  });
  try {
    await decrypter.decryptHeader(unarmored(file));
  } catch {
    // It has no key here, which was to be expected; or it is no age file.
  }
  return found;
}

/** Whether a file is encrypted for a recipient, as far as its header tells; undefined where it does not. */
export function isFor({ stanzas }: AgeHeader, recipient: string): boolean | undefined {
  if (isSsh(recipient)) {
    const tag = sshTag(wireKey(recipient));
    return stanzas.some(({ args }) => args[0] === 'ssh-ed25519' && args[1] === tag);
  }
  return listed({ stanzas })?.has(fingerprint(recipient));
}

/** How many a file is encrypted for. */
export function recipientCount({ stanzas }: AgeHeader): number {
  return stanzas.filter(({ args }) => args[0] !== LIST && !args[0]!.endsWith('-grease')).length;
}

/** Fingerprints of those that stead encrypted it for; undefined where another program did. */
export function listed({ stanzas }: AgeHeader): ReadonlySet<string> | undefined {
  const list = stanzas.find(({ args }) => args[0] === LIST);
  if (list === undefined) return undefined;
  return new Set(Buffer.from(list.body).toString('hex').match(/.{16}/g) ?? []);
}

/** Of a recipient, without the comment of an SSH key. */
export function fingerprint(recipient: string): string {
  const bare = recipient.trim().split(' ').slice(0, 2).join(' ');
  return createHash('sha256').update(bare).digest('hex').slice(0, 16);
}

export function isSsh(recipient: string): boolean {
  return recipient.startsWith('ssh-');
}

function unarmored(file: Uint8Array): Uint8Array {
  const text = Buffer.from(file).toString('latin1');
  return /^\s*-----BEGIN AGE/.test(text) ? armor.decode(text) : file;
}
