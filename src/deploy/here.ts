// The machine that this runs on: which host of the fleet it is, and who deploys from it.
import { hostname, networkInterfaces, userInfo } from 'node:os';
import type { Reachable } from './locate.ts';

/** The host that is this machine: the one at one of its addresses, else the one with its name; most often none. */
export function hostHere(
  hosts: readonly Reachable[],
  name = hostname(),
  addresses: readonly string[] = ownAddresses(),
): string | undefined {
  const real = hosts.filter(({ settings }) => settings.ssh !== undefined);
  const found =
    real.find(({ settings }) => addresses.includes(settings.ssh!.address)) ??
    real.find((host) => host.name === name.split('.')[0]);
  return found?.name;
}

function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
}

/** Who deploys, for the records of hosts: `me@laptop`. */
export function whoDeploys(): string {
  return `${userInfo().username}@${hostname()}`;
}
