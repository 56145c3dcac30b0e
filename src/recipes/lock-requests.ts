// What a fleet asks `stead.lock` for: found out by evaluating it with stand-ins for what is not there.
import { recipes } from '../bundle/sets/index.ts';
import { evaluateFleet, guarded, loadFleet, type Lock, type Pins } from '../fleet/index.ts';
import { didYouMean, nearest, SteadError, type HostEvaluation } from '../options/index.ts';

/** What a fleet asks its lock for. */
export interface Asked {
  readonly sources: ReadonlyMap<string, ReadonlySet<string>>;
  /** By archive, `bookworm/amd64`: names of packages, each with the recipes that ask for it. */
  readonly debian: ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;
  readonly models: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  readonly mirrors: readonly string[];
  /** Whether evaluation got to the end of everything. */
  readonly complete: boolean;
}

/** What the fleet asks for with this lock; what is not in it has a stand-in meanwhile. */
export async function requests(repository: string, lock: Lock): Promise<Asked> {
  const fleet = await loadFleet(repository, { lenient: lock });
  return guarded(() => {
    const evaluation = evaluateFleet(fleet);
    const { errors } = evaluation.check();
    const mirrors = evaluation.hosts.flatMap(mirrorsSaid);
    return { ...sorted(fleet.pins), mirrors: [...new Set(mirrors)], complete: errors.length === 0 };
  });
}

/** None where a host has errors: those are told of when it is built. */
function mirrorsSaid(host: HostEvaluation): readonly string[] {
  try {
    return host.get(recipes).mirrors;
  } catch (error) {
    if (error instanceof SteadError) return [];
    throw error;
  }
}

function sorted(pins: Pins): Pick<Asked, 'sources' | 'debian' | 'models'> {
  const sources = new Map<string, ReadonlySet<string>>();
  const debian = new Map<string, Map<string, ReadonlySet<string>>>();
  const models = new Map<string, Readonly<Record<string, unknown>>>();
  for (const { request, by } of pins.asked.values()) {
    if (request.kind === 'source') sources.set(request.request, by);
    else if (request.kind === 'model') models.set(request.name, request.request);
    else {
      const names = debian.get(request.suite) ?? new Map<string, ReadonlySet<string>>();
      debian.set(request.suite, names.set(request.name, by));
    }
  }
  return { sources, debian, models };
}

/** @throws SteadError `update.unknown` for a name that nothing asks for */
export function checkNames(names: readonly string[], { sources, debian, models, complete }: Asked): void {
  const askers = [...sources.values(), ...[...debian.values()].flatMap((one) => [...one.values()])];
  const known = [
    ...new Set([...askers.flatMap((by) => [...by]), ...models.keys(), ...sources.keys(), ...debian.keys()]),
  ].sort();
  for (const name of names) {
    if (known.includes(name)) continue;
    const near = nearest(name, known);
    const besides = complete ? '' : ' The fleet has errors that may hide it: see `stead check`.';
    throw new SteadError({
      code: 'update.unknown',
      message: `nothing that the fleet uses is called ${name}`,
      hint:
        didYouMean(near) ??
        (known.length > 0
          ? `There are ${known.join(', ')}.${besides}`
          : `No host uses a recipe or a model whose sources are pinned.${besides}`),
    });
  }
}
