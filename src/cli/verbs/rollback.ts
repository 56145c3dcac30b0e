// stead rollback: back to the generation before, to one by number, to the build of a commit, to what ran at a time.
import { z } from 'zod';
import {
  hostHere,
  inTurns,
  momentOf,
  recordRun,
  rollbackHost,
  turnsOf,
  type ExitCode,
  type Wish,
} from '../../deploy/index.ts';
import { SteadError } from '../../options/index.ts';
import type { CliContext } from '../context.ts';
import { display, summaryText } from '../live.ts';
import { printOutcomes } from '../outcomes.ts';
import { chosenReach, reachOptions } from '../reach.ts';

const optionsSchema = z.object({ to: z.string().optional(), asOf: z.string().optional() });

export async function run(
  context: CliContext,
  args: readonly unknown[],
  options: unknown,
): Promise<ExitCode> {
  const start = new Date();
  const wish = wishOf(optionsSchema.parse(options), start);
  const reach = reachOptions(context, args, options);
  const { chosen, hosts } = await chosenReach(context, reach);
  const turns = turnsOf(
    chosen.map(({ name }) => name),
    hosts.map(({ name, stage, settings }) => ({ name, stage, jump: settings.ssh?.jump })),
    hostHere(hosts),
  );
  const targets = new Map(chosen.map(({ name, target }) => [name, target]));
  const pace = { jobs: reach.jobs, rolling: false, stopOnFailure: false, canaries: [] };
  const list = display(context);
  const ends = await inTurns(turns, pace, async (name, turn) => {
    list.watch({ kind: 'waiting', host: name, for: 'its turn' });
    await turn();
    const outcome = await rollbackHost(name, targets.get(name)!, wish, list.watch);
    list.watch({ kind: 'ended', host: name, outcome });
    return outcome;
  }).finally(() => list.end());
  const outcomes = chosen.map(({ name }) => ends.find(({ host }) => host === name)!);
  if (outcomes.length > 1) context.note(summaryText(outcomes, Date.now() - start.getTime()));
  recordRun(context.repository, { verb: 'rollback', start, commit: null }, outcomes);
  return printOutcomes(context, outcomes);
}

function wishOf({ to, asOf }: z.output<typeof optionsSchema>, now: Date): Wish | undefined {
  if (to !== undefined && asOf !== undefined) {
    throw new SteadError({ code: 'usage.rollback', message: '--to and --as-of do not go together' });
  }
  if (asOf !== undefined) return { kind: 'time', time: momentOf(asOf, now) };
  if (to === undefined) return undefined;
  if (/^[1-9][0-9]{0,5}$/.test(to)) return { kind: 'number', generation: Number(to) };
  if (/^[0-9a-f]{7,64}$/.test(to)) return { kind: 'commit', commit: to };
  throw new SteadError({
    code: 'usage.rollback',
    message: `--to takes the number of a generation, or a commit, got "${to}"`,
    hint: '`stead generations HOST` lists both.',
  });
}
