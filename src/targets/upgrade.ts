// The host's verbs around upgrades of its packages, typed.
import { z } from 'zod';
import { absent, read } from './hostAnswer.ts';
import { hostLines, values } from './hostLines.ts';
import type { Session } from './target.ts';

/** What an upgrade has done to a host. */
export interface Upgraded {
  readonly packages: readonly {
    readonly name: string;
    /** Undefined for one that came with another. */
    readonly from: string | undefined;
    readonly to: string;
  }[];
  /** What apt leaves as it is: held, or with something else in the way. */
  readonly keptBack: readonly string[];
  /** Why the host is to be restarted; empty where it is not. */
  readonly reboot: readonly string[];
}

/**
 * Upgrades the packages of a host; losing the session does not stop it.
 * @throws SteadError `host.upgrade`, `host.locked`, `target.disconnected`
 */
export function upgrade(session: Session, onStderr: (line: string) => void): Promise<Upgraded> {
  return upgradedBy(session, 'upgrade', onStderr);
}

/** Follows an upgrade that is under way, or tells how the last one ended. */
export function attendUpgrade(session: Session, onStderr: (line: string) => void): Promise<Upgraded> {
  return upgradedBy(session, 'attend', onStderr);
}

async function upgradedBy(
  session: Session,
  verb: 'upgrade' | 'attend',
  onStderr: (line: string) => void,
): Promise<Upgraded> {
  const lines = await hostLines(session, verb, [], { onStderr });
  const text = (value: unknown): string => read(z.string(), value, verb);
  return {
    packages: values(lines, 'upgraded').map(([name, from, to]) => ({
      name: text(name),
      from: read(z.union([absent, z.string()]), from, verb),
      to: text(to),
    })),
    keptBack: values(lines, 'kept-back').map(([name]) => text(name)),
    reboot: values(lines, 'reboot').map(([why]) => text(why)),
  };
}

/**
 * Waits until a host has started everything and its health checks succeed; gives the units that have failed.
 * @throws SteadError `host.health`
 */
export async function health(session: Session, onStderr: (line: string) => void): Promise<readonly string[]> {
  const lines = await hostLines(session, 'health', [], { onStderr });
  return values(lines, 'failed').map(([unit]) => read(z.string(), unit, 'health'));
}
