// Outputs of recipes that a host lacks: built where its configuration says, and brought to it.
import { basename, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { recipeOutputs, recipes } from '../bundle/sets/recipes.ts';
import type { BuiltRecipe } from '../fleet/index.ts';
import { SteadError, type HostEvaluation } from '../options/index.ts';
import {
  directoryTarget,
  outputOf,
  receiveOutput,
  sendOutput,
  type Compression,
  type Output,
  type Session,
  type Target,
} from '../targets/index.ts';
import { buildThere } from './build-recipe.ts';
import type { Watch } from './events.ts';
import type { Realise } from './outputs.ts';
import { signText, type SigningEnvironment } from './sign.ts';
import { disposable } from './way.ts';

/** What building takes besides hosts. */
export interface BuildOrder {
  readonly repository: string;
  /** How another host of the fleet is reached. */
  readonly targetOf: (name: string) => Target;
  readonly signing: SigningEnvironment;
  readonly watch: Watch;
}

/** Has outputs built, each once for all hosts of a run. */
export function workshop(order: BuildOrder): Realise {
  const under = new Map<string, Promise<Output>>();
  const inTurn = oneByOne();
  const built = (
    one: BuiltRecipe,
    machine: string,
    session: Session,
    host: HostEvaluation,
  ): Promise<Output> => {
    const key = `${machine} ${one.hash}`;
    const on = machine === host.name ? {} : { on: machine };
    const { mirrors } = host.get(recipes);
    let building = under.get(key);
    if (building === undefined) {
      building = buildThere(one, session, { ...order, ...on, host: host.name, mirrors, inTurn });
      under.set(key, building);
    } else {
      order.watch({
        kind: 'waiting',
        host: host.name,
        for: `${one.name} ${one.version}, built on ${machine}`,
      });
    }
    return building;
  };
  return async (host, session, names) => {
    const wanted = recipeOutputs(host).filter(({ path }) => names.includes(basename(path)));
    const { buildOn = host.name } = host.get(recipes);
    if (buildOn === host.name) {
      await Promise.all(wanted.map((one) => built(one, buildOn, session, host)));
      return;
    }
    await using there = disposable(await builderOf(buildOn, order).open());
    await Promise.all(
      wanted.map(async (one) => {
        await built(one, buildOn, there.open, host);
        await pass(one, host, there.open, session, order);
      }),
    );
  };
}

/** What is fetched is fetched once, whoever wants it: each call waits for the one before. */
function oneByOne(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next;
    return next;
  };
}

function builderOf(name: string, { repository, targetOf }: BuildOrder): Target {
  if (name !== 'deployer') return targetOf(name);
  return directoryTarget({ name, directory: join(repository, 'out', 'builder') });
}

/** From the machine that has an output to a host, through this one. */
async function pass(
  { path }: BuiltRecipe,
  host: HostEvaluation,
  from: Session,
  to: Session,
  { signing, watch }: BuildOrder,
): Promise<void> {
  const name = basename(path);
  const [has, takes] = await Promise.all([outputOf(from, name), outputOf(to, name)]);
  if (takes.output !== undefined) return;
  if (has.output === undefined) throw gone(host, name);
  const { bytes } = has.output;
  watch({ kind: 'copying', host: host.name, objects: 1, bytes });
  const signature = await signText(host, outputText(has.output), signing);
  const packing: Compression = has.zstd && takes.zstd ? 'zstd' : 'gzip';
  const pipe = new PassThrough();
  // Each end hears of the failure of the other.
  const ended = async (work: Promise<void>): Promise<void> => {
    try {
      await work;
    } catch (error) {
      pipe.destroy(error as Error);
      throw error;
    }
  };
  const ends = await Promise.allSettled([
    ended(sendOutput(from, name, packing, pipe)),
    ended(receiveOutput(to, has.output, signature, packing, pipe)),
  ]);
  const errors = ends.flatMap((end): unknown[] => (end.status === 'rejected' ? [end.reason] : []));
  if (errors.length > 0) throw errors.find((error) => error instanceof SteadError) ?? errors[0];
}

/** What is signed of an output; see "Recipes" in FORMAT.md. */
function outputText({ name, tree }: Output): string {
  return `stead output 1\nname ${name}\ntree ${tree}\n`;
}

function gone(host: HostEvaluation, name: string): SteadError {
  return new SteadError({
    code: 'recipe.gone',
    host: host.name,
    message: `the output ${name} was built, and is not there any more`,
    hint: 'Something collects garbage on the machine that builds; run this again.',
  });
}
