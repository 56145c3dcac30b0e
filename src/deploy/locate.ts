// Where each host lives: its `target` options, or a folder given on the command line.
import { join, resolve } from 'node:path';
import type { z } from 'zod';
import { SteadError } from '../options/error.ts';
import { directoryTarget } from '../targets/directory.ts';
import type { SshEndpoint, SshEnvironment, Target } from '../targets/index.ts';
import type { target } from '../targets/option-set.ts';
import { sshTarget } from '../targets/ssh.ts';

/** The merged `target` options of a host. */
export type TargetSettings = z.output<typeof target.schema>;

/** A host as far as it takes to reach it. */
export interface Reachable {
  readonly name: string;
  readonly tags: readonly string[];
  readonly settings: TargetSettings;
  /** Hosts of a lower stage have their turn first. */
  readonly stage: number;
}

export interface LocateOptions {
  readonly repository: string;
  /** Hosts are folders below this one, whatever their targets say. */
  readonly targetRoot?: string;
  /** The machine that deploys, as far as SSH cares. */
  readonly ssh: SshEnvironment;
}

/**
 * The target of a host. Without one of its own it is the folder `out/targets/<host>`.
 * @param find looks up the host that another one is reached through
 */
export function targetOf(host: Reachable, find: (name: string) => Reachable, options: LocateOptions): Target {
  const { name } = host;
  if (options.targetRoot !== undefined) {
    return directoryTarget({ name, directory: join(options.targetRoot, name) });
  }
  const { ssh, directory } = host.settings;
  if (ssh === undefined) {
    const folder = directory ?? join('out', 'targets', name);
    return directoryTarget({ name, directory: resolve(options.repository, folder) });
  }
  return sshTarget({
    name,
    ...endpointOf(host, options),
    jump: jumpsTo(host, find).map((hop) => endpointOf(hop, options)),
    root: ssh.root,
    environment: options.ssh,
  });
}

/** The servers to go through, the first one first. @throws SteadError `target.jump` for a ring of jump hosts */
function jumpsTo(host: Reachable, find: (name: string) => Reachable): Reachable[] {
  const way: Reachable[] = [host];
  for (let next = host.settings.ssh?.jump; next !== undefined; next = way[0]!.settings.ssh?.jump) {
    const hop = find(next);
    if (hop.settings.ssh === undefined || way.includes(hop)) {
      throw new SteadError({
        code: 'target.jump',
        host: host.name,
        option: 'target.ssh.jump',
        message: `cannot be reached through ${next}: ${
          way.includes(hop) ? 'the jump hosts form a ring' : 'that host has no target.ssh'
        }`,
        hint: 'Name a host of the fleet that has an SSH address and can be reached without this one.',
      });
    }
    way.unshift(hop);
  }
  return way.slice(0, -1);
}

function endpointOf({ name, settings }: Reachable, options: LocateOptions): SshEndpoint {
  const { address, port, user, identityFiles, hostKeys } = settings.ssh!;
  return {
    host: address,
    ...(port === undefined ? {} : { port }),
    ...(user === undefined ? {} : { user }),
    identityFiles,
    hostKeys,
    // A file that is named on the command line knows hosts by the fleet's names: a lab, another way in.
    ...(options.ssh.configFile === undefined ? {} : { alias: name }),
  };
}
