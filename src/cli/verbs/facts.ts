// stead facts: what hosts are, written to hosts/facts/ for the fleet to import.
import { join, relative } from 'node:path';
import { writeFileAtomic } from '../../bundle/index.ts';
import { hostFacts, pooled, type Answer, type ExitCode, type HostFacts } from '../../deploy/index.ts';
import { printAnswers } from '../answers.ts';
import type { CliContext } from '../context.ts';
import { chosenTargets, reachOptions, type ReachOptions } from '../reach.ts';

export async function run(
  context: CliContext,
  args: readonly unknown[],
  options: unknown,
): Promise<ExitCode> {
  const answers = await writeFacts(context, reachOptions(context, args, options));
  return printAnswers(context, answers, (host) => {
    context.print(`${host}: ${relative(context.process.cwd(), fileOf(context, host))}`);
  });
}

/** Reads the facts of hosts that can be reached into the repository. */
export async function writeFacts(
  context: CliContext,
  reach: ReachOptions,
): Promise<readonly Answer<HostFacts>[]> {
  const chosen = await chosenTargets(context, reach);
  const answers = await pooled(chosen, reach.jobs, ({ name, target }) => hostFacts(name, target));
  for (const answer of answers) {
    if ('value' in answer) {
      writeFileAtomic(fileOf(context, answer.host), `${JSON.stringify(answer.value, null, 2)}\n`);
    }
  }
  return answers;
}

function fileOf(context: CliContext, host: string): string {
  return join(context.repository, 'hosts', 'facts', `${host}.json`);
}
