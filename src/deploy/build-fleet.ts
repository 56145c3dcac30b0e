// Building chosen hosts of a repository: evaluated, written to out/, signed, and remembered for the next time.
import { join } from 'node:path';
import { buildHosts, evaluateRepository, writeHosts, type WrittenHost } from './build.ts';
import { requestOf, type BuildOrder } from './last-build.ts';
import type { Reachable } from './locate.ts';
import { reachableHosts } from './reachable.ts';
import { signHosts } from './sign.ts';
import { recordBuild } from './unchanged.ts';
import { askedOf } from './wanted.ts';
import { toldWarnings, type ToldWarning } from './warnings.ts';

/** Hosts that were built in this run. */
export interface FleetBuild {
  readonly built: readonly WrittenHost[];
  /** How every host of the fleet is reached. */
  readonly hosts: readonly Reachable[];
  readonly warnings: readonly ToldWarning[];
}

/**
 * @param evaluated is called when all hosts are: what is wrong after that is not wrong with the repository
 * @throws SteadError, SteadErrors for all that is wrong with the repository, and where a bundle cannot be signed
 */
export async function buildFleet(order: BuildOrder, evaluated: () => void = () => {}): Promise<FleetBuild> {
  const { repository, words, all, commit, signing } = order;
  const fleet = await evaluateRepository(repository, commit);
  const hostsBuilt = await buildHosts(fleet, words, { all });
  evaluated();
  const signed = await signHosts(hostsBuilt, join(repository, 'out'), signing);
  const built = await writeHosts(fleet, signed);
  const hosts = reachableHosts(fleet.evaluation);
  const warnings = await toldWarnings(fleet.warnings, repository);
  const results = built.map(({ bundle, path, signature }) => ({
    ...askedOf(bundle),
    path,
    ...(signature === undefined ? {} : { signature }),
  }));
  recordBuild(await requestOf(order), { results, hosts, warnings });
  return { built, hosts, warnings };
}
