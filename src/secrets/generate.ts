// New secrets of the kinds that programs ask for.
import { generateKeyPairSync, randomBytes, randomInt } from 'node:crypto';

/** What can be generated. */
export const SECRET_KINDS = ['wireguard', 'preshared', 'password', 'token', 'ssh'] as const;
export type SecretKind = (typeof SECRET_KINDS)[number];

/** A new secret, and its public half where it is a key pair. */
export interface Generated {
  readonly secret: string;
  readonly publicHalf?: string;
}

/** @param name for the comment of an SSH key */
export async function generated(kind: SecretKind, name: string): Promise<Generated> {
  switch (kind) {
    case 'wireguard':
      return wireguardPair();
    case 'preshared':
      return { secret: `${randomBytes(32).toString('base64')}\n` };
    case 'password':
      return { secret: Array.from({ length: 32 }, () => LETTERS[randomInt(LETTERS.length)]).join('') };
    case 'token':
      return { secret: randomBytes(32).toString('hex') };
    case 'ssh':
      return sshPair(name);
    default:
      return kind satisfies never;
  }
}

/** None that another is easily taken for, and none that has a meaning in a file: some 186 bits in 32 of them. */
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';

/** As `wg genkey` and `wg pubkey` print them. */
function wireguardPair(): Generated {
  const pair = generateKeyPairSync('x25519');
  const { d, x } = pair.privateKey.export({ format: 'jwk' });
  const secret = Buffer.from(d!, 'base64url');
  secret[0]! &= 248;
  secret[31] = (secret[31]! & 127) | 64;
  return {
    secret: `${secret.toString('base64')}\n`,
    publicHalf: `${Buffer.from(x!, 'base64url').toString('base64')}\n`,
  };
}

async function sshPair(name: string): Promise<Generated> {
  const { default: ssh } = await import('ssh2');
  const pair = ssh.utils.generateKeyPairSync('ed25519', { comment: name });
  return { secret: `${pair.private.trimEnd()}\n`, publicHalf: `${pair.public.trimEnd()}\n` };
}
