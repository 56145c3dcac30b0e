// What the verbs that bring hosts to a build have in common: switch, test and boot.
import { existsSync } from 'node:fs';
import { switchHosts } from '../deploy/fleet-switch.ts';
import { buildOrder } from '../deploy/last-build.ts';
import type { Reachable } from '../deploy/locate.ts';
import { EXIT, type ExitCode } from '../deploy/outcome.ts';
import { provenance } from '../deploy/provenance.ts';
import { selectHosts } from '../deploy/select.ts';
import type { Wanted } from '../deploy/wanted.ts';
import { SteadError } from '../options/error.ts';
import { rotationFolder } from '../secrets/store.ts';
import type { Goal } from '../targets/index.ts';
import { builtOrKnown } from './built.ts';
import type { CliContext } from './context.ts';
import { display, summaryText } from './live.ts';
import { printOutcomes } from './outcomes.ts';
import { reachOptions } from './reach.ts';
import { signingEnvironment } from './signing.ts';

/** What commander makes of the options of these verbs, as verbs.ts declares them. */
interface SwitchingOptions {
  readonly allowOlder?: boolean;
  readonly newMachine?: boolean;
  /** Commander's name for what `--no-watchdog` takes away. */
  readonly watchdog?: boolean;
  readonly plan?: string;
  readonly atomic?: boolean;
  readonly rolling?: boolean;
  readonly canary?: readonly string[];
  readonly stopOnFailure?: boolean;
}

/** Builds the chosen hosts and brings them to what was built. */
export async function switching(
  context: CliContext,
  args: readonly unknown[],
  options: unknown,
  goal: Goal,
): Promise<ExitCode> {
  const given = options as SwitchingOptions;
  const { atomic = false, rolling = false, stopOnFailure = false, watchdog = true, plan } = given;
  if (atomic) refuseBesideAtomic(given);
  const reach = reachOptions(context, args, options);
  const signing = signingEnvironment(context);
  const order = buildOrder({
    repository: context.repository,
    words: reach.words,
    all: reach.all,
    commit: provenance(context.repository, context.version),
    signing,
  });
  const { wanted, hosts } = await builtOrKnown(context, order);
  const finishRotation = await refuseCutOff(context, wanted, atomic);
  const list = display(context);
  const start = performance.now();
  const outcomes = await switchHosts(wanted, {
    repository: context.repository,
    hosts,
    locate: reach.locate,
    jobs: reach.jobs,
    allowOlder: given.allowOlder === true,
    machine: reach.isElsewhere ? 'elsewhere' : given.newMachine === true ? 'new' : 'same',
    atomic,
    pace: { rolling, stopOnFailure, canaries: canariesOf(wanted, hosts, given.canary ?? []) },
    order: { goal, ...(watchdog ? {} : { watchdog }), ...(plan === undefined ? {} : { plan }) },
    watch: list.watch,
    signing,
  }).finally(() => list.end());
  if (outcomes.length > 1) context.note(summaryText(outcomes, performance.now() - start));
  const code = await printOutcomes(context, outcomes);
  if (code === EXIT.done) finishRotation();
  return code;
}

/** What is to be done at a good end, where keys are under way; what knows of them is loaded only then. */
async function refuseCutOff(
  context: CliContext,
  wanted: readonly Wanted[],
  isAtomic: boolean,
): Promise<() => void> {
  if (!existsSync(rotationFolder(context.repository))) return () => {};
  const { refuseCutOffUnless } = await import('./rotation.ts');
  const hosts = wanted.map(({ host }) => host);
  return refuseCutOffUnless(context, hosts, isAtomic);
}

function canariesOf(
  wanted: readonly Wanted[],
  hosts: readonly Reachable[],
  words: readonly string[],
): readonly string[] {
  if (words.length === 0) return [];
  const chosen = hosts.filter(({ name }) => wanted.some(({ host }) => host === name));
  return selectHosts(chosen, words, false).map(({ name }) => name);
}

/** What says how to go from host to host has no meaning where all go at once. */
function refuseBesideAtomic(given: SwitchingOptions): void {
  const others = {
    '--rolling': given.rolling === true,
    '--canary': given.canary !== undefined,
    '--stop-on-failure': given.stopOnFailure === true,
    '--no-watchdog': given.watchdog === false,
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
