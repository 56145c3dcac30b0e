// stead remove: gives hosts back as they were before their first switch.
import { z } from 'zod';
import { pooled, removeHost, type ExitCode } from '../../deploy/index.ts';
import { SteadError } from '../../options/index.ts';
import type { CliContext } from '../context.ts';
import { printOutcomes } from '../outcomes.ts';
import { chosenTargets, progress, reachOptions } from '../reach.ts';

const optionsSchema = z.object({ yes: z.boolean().default(false) });

export async function run(
  context: CliContext,
  args: readonly unknown[],
  options: unknown,
): Promise<ExitCode> {
  const { yes } = optionsSchema.parse(options);
  const reach = reachOptions(context, args, options);
  const chosen = await chosenTargets(context, reach);
  if (!yes) {
    throw new SteadError({
      code: 'usage.remove',
      message: `this would take everything of stead, generations included, from ${chosen.map(({ name }) => name).join(', ')}`,
      hint: 'Say --yes if that is meant. Files that were there before come back; installed packages stay.',
    });
  }
  const outcomes = await pooled(chosen, reach.jobs, ({ name, target }) =>
    removeHost(name, target, progress(context)),
  );
  return printOutcomes(context, outcomes);
}
