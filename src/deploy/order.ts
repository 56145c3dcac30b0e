// In which order hosts are taken, where one must not cut off the way to another.
import type { Reachable } from './locate.ts';

/**
 * The hosts in groups to be taken one after the other: those that others are reached through after them, and those
 * of `last` behind all, one by one in the order given.
 */
export function groupedByWay(
  hosts: readonly Reachable[],
  last: readonly string[],
): readonly (readonly string[])[] {
  const groups: string[][] = [];
  const chosen = hosts.filter(({ name }) => !last.includes(name));
  for (const { name } of chosen) (groups[depthOf(name, hosts)] ??= []).push(name);
  const known = new Set(hosts.map(({ name }) => name));
  return [
    ...groups.filter((group) => group !== undefined),
    ...last.filter((name) => known.has(name)).map((name) => [name]),
  ];
}

/** The longest chain of hosts that are reached through this one. */
function depthOf(name: string, hosts: readonly Reachable[]): number {
  const behind = hosts.filter(({ settings }) => settings.ssh?.jump === name);
  // A ring is refused when its hosts are reached; here it must only end.
  const others = hosts.filter((host) => host.name !== name);
  return Math.max(0, ...behind.map((host) => 1 + depthOf(host.name, others)));
}
