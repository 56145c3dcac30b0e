// A repository of two hosts with secrets, and the command line over it.
import { join } from 'node:path';
import { execa } from 'execa';
import { repository, stead, write, type Ran } from '../cli/stead.ts';
import { sshKey, type TestKey } from './keys.ts';

/** Runs `stead …` with something piped in. */
export async function runWith(
  input: string | Uint8Array,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const command = [join(stead, 'src/cli/stead.mjs'), ...args];
  const { exitCode, stdout, stderr } = await execa(process.execPath, command, { reject: false, input, env });
  return { code: exitCode ?? -1, stdout, stderr };
}

export interface SecretFleet {
  readonly path: string;
  readonly me: TestKey;
  /** Keys of the hosts `a` and `b`. */
  readonly keys: Readonly<Record<'a' | 'b', TestKey>>;
  /** Writes a host's file. */
  host(name: 'a' | 'b', use: string, hostKey?: string): void;
  secrets(args: readonly string[], input?: string | Uint8Array): Promise<Ran>;
  build(...words: string[]): Promise<Ran>;
}

export function secretFleet(): SecretFleet {
  const path = repository({});
  const me = sshKey();
  const keys = { a: sshKey(), b: sshKey() };
  const host: SecretFleet['host'] = (name, use, hostKey = keys[name].recipient) =>
    write(
      path,
      `hosts/${name}.ts`,
      `import { files, host, secretContent, secretPath, secrets, systemd, target } from 'stead';
export default host('${name}', { use: [
  target({ ssh: { address: '192.0.2.1'${hostKey === '' ? '' : `, hostKeys: ['${hostKey}']`} } }),
  secrets({ administrators: { me: '${me.recipient}' } }),
  ${use}
] });
`,
    );
  return {
    path,
    me,
    keys,
    host,
    secrets: (args, input = '') =>
      runWith(input, ['secrets', ...args, '--repo', path, '--identity', me.file]),
    build: (...words) => runWith('', ['build', ...words, '--repo', path]),
  };
}
