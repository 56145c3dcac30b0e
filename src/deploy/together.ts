// Switches several hosts, all of them or none: prepared everywhere, then switched everywhere, then confirmed everywhere.
//
// Until it is confirmed a host takes itself back when its time is over, which is given to it anew for as long as this
// runs: whatever happens to the machine that deploys, every host is on its old generation a minute later.
// The decision is one word to each host, said to all in one go when each of them waits for it with all else done. Until
// the first is told, a death of this machine is a no from all; after the last, a yes. Between the two lie microseconds,
// in which no two machines can agree without a third that outlives them: a death just then, or one together with the
// loss of a host's last packet or power, leaves some hosts new and some old. `stead status` shows it.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Watch } from './events.ts';
import type { Turn } from './ordering.ts';
import { isGood, type Outcome } from './outcome.ts';
import { Party, type Member } from './party.ts';
import { pooled } from './pool.ts';
import { left } from './rollout.ts';

/** After this a host that was told to switch is at work by itself, and those it is reached through may follow. */
const TAKEN_SECONDS = 2;

/**
 * Brings hosts to their bundles; where one of them cannot be prepared, switched, found well or confirmed, all of them
 * run what they ran before.
 * @param turns of these hosts: the order in which they are told to switch
 * @param jobs how many are prepared at a time
 */
export async function switchTogether(
  members: readonly Member[],
  turns: readonly Turn[],
  jobs: number,
  watch: Watch,
): Promise<readonly Outcome[]> {
  const parties = members.map((member) => new Party(member, watch));
  try {
    const prepared = await pooled(parties, jobs, (party) => party.prepare());
    if (!prepared.every(isGood)) return prepared.map((one) => (isGood(one) ? left(one.host) : one));
    const going = parties.filter((_, index) => prepared[index]!.state === 'prepared');
    if (going.length === 0) return prepared;
    const ends = new Map((await carriedOut(going, turns)).map((one) => [one.host, one]));
    const isDone = [...ends.values()].every(isGood);
    return await Promise.all(
      parties.map((party, index) => {
        const end = ends.get(party.name);
        if (end !== undefined || isDone) return party.ended(end ?? prepared[index]!);
        return left(party.name);
      }),
    );
  } finally {
    await Promise.all(parties.map((party) => party.close()));
  }
}

/** From the first change on. */
async function carriedOut(parties: readonly Party[], turns: readonly Turn[]): Promise<readonly Outcome[]> {
  const renewing = renewal(parties);
  let outcomes = await committing(parties, turns);
  if (outcomes.every(isGood)) outcomes = await Promise.all(parties.map((party) => party.check()));
  await renewing.stop();
  if (outcomes.every(isGood)) outcomes = await confirming(parties);
  return outcomes.every(isGood) ? outcomes : allBack(parties, outcomes);
}

/** All at once, but that no order goes through a host that is at work on its own already. */
function committing(parties: readonly Party[], turns: readonly Turn[]): Promise<readonly Outcome[]> {
  const afters = new Map(turns.map(({ name, after }) => [name, after]));
  const orders = new Map(parties.map(({ name }) => [name, Promise.withResolvers<void>()]));
  return Promise.all(
    parties.map(async (party) => {
      const before = [...(afters.get(party.name) ?? [])].map((name) => orders.get(name)?.promise);
      await Promise.all(before);
      const { resolve } = orders.get(party.name)!;
      const outcome = party.commit(resolve);
      void sleep(TAKEN_SECONDS * 1000, undefined, { ref: false }).then(resolve);
      return outcome;
    }),
  );
}

/** All at once: the word is said to the first when every one of them waits for it, and to the last a moment later. */
async function confirming(parties: readonly Party[]): Promise<readonly Outcome[]> {
  const ready = await Promise.all(parties.map((party) => party.ready()));
  if (ready.every(isGood)) return Promise.all(parties.map((party) => party.confirm()));
  await Promise.all(parties.map((party) => party.leave()));
  return ready;
}

/** The outcome of each host in a switch that failed; what went wrong stands with the host where it did. */
function allBack(parties: readonly Party[], outcomes: readonly Outcome[]): Promise<readonly Outcome[]> {
  return Promise.all(
    parties.map((party, index) => {
      const outcome = outcomes[index]!;
      return outcome.state === 'partial' ? outcome : party.takeBack(outcome);
    }),
  );
}

/** Keeps hosts from taking themselves back for as long as it is not stopped. */
function renewal(parties: readonly Party[]): { stop(): Promise<void> } {
  const end = new AbortController();
  const everySeconds = Math.max(1, Math.min(...parties.map(({ seconds }) => seconds)) / 3);
  const work = (async () => {
    while (!end.signal.aborted) {
      await sleep(everySeconds * 1000, undefined, { signal: end.signal }).catch(() => {});
      if (!end.signal.aborted) await Promise.all(parties.map((party) => party.renew()));
    }
  })();
  return {
    stop: () => {
      end.abort();
      return work;
    },
  };
}
