// Keys for tests of secrets: of SSH, with and without a passphrase, and of age.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { folder } from '../cli/stead.ts';

/** A private key in a file, and what others encrypt for it with. */
export interface TestKey {
  readonly file: string;
  readonly recipient: string;
}

export function sshKey(passphrase = ''): TestKey {
  const file = join(folder(), 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', '', '-f', file]);
  return { file, recipient: readFileSync(`${file}.pub`, 'utf8').trim() };
}

export async function ageKey(): Promise<TestKey> {
  const identity = await generateX25519Identity();
  const file = join(folder(), 'keys.txt');
  writeFileSync(file, `# created for a test\n${identity}\n`);
  return { file, recipient: await identityToRecipient(identity) };
}
