// What the builds of a recipe said, on the machines that may have built it.
import { existsSync } from 'node:fs';
import type { SteadError } from '../options/index.ts';
import { buildLog, directoryTarget, type Target } from '../targets/index.ts';
import { ask } from './inspect.ts';
import { pooled } from './pool.ts';

/** The logs that hosts have, and why others could not be asked. @param builder the folder that this machine builds in */
export async function buildLogOf(
  hash: string,
  hosts: readonly { readonly name: string; readonly target: Target }[],
  builder: string,
  jobs: number,
): Promise<{
  readonly logs: readonly { readonly host: string; readonly text: string }[];
  readonly errors: readonly SteadError[];
}> {
  const here = { name: 'deployer', target: directoryTarget({ name: 'deployer', directory: builder }) };
  const asked = existsSync(builder) ? [...hosts, here] : hosts;
  const answers = await pooled(asked, jobs, ({ name, target }) =>
    ask(name, target, (session) => buildLog(session, hash)),
  );
  return {
    logs: answers.flatMap((answer) =>
      'value' in answer && answer.value !== undefined ? [{ host: answer.host, text: answer.value }] : [],
    ),
    errors: answers.flatMap((answer) => ('error' in answer ? [answer.error] : [])),
  };
}
