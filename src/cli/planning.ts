// What the verbs that look at a switch before it is made have in common: diff, dry-activate and adopt.
import type { Bundle } from '../bundle/index.ts';
import { buildHosts, pooled, reachableHosts, type Answer } from '../deploy/index.ts';
import type { Target } from '../targets/index.ts';
import type { CliContext } from './context.ts';
import { evaluated } from './evaluated.ts';
import type { ReachOptions } from './reach.ts';
import { printWarnings } from './warnings.ts';

/** Builds the chosen hosts, writes nothing, and asks each about its bundle. */
export async function planning<T>(
  context: CliContext,
  reach: ReachOptions,
  question: (host: string, target: Target, bundle: Bundle) => Promise<Answer<T>>,
): Promise<readonly Answer<T>[]> {
  const fleet = await evaluated(context);
  const built = await buildHosts(fleet, reach.words, { all: reach.all });
  await printWarnings(context, fleet.warnings);
  const targetFor = reach.locate(reachableHosts(fleet.evaluation));
  return pooled(built, reach.jobs, ({ host: { name }, bundle }) => question(name, targetFor(name), bundle));
}
