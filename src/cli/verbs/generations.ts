// stead generations: what each host has been switched to.
import { hostGenerations, pooled, type ExitCode } from '../../deploy/index.ts';
import type { CliContext } from '../context.ts';
import { printAnswers } from '../answers.ts';
import { chosenTargets, reachOptions } from '../reach.ts';
import { printTable } from '../table.ts';

export async function run(
  context: CliContext,
  args: readonly unknown[],
  options: unknown,
): Promise<ExitCode> {
  const reach = reachOptions(context, args, options);
  const chosen = await chosenTargets(context, reach);
  const answers = await pooled(chosen, reach.jobs, ({ name, target }) => hostGenerations(name, target));
  return printAnswers(context, answers, (host, { generations }) => {
    if (generations.length === 0) context.print(`${host}  has no generation yet`);
    printTable(
      context,
      generations.map((one) => [
        host,
        one.current ? '*' : ' ',
        String(one.generation),
        one.hash,
        one.when,
        one.state,
        one.commit?.slice(0, 12) ?? 'no commit',
      ]),
    );
  });
}
