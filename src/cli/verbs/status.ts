// stead status: the current generation of hosts, what has drifted from it, and which units have failed.
import { hostStatus, pooled, type ExitCode } from '../../deploy/index.ts';
import type { CliContext } from '../context.ts';
import { printAnswers } from '../answers.ts';
import { DRIFT } from '../drift.ts';
import { chosenTargets, reachOptions } from '../reach.ts';

export async function run(
  context: CliContext,
  args: readonly unknown[],
  options: unknown,
): Promise<ExitCode> {
  const reach = reachOptions(context, args, options);
  const chosen = await chosenTargets(context, reach);
  const answers = await pooled(chosen, reach.jobs, ({ name, target }) => hostStatus(name, target));
  return printAnswers(context, answers, (host, { current, drift, failedUnits, interrupted }) => {
    const runs =
      current === undefined
        ? 'no generation yet'
        : `generation ${current.generation} ${current.hash} ${current.state}`;
    const health = drift.length === 0 && failedUnits.length === 0 && !interrupted ? ', as it should be' : '';
    context.print(`${host}: ${runs}${current === undefined ? '' : health}`);
    for (const { path, kind } of drift) context.print(`  ${path} ${DRIFT[kind]}`);
    for (const unit of failedUnits) context.print(`  ${unit} has failed`);
    if (interrupted) context.print('  a switch was interrupted; the next one finishes or undoes it');
  });
}
