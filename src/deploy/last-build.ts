// What hosts are to run, as the last build says, where another one would do the same.
import { join } from 'node:path';
import type { Provenance } from '../bundle/index.ts';
import { SteadError, SteadErrors } from '../options/error.ts';
import type { FleetBuild } from './build-fleet.ts';
import type { BuiltHost } from './build.ts';
import { touchManifest } from './kept-manifest.ts';
import type { SigningEnvironment } from './sign.ts';
import {
  filesState,
  hasRecord,
  unchangedBuild,
  type BuildRequest,
  type BuildResult,
  type LastBuild,
} from './unchanged.ts';
import type { Wanted } from './wanted.ts';

/** What is to be built. */
export interface BuildOrder {
  readonly repository: string;
  /** Hosts and tags. */
  readonly words: readonly string[];
  readonly all: boolean;
  /** Where the repository stands: `provenance(…)`. */
  readonly commit: Promise<Provenance>;
  readonly signing: SigningEnvironment;
  /** The state of the repository's files before anything of them is read. */
  readonly files: string | undefined;
}

/** Begins a build: from now on, a change to the repository is one for the next. */
export function buildOrder(what: Omit<BuildOrder, 'files'>): BuildOrder {
  return { ...what, files: filesState(what.repository) };
}

export async function requestOf(order: BuildOrder): Promise<BuildRequest> {
  const { repository, words, all, commit, files } = order;
  return { repository, selection: all ? ['--all'] : words, provenance: await commit, files };
}

/** The last build of the same hosts; nothing where another one may differ. */
export async function lastBuild(order: BuildOrder): Promise<LastBuild | undefined> {
  return hasRecord(order.repository) ? unchangedBuild(await requestOf(order)) : undefined;
}

/** What the hosts of the last build are to run; one that does not run it yet has the repository built after all. */
export function wantedAgain(results: readonly BuildResult[], order: BuildOrder): readonly Wanted[] {
  let building: Promise<FleetBuild> | undefined;
  const whole = async ({ host, hash }: BuildResult): Promise<BuiltHost> => {
    building ??= import('./build-fleet.ts').then(({ buildFleet }) => buildFleet(order));
    // It evaluated before, so that what is wrong with it now has come since.
    const fleet = await building.catch((error: unknown) => {
      if (!(error instanceof SteadErrors)) throw error;
    });
    const built = fleet?.built.find((one) => one.host.name === host);
    if (built?.bundle.manifest.hash === hash) return built;
    throw new SteadError({
      code: 'switch.changed',
      host,
      message: 'the repository was changed while it was switched',
      hint: 'Run this again. Nothing has changed on the host.',
    });
  };
  return results.map((result) => ({
    ...result,
    keep: () => void touchManifest(join(order.repository, 'out'), result.host, result.hash),
    whole: () => whole(result),
  }));
}
