// SSH Ed25519 keys as recipients and identities of age files, as age's own `agessh` package has them: the stanza
// `ssh-ed25519 TAG SHARE`, where the key is used for X25519 with a tweak that binds it to SSH.
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import { Stanza, type Identity, type Recipient } from 'age-encryption';

const TYPE = 'ssh-ed25519';
const LABEL = 'age-encryption.org/v1/ssh-ed25519';

/** What SSH sends of a public key: the second word of its line, decoded. */
export function wireKey(line: string): Buffer {
  return Buffer.from(line.trim().split(' ')[1] ?? '', 'base64');
}

/** How the stanza for a key is told from others without a private key: four bytes of a hash of it, in base 64. */
export function sshTag(wire: Buffer): string {
  return base64(createHash('sha256').update(wire).digest().subarray(0, 4));
}

/** Encrypts for an SSH Ed25519 public key. @param line `ssh-ed25519 AAAA…` */
export function sshRecipient(line: string): Recipient {
  const wire = wireKey(line);
  const theirs = montgomery(wire.subarray(-32));
  return {
    wrapFileKey(fileKey) {
      const { privateKey, publicKey } = generateKeyPairSync('x25519');
      const share = Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url');
      const key = wrappingKey(wire, shared(privateKey, theirs), share, theirs);
      const cipher = createCipheriv('chacha20-poly1305', key, NONCE, { authTagLength: 16 });
      const body = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()]);
      return [new Stanza([TYPE, sshTag(wire), base64(share)], body)];
    },
  };
}

/**
 * Decrypts with an SSH Ed25519 private key.
 * @param seed its 32 bytes (RFC 8032)
 */
export function sshIdentity(wire: Buffer, seed: Buffer): Identity {
  const ours = montgomery(wire.subarray(-32));
  const tag = sshTag(wire);
  // The scalar of RFC 8032, section 5.1.5; X25519 clamps it.
  const scalar = privateKey(createHash('sha512').update(seed).digest().subarray(0, 32));
  return {
    unwrapFileKey(stanzas) {
      for (const { args, body } of stanzas) {
        if (args[0] !== TYPE || args[1] !== tag || args.length !== 3 || body.length !== 32) continue;
        const share = Buffer.from(args[2]!, 'base64');
        if (share.length !== 32) continue;
        const key = wrappingKey(wire, shared(scalar, share), share, ours);
        const decipher = createDecipheriv('chacha20-poly1305', key, NONCE, { authTagLength: 16 });
        decipher.setAuthTag(body.subarray(16));
        try {
          return new Uint8Array(Buffer.concat([decipher.update(body.subarray(0, 16)), decipher.final()]));
        } catch {
          // Of two keys one may have the other's tag: four bytes are few.
          continue;
        }
      }
      return null;
    },
  };
}

/** Each key wraps one file key. */
const NONCE = Buffer.alloc(12);

function wrappingKey(wire: Buffer, secret: Buffer, share: Buffer, recipient: Buffer): Buffer {
  const tweak = derived(Buffer.alloc(0), wire);
  return derived(shared(privateKey(tweak), secret), Buffer.concat([share, recipient]));
}

function derived(secret: Buffer, salt: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, LABEL, 32));
}

function shared(own: KeyObject, point: Buffer): Buffer {
  const jwk = { kty: 'OKP', crv: 'X25519', x: point.toString('base64url') };
  return diffieHellman({ privateKey: own, publicKey: createPublicKey({ key: jwk, format: 'jwk' }) });
}

/** Of 32 bytes: in the form of RFC 8410, which asks for no public key beside it. */
function privateKey(scalar: Buffer): KeyObject {
  const der = Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), scalar]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

const PRIME = 2n ** 255n - 19n;

/** The point of X25519 that belongs to a point of Ed25519: u = (1 + y) / (1 - y) (RFC 7748, section 4.1). */
function montgomery(point: Buffer): Buffer {
  const y = BigInt(`0x${Buffer.from(point).reverse().toString('hex')}`) & (2n ** 255n - 1n);
  const u = ((1n + y) * power(PRIME + 1n - y, PRIME - 2n)) % PRIME;
  return Buffer.from(u.toString(16).padStart(64, '0'), 'hex').reverse();
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base % PRIME;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % PRIME;
    square = (square * square) % PRIME;
  }
  return result;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '');
}
