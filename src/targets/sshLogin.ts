// The ways to log in to a server: the agent first, then the key files that can be read.

import { readFileSync } from 'node:fs';
import type { ResolvedEndpoint } from './sshEndpoint.ts';

/** A method as ssh2's `authHandler` takes it. */
export type LoginMethod =
  | { readonly type: 'none'; readonly username: string }
  | { readonly type: 'agent'; readonly username: string; readonly agent: string }
  | { readonly type: 'publickey'; readonly username: string; readonly key: string };

export interface LoginPlan {
  readonly methods: readonly LoginMethod[];
  /** What is tried and what is not, a sentence each, for the error when all fail. */
  readonly notes: readonly string[];
}

/** What to try for an endpoint, in order. Files that are missing or encrypted are passed over, and named. */
export function planLogin(endpoint: ResolvedEndpoint, agentSocket: string | undefined): LoginPlan {
  const username = endpoint.user;
  const methods: LoginMethod[] = [{ type: 'none', username }];
  const notes: string[] = [];
  if (agentSocket === undefined || agentSocket === '') {
    notes.push('there is no agent (SSH_AUTH_SOCK is not set)');
  } else {
    methods.push({ type: 'agent', username, agent: agentSocket });
    notes.push('no key of the agent was taken');
  }
  for (const path of endpoint.identityFiles) {
    const key = readKey(path, notes);
    if (key === undefined) continue;
    if (isEncrypted(key)) {
      notes.push(`${path} is encrypted and was passed over; add it to an agent with \`ssh-add ${path}\``);
      continue;
    }
    methods.push({ type: 'publickey', username, key });
    notes.push(`${path} was not taken`);
  }
  return { methods, notes };
}

/** At once: for these few lines a thread takes longer to start than they to read. */
function readKey(path: string, notes: string[]): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    notes.push(absent ? `${path} is not there` : `${path} cannot be read: ${(error as Error).message}`);
    return undefined;
  }
}

/** Whether a private key needs a passphrase: OpenSSH's format (PROTOCOL.key) names its cipher, PEM says so. */
export function isEncrypted(key: string): boolean {
  if (!key.includes('-----BEGIN OPENSSH PRIVATE KEY-----')) return /ENCRYPTED/.test(key);
  const bytes = Buffer.from(key.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  const offset = 'openssh-key-v1\0'.length;
  const length = bytes.length >= offset + 4 ? bytes.readUInt32BE(offset) : 0;
  return bytes.subarray(offset + 4, offset + 4 + length).toString('latin1') !== 'none';
}
