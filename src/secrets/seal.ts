// Secrets of a repository read and written as plaintext, by whoever has a key.
import { SteadError } from '../options/error.ts';
import { isPasswordHash } from './password-hash.ts';
import { decrypted, encrypted, headerOf } from './age-file.ts';
import type { AnyIdentity } from './identities.ts';
import type { SecretStore } from './store.ts';
import type { FleetSecrets, Recipient, SecretUse } from './uses.ts';

/**
 * Encrypts a secret for all who are to read it, and writes it. Gives those.
 * @throws SteadError `secrets.nobody` where the fleet names nobody; `secrets.hash` for anything but the hash of a password
 *   where that is what the secret is needed for
 */
export async function seal(
  store: SecretStore,
  fleet: FleetSecrets,
  name: string,
  plaintext: Uint8Array,
): Promise<readonly Recipient[]> {
  const recipients = recipientsOf(fleet, name);
  const use = fleet.uses.get(name);
  if (use?.isHash === true && !isPasswordHash(Buffer.from(plaintext).toString())) throw noHash(use);
  store.write(
    name,
    await encrypted(
      plaintext,
      recipients.map(({ key }) => key),
    ),
  );
  return recipients;
}

/** Says nothing of what it is, which may be a password. */
function noHash({ name, hosts }: SecretUse): SteadError {
  return new SteadError({
    code: 'secrets.hash',
    message: `${name} is needed for users of ${hosts.join(', ')}, and this is not the hash of a password, one line as crypt(5) has it; nothing was written`,
    hint: `Make one: mkpasswd --method=yescrypt | stead secrets set ${name}`,
  });
}

/** Those who use a secret; of one that no host uses yet, the fleet's administrators. @throws SteadError `secrets.nobody` */
export function recipientsOf({ uses, administrators }: FleetSecrets, name: string): readonly Recipient[] {
  const recipients = uses.get(name)?.recipients ?? administrators;
  if (recipients.length > 0) return recipients;
  throw new SteadError({
    code: 'secrets.nobody',
    message: `nobody is to be able to read ${name}: no host uses it, and the fleet names no administrator`,
    hint: "Say who you are, in what your hosts share: secrets({ administrators: { 'me@laptop': 'ssh-ed25519 AAAA…' } }).",
  });
}

/** The plaintext of a secret. @throws SteadError `secrets.missing`, `secrets.plaintext`, `secrets.locked`, `secrets.corrupt` */
export async function unseal(
  store: SecretStore,
  name: string,
  identities: readonly AnyIdentity[],
): Promise<Uint8Array> {
  const file = store.read(name);
  const path = store.shownPath(name);
  if (file === undefined) {
    throw new SteadError({
      code: 'secrets.missing',
      message: `there is no secret ${name}: ${path} does not exist`,
      hint: `Make it: stead secrets set ${name}`,
    });
  }
  if ((await headerOf(file)) === undefined) {
    throw new SteadError({
      code: 'secrets.plaintext',
      message: `${path} is not encrypted, or its header is damaged`,
      hint: 'Take the file from an earlier commit, or set the secret again.',
    });
  }
  try {
    return await decrypted(file, identities);
  } catch (cause) {
    if (cause instanceof SteadError) throw cause;
    if (/no identity matched/.test((cause as Error).message)) {
      throw new SteadError({
        code: 'secrets.locked',
        message: `${path} is not encrypted for any key that is here`,
        hint: 'Name another with --identity FILE, or have somebody who can read it run `stead secrets rekey`.',
        cause,
      });
    }
    throw new SteadError({
      code: 'secrets.corrupt',
      message: `${path} is damaged: it does not decrypt to what was encrypted`,
      hint: 'Take the file from an earlier commit, or set the secret again.',
      cause,
    });
  }
}
