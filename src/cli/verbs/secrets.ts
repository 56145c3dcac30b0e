// stead secrets ACTION: what is encrypted in the repository, for whom, and with what in it.
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { ExitCode } from '../../deploy/outcome.ts';
import { repositorySecrets } from '../../deploy/secrets.ts';
import { identities, secretStore } from '../../secrets/index.ts';
import type { CliContext } from '../context.ts';
import { askSecretly } from '../input.ts';
import { check, rekey } from '../secrets/check.ts';
import { bringIn } from '../secrets/import.ts';
import { rotate } from '../secrets/rotate.ts';
import { optionsSchema, type Work } from '../secrets/work.ts';
import { edit, generate, set } from '../secrets/write.ts';

const ACTIONS = { check, edit, generate, import: bringIn, rekey, rotate, set } as const;

const argumentsSchema = z.tuple([
  z.enum(Object.keys(ACTIONS) as (keyof typeof ACTIONS)[]),
  z.array(z.string()),
]);

export async function run(context: CliContext, args: readonly unknown[], given: unknown): Promise<ExitCode> {
  const [action, names] = argumentsSchema.parse(args);
  const options = optionsSchema.parse(given);
  const { env, stdin } = context.process;
  const work: Work = {
    context,
    store: secretStore(context.repository),
    fleet: await repositorySecrets(context.repository),
    names,
    options,
    identities: () =>
      identities({
        files: options.identity.map((file) => resolve(context.process.cwd(), file)),
        homeDirectory: env['HOME'] ?? homedir(),
        ...(stdin.isTTY === true ? { ask: (question) => askSecretly(context.process, question) } : {}),
      }),
  };
  return ACTIONS[action](work);
}
