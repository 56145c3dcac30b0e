// stead reconcile: pull, build, switch what changed or drifted, tell how it went. What a rack runs every night.
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { DeployEvent } from '../../deploy/events.ts';
import { buildOrder } from '../../deploy/last-build.ts';
import { EXIT, type ExitCode, type Outcome } from '../../deploy/outcome.ts';
import { provenance } from '../../deploy/provenance.ts';
import {
  headCommit,
  inNewProcess,
  installPackages,
  notify,
  pull,
  readSettings,
  reconcileHosts,
  reconcileReport,
  wordFor,
  type ReconcileEnd,
  type ReconcileSettings,
} from '../../deploy/reconcile/index.ts';
import { report } from '../../fleet/report.ts';
import { SteadError, SteadErrors } from '../../options/error.ts';
import { rotationFolder } from '../../secrets/store.ts';
import { builtOrKnown } from '../built.ts';
import type { CliContext } from '../context.ts';
import { errorData } from '../../fleet/error-data.ts';
import { outcomeRow } from '../outcomes.ts';
import { fleetLock } from '../fleet-lock.ts';
import { eventLine, progress, reachOptions, type ReachOptions } from '../reach.ts';
import { signingEnvironment } from '../signing.ts';
import { stepLines } from '../steps.ts';
import { printTable } from '../table.ts';

const optionsSchema = z.object({
  settings: z.string().optional(),
  /** Commander's name for what `--no-pull` takes away. */
  pull: z.boolean().default(true),
  retry: z.boolean().default(false),
  /** Given by a run that has pulled and holds the lock to the one that it starts. */
  pulled: z.boolean().default(false),
});

type Problem = NonNullable<ReconcileEnd['problem']>;

export async function run(
  context: CliContext,
  args: readonly unknown[],
  options: unknown,
): Promise<ExitCode> {
  const { settings: file, pull: mayPull, pulled, retry } = optionsSchema.parse(options);
  const settings = readSettings(file === undefined ? undefined : resolve(context.process.cwd(), file));
  const reach = reachOptions(context, args, options);
  if (pulled) return reconcile(context, reach, settings, retry);
  await using lock = await fleetLock(context);
  if (lock === undefined) return EXIT.locked;
  if (!mayPull) return reconcile(context, reach, settings, retry);
  return pullFirst(context, reach, settings, retry);
}

/** What was pulled may be stead itself: a process of its own runs it. Where nothing came, this one goes on. */
async function pullFirst(
  context: CliContext,
  reach: ReachOptions,
  settings: ReconcileSettings,
  retry: boolean,
): Promise<ExitCode> {
  const { repository } = context;
  let kind: Problem['kind'] = 'pull';
  try {
    const { from, to, hasNewPackages } = await pull(repository, settings.allowedSigners);
    if (from === to) return await reconcile(context, reach, settings, retry);
    kind = 'packages';
    if (hasNewPackages) {
      // What tells of an error: where npm fails half-way it may be gone.
      await import('../../fleet/report/text.ts');
      await installPackages(repository, context.process.env);
    }
  } catch (error) {
    if (!(error instanceof SteadError)) throw error;
    const problem = { kind, text: await errorText(context, error) };
    if (kind === 'pull') return reconcile(context, reach, settings, retry, problem);
    return tell(context, settings, { ...(await beginning(context, reach)), outcomes: [], problem });
  }
  return (await inNewProcess(context.process.argv, ['--pulled'])) as ExitCode;
}

async function reconcile(
  context: CliContext,
  reach: ReachOptions,
  settings: ReconcileSettings,
  retry: boolean,
  problem?: Problem,
): Promise<ExitCode> {
  const start = await beginning(context, reach);
  let kind: Problem['kind'] = 'evaluation';
  const signing = signingEnvironment(context);
  let built;
  try {
    await refuseCutOff(context);
    const order = buildOrder({
      repository: context.repository,
      words: reach.words,
      all: reach.all,
      commit: provenance(context.repository, context.version),
      signing,
    });
    built = await builtOrKnown(context, order, () => (kind = 'build'));
  } catch (error) {
    if (!(error instanceof SteadError || error instanceof SteadErrors) || isMistyped(error)) throw error;
    const text = await errorText(context, error);
    return tell(context, settings, { ...start, outcomes: [], problem: { kind, text } });
  }
  const lines = new Map<string, string[]>();
  const isWatched = context.process.stderr.isTTY === true;
  const keep = (event: DeployEvent): void => {
    const line = eventLine(event);
    if (line !== undefined) lines.set(event.host, [...(lines.get(event.host) ?? []), line]);
  };
  const outcomes = await reconcileHosts(
    built.wanted,
    {
      repository: context.repository,
      hosts: built.hosts,
      locate: reach.locate,
      jobs: reach.jobs,
      allowOlder: false,
      order: { goal: 'switch', again: retry, wake: true },
      watch: isWatched ? progress(context) : keep,
      signing,
    },
    settings,
  );
  // A night on which nothing happens is one line in the log.
  for (const { host, state } of outcomes) {
    if (state === 'unchanged' || state === 'held') continue;
    for (const line of lines.get(host) ?? []) context.note(line);
  }
  return tell(context, settings, { ...start, outcomes, ...(problem === undefined ? {} : { problem }) });
}

/** What knows of keys that are under way is loaded only where some are. */
async function refuseCutOff(context: CliContext): Promise<void> {
  if (!existsSync(rotationFolder(context.repository))) return;
  const rotation = await import('../rotation.ts');
  rotation.refuseCutOff(context);
}

/** Of the command line, and no fault of the commit. */
function isMistyped(error: SteadError | SteadErrors): boolean {
  return error instanceof SteadError && ['host.unknown', 'tag.unknown'].includes(error.code);
}

async function beginning(
  context: CliContext,
  { given }: ReachOptions,
): Promise<Omit<ReconcileEnd, 'outcomes' | 'problem'>> {
  const { repository } = context;
  return { when: new Date().toISOString(), commit: await headCommit(repository), reach: given, repository };
}

/** Prints the report, and sends it to whom it may concern. */
async function tell(context: CliContext, settings: ReconcileSettings, end: ReconcileEnd): Promise<ExitCode> {
  const { headline, result, rollback, code } = reconcileReport(end);
  const { outcomes, problem, commit, when } = end;
  const errors = await Promise.all(
    outcomes.flatMap(({ error }) => (error === undefined ? [] : [errorText(context, error)])),
  );
  const details = [
    ...(problem === undefined ? [] : [problem.text]),
    ...errors,
    ...(rollback === undefined ? [] : [`To take back what was switched:\n  ${rollback}`]),
    ...held(outcomes),
    ...outcomes.flatMap(({ host, manual = [] }) => stepLines(manual).map((line) => `${host}: ${line}`)),
  ];
  const document = {
    result,
    when,
    commit,
    headline,
    rollback,
    problem,
    hosts: await Promise.all(
      outcomes.map(async ({ error, ...rest }) =>
        error === undefined ? rest : { ...rest, error: await errorData(error) },
      ),
    ),
  };
  if (context.json) context.print(JSON.stringify(document, null, 2));
  else {
    context.print(headline);
    if (result !== 'unchanged') {
      printTable(
        context,
        outcomes.map((outcome) => outcomeRow(outcome, wordFor(outcome))),
      );
      for (const detail of details) context.print(detail);
    }
  }
  const isFailure = result === 'failed';
  if (isFailure || (result === 'changed' && settings.notify.onChange)) {
    const title = `stead on ${hostname()}: ${isFailure ? 'failed' : 'switched'}`;
    const text = [headline, ...details].join('\n\n');
    for (const line of await notify(settings.notify, { title, text, isFailure, document }))
      context.note(line);
  }
  return code;
}

function held(outcomes: readonly Outcome[]): string[] {
  const hosts = outcomes.filter(({ state }) => state === 'held').map(({ host }) => host);
  if (hosts.length === 0) return [];
  return [
    `Held back, since what this commit makes of them was taken back there before: ${hosts.join(', ')}. A commit that changes it is tried, and so is this one with --retry.`,
  ];
}

function errorText(context: CliContext, error: SteadError | SteadErrors): Promise<string> {
  return report(error, { repository: context.repository, colour: false });
}
