// Remembers in out/targets.json how hosts are reached.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../bundle/atomic.ts';
import type { Reachable } from './locate.ts';

/** In a repository; reachable.ts reads it. */
export const TARGETS_FILE = join('out', 'targets.json');

/**
 * Keeps how hosts are reached, for the day when the repository does not evaluate and a rollback is wanted, and for a
 * switch that moves a host. What is known of hosts that are not in `there` stays.
 * @param there names of hosts that were found where `hosts` says
 */
export async function recordReachable(
  repository: string,
  hosts: readonly Reachable[],
  there: ReadonlySet<string>,
): Promise<void> {
  const text = `${JSON.stringify(await known(repository, hosts, there), null, 2)}\n`;
  const file = join(repository, TARGETS_FILE);
  if (text !== textOf(file)) writeFileAtomic(file, text);
}

async function known(
  repository: string,
  hosts: readonly Reachable[],
  there: ReadonlySet<string>,
): Promise<readonly Reachable[]> {
  if (hosts.every(({ name }) => there.has(name))) return hosts;
  const { recordedHosts } = await import('./reachable.ts');
  const before = new Map(recordedHosts(repository).map((host) => [host.name, host]));
  return hosts.map((host) => (there.has(host.name) ? host : (before.get(host.name) ?? host)));
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // None yet, or none that can be read: it is written.
    return undefined;
  }
}
