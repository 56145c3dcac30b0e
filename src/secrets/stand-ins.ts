// Other contents in the place of secrets, for hosts that a fleet is tried out on: nobody's real keys are needed there.
import { encrypted, headerOf, isFor } from './age-file.ts';
import { generated, type SecretKind } from './generate.ts';
import { hashOfNothing } from './password-hash.ts';
import type { SecretStore } from './store.ts';
import type { SecretUse } from './uses.ts';

/**
 * Writes a stand-in of the same kind for every secret that one of these hosts uses. One that is there already stays, so
 * that nothing restarts for it.
 * @param real where public halves tell what is a key of which kind
 * @param keys host keys by host
 */
export async function writeStandIns(
  real: SecretStore,
  into: SecretStore,
  uses: Iterable<SecretUse>,
  keys: ReadonlyMap<string, string>,
): Promise<void> {
  for (const { name, hosts, recipients: usual, isHash } of uses) {
    const own = hosts.flatMap((host) => keys.get(host) ?? []);
    // For the hosts as the fleet knows them as well: a build looks for those.
    const recipients = [...own, ...usual.map(({ key }) => key)];
    if (own.length === 0 || (await isThere(into, name, recipients))) continue;
    const { secret, publicHalf } = isHash
      ? { secret: hashOfNothing() }
      : await generated(kindOf(real.publicHalf(name)), name);
    if (publicHalf !== undefined) into.writePublicHalf(name, publicHalf);
    into.write(name, await encrypted(Buffer.from(secret), recipients));
  }
}

async function isThere(store: SecretStore, name: string, recipients: readonly string[]): Promise<boolean> {
  const file = store.read(name);
  const header = file === undefined ? undefined : await headerOf(file);
  return header !== undefined && recipients.every((one) => isFor(header, one) === true);
}

/** A preshared key is a password like any other, and one that WireGuard takes. */
function kindOf(publicHalf: string | undefined): SecretKind {
  if (publicHalf === undefined) return 'preshared';
  return publicHalf.startsWith('ssh-') ? 'ssh' : 'wireguard';
}
