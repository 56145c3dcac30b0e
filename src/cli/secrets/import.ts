// stead secrets import: what another tool encrypted, once.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { EXIT, type ExitCode } from '../../deploy/outcome.ts';
import { SteadError } from '../../options/error.ts';
import { imported } from '../../secrets/index.ts';
import type { CliContext } from '../context.ts';
import { askSecretly } from '../input.ts';
import { exists, onlyName, sealed, type Work } from './work.ts';

export async function bringIn(work: Work): Promise<ExitCode> {
  const name = onlyName(work);
  const { store, context, options } = work;
  const { from, key, passwordFile } = options;
  if (from === undefined) {
    throw new SteadError({
      code: 'usage.from',
      message: 'which file is to be imported?',
      hint: 'Say --from FILE: an age file (agenix), one of sops, or an Ansible vault.',
    });
  }
  if (store.read(name) !== undefined && !options.replace) throw exists(name);
  const content = await imported(fileNamed(context, from), key, {
    identities: work.identities,
    password: async () => {
      if (passwordFile !== undefined) return Buffer.from(fileNamed(context, passwordFile)).toString().trim();
      if (context.process.stdin.isTTY === true) return askSecretly(context.process, `Password of ${from}: `);
      throw new SteadError({
        code: 'usage.password',
        message: `${from} is an Ansible vault, and nobody can be asked for its password here`,
        hint: 'Name a file that has it: --password-file FILE',
      });
    },
  });
  await sealed(work, name, content);
  return EXIT.done;
}

function fileNamed({ process }: CliContext, path: string): Uint8Array {
  try {
    return readFileSync(resolve(process.cwd(), path));
  } catch (cause) {
    throw new SteadError({
      code: 'usage.file',
      message: `${path} cannot be read: ${(cause as Error).message}`,
      cause,
    });
  }
}
