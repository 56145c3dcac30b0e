// Which host keys are trusted for a server, and the refusal of every other.

import { createHash } from 'node:crypto';
import { SteadError } from '../options/error.ts';
import { knownKeys, type KnownKey } from './knownHosts.ts';
import type { ResolvedEndpoint } from './sshEndpoint.ts';

/** The keys that are known for a server. */
export interface TrustedKeys {
  /** Base-64 key blobs (RFC 4253, 6.6) that are accepted. */
  readonly accepted: ReadonlySet<string>;
  readonly revoked: ReadonlySet<string>;
  /** Signature algorithms to ask for, so that the server shows a key of a known type; empty when none is known. */
  readonly algorithms: readonly string[];
  /** Where the keys come from, for people. */
  readonly source: string;
}

/**
 * The keys declared for a server, or else those its known_hosts files hold, hashed names included.
 * @throws SteadError `target.host-key-invalid` for a declared key that is none
 */
export function trustedKeys(endpoint: ResolvedEndpoint): TrustedKeys {
  const keys = endpoint.hostKeys
    ? endpoint.hostKeys.map((line) => parseDeclared(line, endpoint))
    : endpoint.knownHostsFiles.flatMap((file) => knownKeys(endpoint.knownAs, file));
  const accepted = keys.filter((key) => !key.revoked);
  return {
    accepted: new Set(accepted.map((key) => key.blob)),
    revoked: new Set(keys.filter((key) => key.revoked).map((key) => key.blob)),
    algorithms: [...new Set(accepted.flatMap((key) => signatureAlgorithms(key.type)))],
    source: endpoint.hostKeys ? "the fleet's own declaration" : endpoint.knownHostsFiles.join(', '),
  };
}

/** Why a server's key is refused; nothing when it is trusted. */
export function judgeHostKey(
  key: Uint8Array,
  trusted: TrustedKeys,
  endpoint: ResolvedEndpoint,
): SteadError | undefined {
  const blob = Buffer.from(key).toString('base64');
  if (trusted.accepted.has(blob) && !trusted.revoked.has(blob)) return undefined;
  const shown = `${keyType(key)} ${fingerprint(key)}`;
  if (trusted.revoked.has(blob)) {
    return changed(endpoint, `shows the key ${shown}, which is marked as revoked in ${trusted.source}`);
  }
  if (trusted.accepted.size > 0) {
    return changed(endpoint, `shows the key ${shown}, which is not the one in ${trusted.source}`);
  }
  return new SteadError({
    code: 'target.host-key-unknown',
    message: `nothing vouches for ${endpoint.knownAs}: it shows the key ${shown}`,
    hint:
      `Compare it with \`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\` on the host's own console; if it is ` +
      `the same, declare it as the host's key in hosts/, or connect once with ssh.`,
  });
}

/** The refusal of a server that has no key of a type that is known for it. */
export function noKnownKeyType(trusted: TrustedKeys, endpoint: ResolvedEndpoint): SteadError {
  return changed(
    endpoint,
    `offers no key of the types known from ${trusted.source} (${trusted.algorithms.join(', ')})`,
  );
}

function changed(endpoint: ResolvedEndpoint, what: string): SteadError {
  return new SteadError({
    code: 'target.host-key-changed',
    message: `${endpoint.knownAs} ${what}`,
    hint:
      'The host was reinstalled, or someone stands in between. Find out which on the host itself; only then ' +
      'replace the key that is known.',
  });
}

/** As ssh-keygen prints it: `SHA256:…` without padding. */
function fingerprint(key: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

function keyType(key: Uint8Array): string {
  const bytes = Buffer.from(key);
  return bytes.subarray(4, 4 + bytes.readUInt32BE(0)).toString('latin1');
}

function signatureAlgorithms(type: string): string[] {
  return type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [type];
}

function parseDeclared(line: string, endpoint: ResolvedEndpoint): KnownKey {
  const [type, blob] = line.trim().split(/\s+/);
  if (type === undefined || blob === undefined || keyTypeOf(blob) !== type) {
    throw new SteadError({
      code: 'target.host-key-invalid',
      message: `the host key declared for ${endpoint.host} is not a public key: ${JSON.stringify(line)}`,
      hint: 'Write it as /etc/ssh/ssh_host_ed25519_key.pub of the host has it: `ssh-ed25519 AAAA…`.',
    });
  }
  return { type, blob, revoked: false };
}

function keyTypeOf(blob: string): string | undefined {
  const bytes = Buffer.from(blob, 'base64');
  return bytes.length > 8 && bytes.readUInt32BE(0) < bytes.length ? keyType(bytes) : undefined;
}
