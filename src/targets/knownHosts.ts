// Reads known_hosts files: the keys that a person has for a server (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT).
// Not through `ssh-keygen -F`: a process for each host and each file costs more than the connections do.

import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A key as a line of a known_hosts file has it. */
export interface KnownKey {
  /** As the line says: `ssh-ed25519`. */
  readonly type: string;
  /** In base 64 (RFC 4253, 6.6). */
  readonly blob: string;
  readonly revoked: boolean;
}

/**
 * The keys of a file for a server, those that are revoked included.
 * @param name `web.example`, or `[web.example]:2222` where its port is not 22
 */
export function knownKeys(name: string, file: string): KnownKey[] {
  const wanted = name.toLowerCase();
  return linesOf(file).flatMap((line): KnownKey[] => {
    const fields = line.trim().split(/\s+/);
    const marker = fields[0]?.startsWith('@') === true ? fields.shift() : undefined;
    const [names, type, blob] = fields;
    if (names === undefined || type === undefined || blob === undefined || names.startsWith('#')) return [];
    // A certificate authority vouches for certificates, which this client does not take.
    if (marker === '@cert-authority' || !isNamed(wanted, names)) return [];
    return [{ type, blob, revoked: marker === '@revoked' }];
  });
}

/** As for ssh, a file that cannot be read knows nobody: no server is trusted for that. */
function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}

/** Whether a line is about a name: by its hash, or by patterns, of which one after `!` takes the line out. */
function isNamed(name: string, names: string): boolean {
  const [, salt, hash] = /^\|1\|([^|]+)\|([^|]+)$/.exec(names) ?? [];
  if (salt !== undefined) return hmac(salt, name) === hash;
  const patterns = names.toLowerCase().split(',');
  const isOneOf = (some: readonly string[]): boolean => some.some((pattern) => matches(name, pattern));
  return (
    isOneOf(patterns.filter((pattern) => !pattern.startsWith('!'))) &&
    !isOneOf(patterns.flatMap((pattern) => (pattern.startsWith('!') ? [pattern.slice(1)] : [])))
  );
}

function hmac(salt: string, name: string): string {
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64');
}

function matches(name: string, pattern: string): boolean {
  if (!/[*?]/.test(pattern)) return name === pattern;
  const literal = pattern.replaceAll(/[\\^$.|+()[\]{}]/g, String.raw`\$&`);
  return new RegExp(`^${literal.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(name);
}
