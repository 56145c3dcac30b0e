// A run over several hosts: who waits for whom, and when no further host is begun.
import { isGood, type Outcome } from './outcome.ts';
import type { Turn } from './ordering.ts';
import { pooled } from './pool.ts';

/** How a run goes from host to host. */
export interface Pace {
  /** Hosts at a time. */
  readonly jobs: number;
  /** Hosts that go before all others, which are begun only when these are well. */
  readonly canaries: readonly string[];
  /** One host after the other, each begun only when those before are well. */
  readonly rolling: boolean;
  /** No host is begun once one has failed. */
  readonly stopOnFailure: boolean;
}

/** Whether a host is to be looked at once more before others follow it. */
export function isGate(name: string, { rolling, canaries }: Pace): boolean {
  return rolling || canaries.includes(name);
}

/** The turns of a run at that pace. */
export function paced(turns: readonly Turn[], { rolling, canaries }: Pace): readonly Turn[] {
  const isCanary = ({ name }: Turn): boolean => canaries.includes(name);
  const sorted = [...turns.filter(isCanary), ...turns.filter((turn) => !isCanary(turn))];
  return sorted.map((turn, index) => {
    const before = sorted.slice(0, index).map(({ name }) => name);
    const waitsFor = before.filter(
      (name) => rolling || turn.after.has(name) || (canaries.includes(name) && !isCanary(turn)),
    );
    return { name: turn.name, after: new Set(waitsFor) };
  });
}

/**
 * Works on hosts in their turns; nobody waits for one that comes later in `turns`.
 * @param work prepares a host, waits for `turn` before it changes anything, and leaves the host where that says false
 * @returns the outcomes in the order of `turns`
 */
export function inTurns(
  turns: readonly Turn[],
  pace: Pace,
  work: (name: string, turn: () => Promise<boolean>) => Promise<Outcome>,
): Promise<readonly Outcome[]> {
  const ends = new Map(turns.map(({ name }) => [name, Promise.withResolvers<void>()]));
  let isStopped = false;
  return pooled(turns, pace.jobs, async ({ name, after }) => {
    const turn = async (): Promise<boolean> => {
      await Promise.all([...after].map((other) => ends.get(other)?.promise));
      return !isStopped;
    };
    const outcome = isStopped ? left(name) : await work(name, turn);
    if (!isGood(outcome) && (pace.stopOnFailure || isGate(name, pace))) isStopped = true;
    ends.get(name)?.resolve();
    return outcome;
  });
}

/** A host that is left as it was because of another one. */
export function left(host: string): Outcome {
  return { host, state: 'left' };
}
