import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256, sshPublicKey, wireguardKey } from '../../../src/options/values/index.ts';
import { table } from './table.ts';

const ed25519 = 'AAAAC3NzaC1lZDI1NTE5AAAAIKKplJM6YWqGkbD//AoH0rkVuzPzqnCkJHUXP7EqrUxF';
const ecdsa256 =
  'AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBJUL53VvbdCYwcSkWdVRAOf0wDr+Rgwi8+WR7ii/GtYN+BgzNMnCltieBA1qPn4WNlHb0+rPDjdLOoD19PdhS4g=';
const ecdsa521 =
  'AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBAHt/c5+sfCNJOfj6FljypR+zPb7rBQD91rVJ4IE6z7AxRMqBLbWiMWQRM9nD9hjGKEWR0mZRjsvP50sQb5765sG1wG+NfDvZ4sr91XcwY9/9YavigoVqEgyMV3019STQ0/m29FxqfIdeH1ItbOqJjWitW6MpEJYbHNUB7wQ9QLhzzsvuw==';
const rsa =
  'AAAAB3NzaC1yc2EAAAADAQABAAABgQDPEpRzb9NMA+fjrVz7R7nJ/ImkSO87z/9VuAG8W4M5uAs5IxpIBNntR9jvB6NCHSqIvvxNJq+MFffxWsio9D0gqOTRG1EWJxWf95w2raeJs3hYGzdV+qnMlqWghvX6nFUhZD09D/cwR3n5tuU/gLCK5LjYhMyIx/fsE69+ryxtYO6bHKkztfVMRH8o0DJppNniOfCLmflaecLphNRLV2FfE5eHk5MQYzUGr5Wcy8nSEtcR3cf8f6pA89L7VJreDrRWYM6uw3mDwQuuZ/Hnw9gC+g/DDe2YDoL4reDVioDB6owkMKqYMuxzcjTympRWVtk7tyiDUlS7aIA2xlXrjkpD1JqRVaxRLkQ2BbWl7gTZt1cwSqD4W/O0qFOTYTBcY9AxZLFnGqfLdJktS/vl4n94NgwTlJe2EjX9qPIOiiKYWqyll8b7XUCXkYkG2faCULGyFpiJlOOHRb8bkBf9qnMO42jd6A/bWcdvmEvGKlwqPsm02B5M33hjotnWi39I3jU=';

/** A key blob of length-prefixed strings (RFC 4251). */
function blob(...strings: readonly (string | Buffer)[]): string {
  const parts = strings.flatMap((string) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(Buffer.byteLength(string));
    return [length, Buffer.from(string)];
  });
  return Buffer.concat(parts).toString('base64');
}

const digest = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

describe('keys and digests', () => {
  table('wireguardKey', wireguardKey(), {
    name: { name: 'WireGuard key', example: 'hsKTbQXLnmSLrHKxCYpTTHQKvhXxZFwOcIjQJmfvwyM=' },
    expected: 'a WireGuard key, base64 of 32 bytes',
    accepted: ['hsKTbQXLnmSLrHKxCYpTTHQKvhXxZFwOcIjQJmfvwyM=', `${'A'.repeat(43)}=`],
    refused: [
      ['', 'it has 0 characters, not 44'],
      ['hsKTbQXLnmSLrHKxCYpTTHQKvhXxZFwOcIjQJmfvwyM', 'it has 43 characters, not 44'],
      ['hsKTbQXLnmSLrHKxCYpTTHQKvhXxZFwOcIjQJmfvwy=', 'it has 43 characters, not 44'],
      ['hsKTbQXLnmSLrHKxCYpTTHQKvhXxZFwOcIjQJmfvwyN=', 'it does not decode to 32 bytes'],
      ['hsKTbQXLnmSLrHKxCYpTTHQKvhXxZFwOcIjQJmfvwyMA', 'it does not decode to 32 bytes'],
      ['hsKTbQXLnmSLrHKxCYpTTHQKvhXxZFwOcIjQJmfvwyM=\n', 'there is white space around it'],
      ['hsKTbQXLnmSLrHKxCYpTTHQKvhXxZFwOcIjQJmfvw-M=', 'it holds characters outside base64'],
      ['(hidden)', 'it holds characters outside base64'],
    ],
  });

  test('wireguardKey accepts the base64 of 32 bytes and of no other number', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 28, maxLength: 36 }), (bytes) => {
        const key = Buffer.from(bytes).toString('base64');
        expect(wireguardKey().safeParse(key).success).toBe(bytes.length === 32);
      }),
    );
  });

  table('sshPublicKey', sshPublicKey(), {
    name: { name: 'SSH public key', example: `ssh-ed25519 ${ed25519} me@laptop` },
    expected: 'an SSH public key, such as ssh-ed25519 AAAA… name@host',
    accepted: [
      `ssh-ed25519 ${ed25519} me@laptop`,
      `ssh-ed25519 ${ed25519}`,
      `ssh-ed25519 ${ed25519} Jürgen on the rack`,
      `ssh-rsa ${rsa} me@laptop`,
      `ecdsa-sha2-nistp256 ${ecdsa256}`,
      `ecdsa-sha2-nistp521 ${ecdsa521}`,
      `sk-ssh-ed25519@openssh.com ${blob('sk-ssh-ed25519@openssh.com', Buffer.alloc(32), 'ssh:')} token`,
    ],
    refused: [
      [''],
      ['me@laptop'],
      ['ssh-ed448 AAAA'],
      ['ssh-ed25519', 'the key after the type is missing'],
      ['ssh-dss AAAAB3NzaC1kc3M= me', 'OpenSSH takes no DSA keys any more'],
      ['ssh-ed25519-cert-v01@openssh.com AAAA', 'this is a certificate'],
      [ed25519, 'the key type before the base64 is missing'],
      [`restrict ssh-ed25519 ${ed25519}`, 'something stands before the key type'],
      ['-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl', 'this is a private key: take the .pub file'],
      [`ssh-ed25519 ${ed25519}\n`, 'there is white space around it or a control character in it'],
      [`ssh-ed25519 ${ed25519} a\tb`, 'there is white space around it or a control character in it'],
      [`ssh-ed25519 ${ed25519}\nssh-ed25519 ${ed25519}`, 'it is more than one line'],
      ['ssh-ed25519 ????', 'the part after the type is not base64'],
      [`ssh-ed25519  ${ed25519}`, 'the key after the type is missing'],
      [`ssh-rsa ${ed25519}`, 'the type is ssh-rsa, but the base64 holds a key of type ssh-ed25519'],
      [`ssh-ed25519 ${rsa}`, 'the type is ssh-ed25519, but the base64 holds a key of type ssh-rsa'],
      [`ssh-ed25519 ${ed25519.slice(0, -4)}`, 'the base64 is cut short or damaged'],
      [`ssh-ed25519 ${ed25519}AAAA`, 'the base64 is cut short or damaged'],
      [`ssh-ed25519 ${blob('ssh-ed25519', Buffer.alloc(31))}`, 'the base64 is cut short or damaged'],
      [`ssh-ed25519 ${blob('ssh-ed25519', Buffer.alloc(32), 'more')}`, 'the base64 is cut short or damaged'],
      [`ssh-rsa ${blob('ssh-rsa', 'e')}`, 'the base64 is cut short or damaged'],
      [
        `ecdsa-sha2-nistp256 ${blob('ecdsa-sha2-nistp256', 'nistp384', Buffer.alloc(65, 4))}`,
        'the base64 is cut short or damaged',
      ],
      [
        `ecdsa-sha2-nistp256 ${blob('ecdsa-sha2-nistp256', 'nistp256', Buffer.alloc(64, 4))}`,
        'the base64 is cut short or damaged',
      ],
      [`ssh-ed25519 ${blob('hello')}`, 'the base64 holds no key of a known type'],
      ['ssh-ed25519 AAAA', 'the base64 is cut short or damaged'],
    ],
  });

  test('sshPublicKey refuses a key cut short anywhere', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: ed25519.length - 1 }), (length) => {
        expect(sshPublicKey().safeParse(`ssh-ed25519 ${ed25519.slice(0, length)}`).success).toBe(false);
      }),
    );
  });

  table('sha256', sha256(), {
    name: { name: 'sha256', example: digest },
    expected: 'a SHA-256 digest of 64 hexadecimal digits',
    accepted: [digest, '0'.repeat(64)],
    refused: [
      [''],
      ['latest'],
      [digest.slice(1), 'it has 63 digits'],
      [`${digest}0`, 'it has 65 digits'],
      [digest.toUpperCase(), 'its letters are lower case'],
      [`sha256:${digest}`, 'leave out sha256:'],
      ['sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=', `write ${digest}`],
      [`${digest}\n`],
    ],
  });
});
