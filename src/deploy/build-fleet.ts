// Building chosen hosts of a repository: evaluated, written to out/, signed, and remembered for the next time.
import type { SteadError } from '../options/index.ts';
import { buildHosts, evaluateRepository, writeHosts } from './build.ts';
import { requestOf, type BuildOrder } from './last-build.ts';
import type { Reachable } from './locate.ts';
import { reachableHosts } from './reachable.ts';
import { signHosts, type SignedHost } from './sign.ts';
import { recordBuild } from './unchanged.ts';
import { askedOf } from './wanted.ts';

/** Hosts that were built in this run. */
export interface FleetBuild {
  readonly built: readonly SignedHost[];
  /** How every host of the fleet is reached. */
  readonly hosts: readonly Reachable[];
  readonly warnings: readonly SteadError[];
}

/** @throws SteadError, SteadErrors for all that is wrong with the repository, and where a bundle cannot be signed */
export async function buildFleet(order: BuildOrder): Promise<FleetBuild> {
  const { repository, words, all, commit, signing } = order;
  const fleet = await evaluateRepository(repository, commit);
  const built = await signHosts(await writeHosts(fleet, await buildHosts(fleet, words, { all })), signing);
  const hosts = reachableHosts(fleet.evaluation);
  // Warnings are to be seen every time.
  if (fleet.warnings.length === 0) {
    const results = built.map(({ bundle, path, signature }) => ({
      ...askedOf(bundle),
      path,
      isSigned: signature !== undefined,
    }));
    recordBuild(await requestOf(order), { results, hosts });
  }
  return { built, hosts, warnings: fleet.warnings };
}
