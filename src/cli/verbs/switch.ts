// stead switch: build, sign, copy, activate, confirm.
import { z } from 'zod';
import {
  buildHosts,
  pooled,
  reachableHosts,
  recordReachable,
  signHosts,
  switchHost,
  writeHosts,
  type ExitCode,
} from '../../deploy/index.ts';
import type { CliContext } from '../context.ts';
import { evaluated } from '../evaluated.ts';
import { printOutcomes } from '../outcomes.ts';
import { progress, reachOptions } from '../reach.ts';
import { signingEnvironment } from '../signing.ts';
import { printWarnings } from '../warnings.ts';

const optionsSchema = z.object({ allowOlder: z.boolean().default(false) });

export async function run(
  context: CliContext,
  args: readonly unknown[],
  options: unknown,
): Promise<ExitCode> {
  const { allowOlder } = optionsSchema.parse(options);
  const reach = reachOptions(context, args, options);
  const fleet = await evaluated(context);
  const built = await buildHosts(fleet, reach.words, { all: reach.all });
  const signed = await signHosts(await writeHosts(fleet, built), signingEnvironment(context));
  await printWarnings(context, fleet.warnings);
  const hosts = reachableHosts(fleet.evaluation);
  recordReachable(context.repository, hosts);
  const targetFor = reach.locate(hosts);
  const { repository } = context;
  const outcomes = await pooled(signed, reach.jobs, ({ signature, ...one }) => {
    const admission = { allowOlder, repository, ...(signature === undefined ? {} : { signature }) };
    return switchHost(one, targetFor(one.host.name), admission, progress(context));
  });
  return printOutcomes(context, outcomes);
}
