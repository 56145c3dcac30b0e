// stead rollback: back to the generation before, or to one by number.
import { z } from 'zod';
import { pooled, rollbackHost, type ExitCode } from '../../deploy/index.ts';
import type { CliContext } from '../context.ts';
import { printOutcomes } from '../outcomes.ts';
import { chosenTargets, progress, reachOptions } from '../reach.ts';

const optionsSchema = z.object({ to: z.number().optional() });

export async function run(
  context: CliContext,
  args: readonly unknown[],
  options: unknown,
): Promise<ExitCode> {
  const { to } = optionsSchema.parse(options);
  const reach = reachOptions(context, args, options);
  const chosen = await chosenTargets(context, reach);
  const outcomes = await pooled(chosen, reach.jobs, ({ name, target }) =>
    rollbackHost(name, target, to, progress(context)),
  );
  return printOutcomes(context, outcomes);
}
