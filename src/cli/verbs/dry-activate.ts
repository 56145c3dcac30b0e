// stead dry-activate: what a switch would do on the hosts, and the name of that plan.
import { planHost, type ExitCode } from '../../deploy/index.ts';
import { printAnswers } from '../answers.ts';
import type { CliContext } from '../context.ts';
import { planText } from '../plan-text.ts';
import { planning } from '../planning.ts';
import { reachOptions } from '../reach.ts';

export async function run(
  context: CliContext,
  args: readonly unknown[],
  options: unknown,
): Promise<ExitCode> {
  const answers = await planning(context, reachOptions(context, args, options), planHost);
  return printAnswers(context, answers, (host, plan) => {
    context.print(`${host}:`);
    for (const line of planText(plan)) context.print(`  ${line}`);
  });
}
