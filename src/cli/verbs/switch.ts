// stead switch: build, copy, activate, confirm.
import {
  buildHosts,
  pooled,
  reachableHosts,
  recordReachable,
  switchHost,
  writeHosts,
  type ExitCode,
} from '../../deploy/index.ts';
import type { CliContext } from '../context.ts';
import { evaluated } from '../evaluated.ts';
import { printOutcomes } from '../outcomes.ts';
import { progress, reachOptions } from '../reach.ts';
import { printWarnings } from '../warnings.ts';

export async function run(
  context: CliContext,
  args: readonly unknown[],
  options: unknown,
): Promise<ExitCode> {
  const reach = reachOptions(context, args, options);
  const fleet = await evaluated(context);
  const built = await buildHosts(fleet, reach.words, { all: reach.all });
  await writeHosts(fleet, built);
  await printWarnings(context, fleet.warnings);
  const hosts = reachableHosts(fleet.evaluation);
  recordReachable(context.repository, hosts);
  const targetFor = reach.locate(hosts);
  const outcomes = await pooled(built, reach.jobs, (one) =>
    switchHost(one, targetFor(one.host.name), progress(context)),
  );
  return printOutcomes(context, outcomes);
}
