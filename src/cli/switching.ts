// What the verbs that bring hosts to a build have in common: switch, test and boot.
import { z } from 'zod';
import {
  buildHosts,
  reachableHosts,
  signHosts,
  switchHosts,
  switchTogether,
  writeHosts,
  type ExitCode,
} from '../deploy/index.ts';
import type { Goal } from '../targets/index.ts';
import type { CliContext } from './context.ts';
import { evaluated } from './evaluated.ts';
import { printOutcomes } from './outcomes.ts';
import { progress, reachOptions } from './reach.ts';
import { signingEnvironment } from './signing.ts';
import { printWarnings } from './warnings.ts';

const optionsSchema = z.object({
  allowOlder: z.boolean().default(false),
  /** Commander's name for what `--no-watchdog` takes away. */
  watchdog: z.boolean().default(true),
  plan: z.string().optional(),
  together: z.boolean().default(false),
});

/** Builds the chosen hosts and brings them to what was built. */
export async function switching(
  context: CliContext,
  args: readonly unknown[],
  options: unknown,
  goal: Goal,
): Promise<ExitCode> {
  const { allowOlder, watchdog, plan, together } = optionsSchema.parse(options);
  const reach = reachOptions(context, args, options);
  const fleet = await evaluated(context);
  const built = await buildHosts(fleet, reach.words, { all: reach.all });
  const signed = await signHosts(await writeHosts(fleet, built), signingEnvironment(context));
  await printWarnings(context, fleet.warnings);
  const bring = together ? switchTogether : switchHosts;
  const outcomes = await bring(signed, {
    repository: context.repository,
    hosts: reachableHosts(fleet.evaluation),
    locate: reach.locate,
    jobs: reach.jobs,
    allowOlder,
    order: { goal, ...(watchdog ? {} : { watchdog }), ...(plan === undefined ? {} : { plan }) },
    watch: progress(context),
  });
  return printOutcomes(context, outcomes);
}
