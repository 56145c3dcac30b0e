// What chosen hosts are to run: built now, where that is not known to be what was built last.
import { lastBuild, wantedAgain, type BuildOrder } from '../deploy/last-build.ts';
import type { Reachable } from '../deploy/locate.ts';
import { wantedOf, type Wanted } from '../deploy/wanted.ts';
import { noteWarnings } from './warnings.ts';
import type { CliContext } from './context.ts';

/** Hosts with what they are to run. */
export interface Built {
  readonly wanted: readonly Wanted[];
  /** How every host of the fleet is reached. */
  readonly hosts: readonly Reachable[];
}

/**
 * Builds hosts where it must, and tells the warnings.
 * @param evaluated see `buildFleet`, which throws the same
 */
export async function builtOrKnown(
  context: CliContext,
  order: BuildOrder,
  evaluated?: () => void,
): Promise<Built> {
  const last = await lastBuild(order);
  if (last !== undefined) {
    noteWarnings(context, last.warnings);
    return { wanted: wantedAgain(last.results, order), hosts: last.hosts };
  }
  const { buildFleet } = await import('../deploy/build-fleet.ts');
  const { built, hosts, warnings } = await buildFleet(order, evaluated);
  noteWarnings(context, warnings);
  return { wanted: built.map(wantedOf), hosts };
}
