// Whose turn it is in a run over several hosts: those through which others are reached come after them.

/** A host as far as it decides when its turn is. */
export interface Orderable {
  readonly name: string;
  /** Hosts of a lower stage come first. */
  readonly stage: number;
  /** The host that it is reached through. */
  readonly jump?: string | undefined;
}

/** When a host may be begun. */
export interface Turn {
  readonly name: string;
  /** Hosts of the same run that are to be done before. */
  readonly after: ReadonlySet<string>;
}

/**
 * The turns of the chosen hosts, in the order to begin them in; nobody waits for one that comes later in it.
 * A host that others are reached through comes after them, and never at an earlier stage than they; hosts of a
 * higher stage come after those of a lower one; the machine that this runs on is last of all.
 * @param chosen names of the hosts of this run
 * @param fleet all hosts: the way to one may lead through hosts that are not chosen
 * @param here the host that this runs on, where it is one of the fleet
 */
export function turnsOf(
  chosen: readonly string[],
  fleet: readonly Orderable[],
  here: string | undefined,
): readonly Turn[] {
  const ways = waysOf(fleet);
  const stages = stagesOf(fleet, ways);
  const placed = chosen
    .map((name) => ({ name, isHere: name === here, stage: stages.get(name)!, way: ways.get(name)! }))
    .sort(
      (left, right) =>
        Number(left.isHere) - Number(right.isHere) ||
        left.stage - right.stage ||
        right.way.size - left.way.size,
    );
  return placed.map((host, index) => ({
    name: host.name,
    after: new Set(
      placed
        .slice(0, index)
        .filter((other) => host.isHere || other.stage < host.stage || other.way.has(host.name))
        .map(({ name }) => name),
    ),
  }));
}

/** All hosts on the way to each host. A ring, which no connection survives, ends where it closes. */
function waysOf(fleet: readonly Orderable[]): ReadonlyMap<string, ReadonlySet<string>> {
  const jumps = new Map(fleet.map(({ name, jump }) => [name, jump]));
  return new Map(
    fleet.map(({ name }) => {
      const way = new Set<string>();
      for (
        let hop = jumps.get(name);
        hop !== undefined && hop !== name && !way.has(hop);
        hop = jumps.get(hop)
      )
        way.add(hop);
      return [name, way];
    }),
  );
}

/** The stage of each host: its own, or that of a later host that is reached through it. */
function stagesOf(
  fleet: readonly Orderable[],
  ways: ReadonlyMap<string, ReadonlySet<string>>,
): ReadonlyMap<string, number> {
  const stages = new Map(fleet.map(({ name, stage }) => [name, stage]));
  for (const { name, stage } of fleet) {
    for (const hop of ways.get(name)!) stages.set(hop, Math.max(stages.get(hop) ?? stage, stage));
  }
  return stages;
}
