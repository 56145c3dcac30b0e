// What the verbs that bring hosts to a build have in common: switch, test and boot.
import { z } from 'zod';
import {
  buildHosts,
  EXIT,
  reachableHosts,
  selectHosts,
  signHosts,
  switchHosts,
  writeHosts,
  type ExitCode,
  type BuiltHost,
} from '../deploy/index.ts';
import { SteadError } from '../options/index.ts';
import type { Goal } from '../targets/index.ts';
import type { CliContext } from './context.ts';
import { evaluated } from './evaluated.ts';
import { display, summaryText } from './live.ts';
import { printOutcomes } from './outcomes.ts';
import { reachOptions } from './reach.ts';
import { refuseCutOffUnless } from './rotation.ts';
import { signingEnvironment } from './signing.ts';
import { printWarnings } from './warnings.ts';

const optionsSchema = z.object({
  allowOlder: z.boolean().default(false),
  newMachine: z.boolean().default(false),
  /** Commander's name for what `--no-watchdog` takes away. */
  watchdog: z.boolean().default(true),
  plan: z.string().optional(),
  atomic: z.boolean().default(false),
  rolling: z.boolean().default(false),
  canary: z.array(z.string()).default([]),
  stopOnFailure: z.boolean().default(false),
});

type SwitchingOptions = z.output<typeof optionsSchema>;

/** Builds the chosen hosts and brings them to what was built. */
export async function switching(
  context: CliContext,
  args: readonly unknown[],
  options: unknown,
  goal: Goal,
): Promise<ExitCode> {
  const given = optionsSchema.parse(options);
  if (given.atomic) refuseBesideAtomic(given);
  const reach = reachOptions(context, args, options);
  const fleet = await evaluated(context);
  const built = await buildHosts(fleet, reach.words, { all: reach.all });
  const finishRotation = refuseCutOffUnless(
    context,
    built.map(({ host }) => host.name),
    given.atomic,
  );
  const signed = await signHosts(await writeHosts(fleet, built), signingEnvironment(context));
  await printWarnings(context, fleet.warnings);
  const { rolling, stopOnFailure, canary, watchdog, plan } = given;
  const list = display(context);
  const start = performance.now();
  const outcomes = await switchHosts(signed, {
    repository: context.repository,
    hosts: reachableHosts(fleet.evaluation),
    locate: reach.locate,
    jobs: reach.jobs,
    allowOlder: given.allowOlder,
    machine: reach.isElsewhere ? 'elsewhere' : given.newMachine ? 'new' : 'same',
    atomic: given.atomic,
    pace: { rolling, stopOnFailure, canaries: canariesOf(signed, canary) },
    order: { goal, ...(watchdog ? {} : { watchdog }), ...(plan === undefined ? {} : { plan }) },
    watch: list.watch,
    signing: signingEnvironment(context),
  }).finally(() => list.end());
  if (outcomes.length > 1) context.note(summaryText(outcomes, performance.now() - start));
  const code = await printOutcomes(context, outcomes);
  if (code === EXIT.done) finishRotation();
  return code;
}

function canariesOf(hosts: readonly BuiltHost[], words: readonly string[]): readonly string[] {
  if (words.length === 0) return [];
  return selectHosts(
    hosts.map(({ host }) => host),
    words,
    false,
  ).map(({ name }) => name);
}

/** What says how to go from host to host has no meaning where all go at once. */
function refuseBesideAtomic(given: SwitchingOptions): void {
  const others = {
    '--rolling': given.rolling,
    '--canary': given.canary.length > 0,
    '--stop-on-failure': given.stopOnFailure,
    '--no-watchdog': !given.watchdog,
    '--plan': given.plan !== undefined,
  };
  const beside = Object.entries(others).find(([, isGiven]) => isGiven)?.[0];
  if (beside === undefined) return;
  throw new SteadError({
    code: 'usage.atomic',
    message: `--atomic and ${beside} do not go together`,
    hint:
      beside === '--no-watchdog'
        ? 'The watchdog of each host is what brings it back when this machine dies.'
        : 'With --atomic all hosts are switched at once, or none.',
  });
}
