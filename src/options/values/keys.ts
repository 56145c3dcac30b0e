// Public keys and digests. No message repeats the text: what was pasted by mistake may be a private key.
import type { z } from 'zod';
import { byPattern, mismatch, textOf } from './build.ts';

/** A WireGuard key: base64 of 32 bytes, 44 characters. A public and a private key look alike. */
export function wireguardKey(): z.ZodString {
  // The 43rd character carries 4 bits of the key and two zero bits.
  const pattern = /^[0-9A-Za-z+/]{42}[AEIMQUYcgkosw048]=$/;
  return textOf({
    name: 'WireGuard key',
    expected: 'a WireGuard key, base64 of 32 bytes',
    example: 'hsKTbQXLnmSLrHKxCYpTTHQKvhXxZFwOcIjQJmfvwyM=',
    pattern,
    problem: byPattern(pattern, (text) => {
      if (text !== text.trim() && pattern.test(text.trim())) return 'there is white space around it';
      if (!/^[0-9A-Za-z+/]*=*$/.test(text)) return 'it holds characters outside base64';
      return text.length === 44
        ? 'it does not decode to 32 bytes'
        : `it has ${text.length} characters, not 44`;
    }),
  });
}

/**
 * A line of authorized_keys without options, or of a .pub file: type, base64 and, if wanted, a comment. The type must
 * be the one inside the base64 (RFC 4253, RFC 5656, RFC 8709), and the key whole.
 */
export function sshPublicKey(): z.ZodString {
  return textOf({
    name: 'SSH public key',
    expected: 'an SSH public key, such as ssh-ed25519 AAAA… name@host',
    example: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKKplJM6YWqGkbD//AoH0rkVuzPzqnCkJHUXP7EqrUxF me@laptop',
    pattern: /^(ssh|ecdsa|sk)-[0-9a-z@.-]+ [0-9A-Za-z+/]+={0,2}( \P{Cc}*)?$/u,
    problem: sshProblem,
  });
}

/** A SHA-256 digest as 64 lower-case hexadecimal digits. */
export function sha256(): z.ZodString {
  const pattern = /^[0-9a-f]{64}$/;
  return textOf({
    name: 'sha256',
    expected: 'a SHA-256 digest of 64 hexadecimal digits',
    example: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    pattern,
    problem: byPattern(pattern, (text) => {
      if (/^sha256:[0-9a-f]{64}$/.test(text)) return 'leave out sha256:';
      if (/^sha256-[0-9A-Za-z+/]{43}=$/.test(text)) {
        return `write ${Buffer.from(text.slice(7), 'base64').toString('hex')}`;
      }
      if (/^[0-9A-Fa-f]{64}$/.test(text)) return 'its letters are lower case';
      return /^[0-9a-f]+$/.test(text) ? `it has ${text.length} digits` : undefined;
    }),
  });
}

const sshFields: Readonly<Record<string, readonly (number | 'number' | 'text' | 'point')[]>> = {
  'ssh-ed25519': [32],
  'ssh-rsa': ['number', 'number'],
  'ecdsa-sha2-nistp256': ['text', 'point'],
  'ecdsa-sha2-nistp384': ['text', 'point'],
  'ecdsa-sha2-nistp521': ['text', 'point'],
  'sk-ssh-ed25519@openssh.com': [32, 'text'],
  'sk-ecdsa-sha2-nistp256@openssh.com': ['text', 'point', 'text'],
};
const pointBytes: Readonly<Record<string, number>> = { nistp256: 65, nistp384: 97, nistp521: 133 };

function sshProblem(text: string): string | undefined {
  if (/PRIVATE KEY/.test(text)) return 'this is a private key: take the .pub file';
  if (/[\n\r]/.test(text.trimEnd())) return 'it is more than one line';
  if (text !== text.trim() || /\p{Cc}/u.test(text))
    return 'there is white space around it or a control character in it';
  const [type = '', base64 = ''] = text.split(' ');
  const fields = sshFields[type];
  if (fields === undefined) return typeProblem(type, text);
  if (base64 === '') return 'the key after the type is missing';
  const blob = Buffer.from(base64, 'base64');
  if (blob.toString('base64') !== base64) return 'the part after the type is not base64';
  return blobProblem(type, fields, blob);
}

function typeProblem(type: string, text: string): string {
  if (type === 'ssh-dss') return 'OpenSSH takes no DSA keys any more';
  if (type.includes('-cert-v01')) return 'this is a certificate';
  if (/ (ssh|ecdsa|sk)-[0-9a-z@.-]+ AAAA/.test(text)) return 'something stands before the key type';
  if (type.startsWith('AAAA')) return 'the key type before the base64 is missing';
  return mismatch;
}

function blobProblem(type: string, fields: (typeof sshFields)[string], blob: Buffer): string | undefined {
  const strings = readStrings(blob);
  if (strings === undefined) return 'the base64 is cut short or damaged';
  const inner = strings[0]?.toString('latin1');
  if (inner !== type) {
    return inner !== undefined && inner in sshFields
      ? `the type is ${type}, but the base64 holds a key of type ${inner}`
      : 'the base64 holds no key of a known type';
  }
  const curve = type.match(/nistp\d+/)?.[0];
  const whole =
    strings.length === fields.length + 1 &&
    fields.every((field, index) => {
      const value = strings[index + 1] as Buffer;
      if (field === 'number') return value.length > 0;
      if (field === 'point') return value.length === pointBytes[curve ?? ''] && value[0] === 4;
      if (field === 'text') return index > 0 || curve === undefined || value.toString('latin1') === curve;
      return value.length === field;
    });
  return whole ? undefined : 'the base64 is cut short or damaged';
}

/** The length-prefixed strings that fill a blob (RFC 4251, section 5), or undefined. */
function readStrings(blob: Buffer): Buffer[] | undefined {
  const strings: Buffer[] = [];
  let at = 0;
  while (at < blob.length) {
    if (at + 4 > blob.length) return undefined;
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) return undefined;
    strings.push(blob.subarray(at + 4, end));
    at = end;
  }
  return strings;
}
