// The hosts that a verb can reach: from the repository, or from the last build where that cannot be read.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { loadFleet } from '../fleet/index.ts';
import { Evaluation, SteadError, SteadErrors, type HostEvaluation } from '../options/index.ts';
import { target } from '../targets/option-set.ts';
import { rollout } from '../targets/rollout-set.ts';
import type { Reachable } from './locate.ts';
import { TARGETS_FILE } from './targets-record.ts';

const recorded = z.array(
  z.object({
    name: z.string(),
    tags: z.array(z.string()),
    settings: target.schema,
    stage: z.int().default(0),
  }),
);

/** How every host of a fleet is reached. Nothing but `target` and `rollout` is computed. */
export function reachableHosts(evaluation: Evaluation): readonly Reachable[] {
  return evaluation.hosts.map((host) => ({
    name: host.name,
    tags: host.tags,
    settings: host.get(target),
    stage: stageOf(host),
  }));
}

/** A mistake in what decides the order stops no rollback: such a host has its turn among the first. */
function stageOf(host: HostEvaluation): number {
  try {
    return host.get(rollout).stage;
  } catch (error) {
    if (error instanceof SteadError || error instanceof SteadErrors) return 0;
    throw error;
  }
}

/** How hosts were reached when they were last switched. */
export function recordedHosts(repository: string): readonly Reachable[] {
  return readRecorded(repository) ?? [];
}

/**
 * How hosts are reached, for verbs that need nothing else of the repository: a mistake elsewhere in it
 * stops no rollback.
 * @returns the hosts, and the error that made the record of the last build stand in
 */
export async function findReachable(
  repository: string,
): Promise<{ readonly hosts: readonly Reachable[]; readonly problem?: unknown }> {
  try {
    const { hosts, implementations } = await loadFleet(repository);
    return { hosts: reachableHosts(new Evaluation(hosts, { implementations })) };
  } catch (problem) {
    if (!(problem instanceof SteadError || problem instanceof SteadErrors)) throw problem;
    const hosts = readRecorded(repository);
    if (hosts === undefined) throw problem;
    return { hosts, problem };
  }
}

function readRecorded(repository: string): readonly Reachable[] | undefined {
  try {
    return recorded.parse(JSON.parse(readFileSync(join(repository, TARGETS_FILE), 'utf8')));
  } catch {
    // No record, or none of this version: the repository's own error is the one to show.
    return undefined;
  }
}
