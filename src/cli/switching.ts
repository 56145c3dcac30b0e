// What the verbs that bring hosts to a build have in common: switch, test and boot.
import { z } from 'zod';
import {
  buildHosts,
  pooled,
  reachableHosts,
  recordedHosts,
  recordReachable,
  signHosts,
  switchHost,
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
});

/** Builds the chosen hosts and brings them to what was built. */
export async function switching(
  context: CliContext,
  args: readonly unknown[],
  options: unknown,
  goal: Goal,
): Promise<ExitCode> {
  const { allowOlder, watchdog, plan } = optionsSchema.parse(options);
  const reach = reachOptions(context, args, options);
  const fleet = await evaluated(context);
  const built = await buildHosts(fleet, reach.words, { all: reach.all });
  const signed = await signHosts(await writeHosts(fleet, built), signingEnvironment(context));
  await printWarnings(context, fleet.warnings);
  const { repository } = context;
  const hosts = reachableHosts(fleet.evaluation);
  const before = recordedHosts(repository);
  const targetFor = reach.locate(hosts);
  const formerTargetFor = reach.locate(before);
  const order = {
    goal,
    ...(watchdog ? {} : { watchdog }),
    ...(plan === undefined ? {} : { plan }),
  };
  const outcomes = await pooled(signed, reach.jobs, ({ signature, ...one }) => {
    const { name } = one.host;
    const admission = { allowOlder, repository, ...(signature === undefined ? {} : { signature }) };
    const former = before.some((host) => host.name === name) ? formerTargetFor(name) : undefined;
    const way = { target: targetFor(name), ...(former === undefined ? {} : { former }) };
    return switchHost(one, way, admission, order, progress(context));
  });
  const there = outcomes.filter(({ state }) => state === 'switched' || state === 'unchanged');
  recordReachable(repository, hosts, new Set(there.map(({ host }) => host)));
  return printOutcomes(context, outcomes);
}
