// stead adopt: what the first switch of hosts would take over, and how that differs from what they get.
import { adoptHost, type ExitCode } from '../../deploy/index.ts';
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
  const answers = await planning(context, reachOptions(context, args, options), adoptHost);
  return printAnswers(context, answers, (host, { files, plan }) => {
    context.print(
      `${host}: ${files.length === 0 ? 'no file is in the way' : 'files that are there already, and are kept aside:'}`,
    );
    for (const { path, diff } of files) {
      context.print(`  ${path}${diff === '' ? ' (the same)' : ''}`);
      if (diff !== undefined && diff !== '') context.print(diff.replace(/\n$/, ''));
    }
    context.print('  what the switch would do, in order:');
    for (const line of planText(plan)) context.print(`    ${line}`);
  });
}
