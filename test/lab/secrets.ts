// Secrets of a fleet of one host in a lab: an administrator with a key, and the host's own.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { folder, repository, stead, write, type Ran } from '../cli/stead.ts';
import type { Host, TestLab } from './driver.ts';
import { plaintext } from './leaks.ts';
import { BOX_ADDRESS } from './fleet.ts';

/** A key pair of SSH's. */
export interface KeyPair {
  /** The private key's file. */
  readonly file: string;
  /** `ssh-ed25519 AAAA…` */
  readonly publicKey: string;
}

export function keyPair(): KeyPair {
  const file = join(folder(), 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', file]);
  return { file, publicKey: readFileSync(`${file}.pub`, 'utf8').trim() };
}

/** A host's own public key. */
export async function hostKeyOf(host: Host): Promise<string> {
  const line = await host.file('/etc/ssh/ssh_host_ed25519_key.pub');
  return line.trim().split(' ').slice(0, 2).join(' ');
}

/** A repository with the host `box`, its secrets, and somebody who can read them. */
export interface SealedBox {
  readonly path: string;
  readonly administrator: KeyPair;
  /** Writes the host's file: what it uses, and the key that its secrets are encrypted for. */
  declare(use: string, hostKey: string): void;
  /** `stead secrets …`, with what is piped in. */
  secrets(args: readonly string[], input?: string): Promise<Ran>;
  /** Any verb for the host. */
  succeeds(verb: string, ...more: string[]): Promise<string>;
  stead(verb: string, ...more: string[]): Promise<Ran>;
}

export function sealedBox(lab: TestLab): SealedBox {
  const administrator = keyPair();
  const path = repository({});
  return {
    path,
    administrator,
    declare: (use, hostKey) =>
      write(
        path,
        'hosts/box.ts',
        `import { activation, checks, files, host, secretContent, secretPath, secrets, systemd, target, users } from 'stead';
export default host('box', { use: [
  target({ ssh: { address: '${BOX_ADDRESS}', hostKeys: ['${hostKey}'] } }),
  secrets({ administrators: { me: '${administrator.publicKey}' } }),
  ${use}
] });
`,
      ),
    secrets: (args, input = '') => runSecrets(path, administrator, args, input),
    succeeds: (verb, ...more) => lab.steadSucceeds([verb, 'box', ...more, '--repo', path]),
    stead: (verb, ...more) => lab.stead([verb, 'box', ...more, '--repo', path]),
  };
}

/** The command line with something piped in. */
export async function runSecrets(
  path: string,
  { file }: KeyPair,
  args: readonly string[],
  input = '',
): Promise<Ran> {
  const command = [join(stead, 'src/cli/stead.mjs'), 'secrets', ...args, '--repo', path, '--identity', file];
  const { exitCode, stdout, stderr } = await execa(process.execPath, command, {
    reject: false,
    input: plaintext(input),
  });
  return { code: exitCode ?? -1, stdout, stderr };
}

/** Overwrites a secret with what is no ciphertext of anybody. */
export function damage(path: string, name: string): void {
  const file = join(path, 'hosts/secrets', `${name}.age`);
  const lines = readFileSync(file, 'utf8').split('\n');
  const at = lines.length - 4;
  lines[at] = [...lines[at]!].reverse().join('');
  writeFileSync(file, lines.join('\n'));
}
