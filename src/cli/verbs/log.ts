// stead log: what was switched on hosts and back, by whom, from which commit, how long it took, which units it touched;
// or, of the hash of a recipe, what its build said.
import { join } from 'node:path';
import { buildLogOf, EXIT, hostLog, pooled, runsHere, type ExitCode } from '../../deploy/index.ts';
import type { LogEntry, Return, TouchedUnit } from '../../targets/index.ts';
import { printAnswers } from '../answers.ts';
import type { CliContext } from '../context.ts';
import { chosenTargets, reachOptions, type ReachOptions } from '../reach.ts';

export async function run(
  context: CliContext,
  args: readonly unknown[],
  options: unknown,
): Promise<ExitCode> {
  const reach = reachOptions(context, args, options);
  const hash = reach.words.find((word) => RECIPE_HASH.test(word));
  if (hash !== undefined) return printBuild(context, reach, hash);
  const chosen = await chosenTargets(context, reach);
  const answers = await pooled(chosen, reach.jobs, ({ name, target }) => hostLog(name, target));
  const code = await printAnswers(context, answers, (host, { entries }) => {
    if (entries.length === 0) context.print(`${host}  has no generation yet`);
    for (const line of historyLines(host, entries)) context.print(line);
  });
  if (context.json) return code;
  for (const answer of answers) if ('error' in answer) printRuns(context, answer.host);
  return code;
}

/** 32 digits of Nix's base 32, perhaps with the name that follows them in the store. */
const RECIPE_HASH = /^[0-9abcdfghijklmnpqrsvwxyz]{32}(-|$)/;

/** The log of the machine that built last; hosts are asked, and this machine's own folder for builds. */
async function printBuild(context: CliContext, reach: ReachOptions, word: string): Promise<ExitCode> {
  const hash = word.slice(0, 32);
  const words = reach.words.filter((one) => one !== word);
  const chosen = await chosenTargets(context, { ...reach, words, all: words.length === 0 });
  const builder = join(context.repository, 'out', 'builder');
  const { logs, errors } = await buildLogOf(hash, chosen, builder, reach.jobs);
  if (context.json) {
    context.print(JSON.stringify({ hash, logs }, null, 2));
  } else {
    for (const { host, text } of logs) {
      if (logs.length > 1) context.print(`${host}:`);
      context.print(text.trimEnd());
    }
  }
  if (logs.length > 0) return EXIT.done;
  for (const { message } of errors) context.note(message);
  context.note(
    `error: no build of the recipe ${hash} is known on ${chosen.map(({ name }) => name).join(', ')}`,
  );
  return EXIT.failed;
}

/** Switches and the ways back, the latest first. */
function historyLines(host: string, entries: readonly LogEntry[]): readonly string[] {
  const events = entries.flatMap((entry) => [
    { when: entry.when, lines: switchLines(host, entry) },
    ...entry.returns.map((one) => ({ when: one.when, lines: returnLines(host, entry.generation, one) })),
  ]);
  return events
    .sort((left, right) => Date.parse(left.when) - Date.parse(right.when))
    .toReversed()
    .flatMap(({ lines }) => lines);
}

function switchLines(host: string, entry: LogEntry): string[] {
  const { generation, when, state, by, commit, seconds, units, current } = entry;
  const facts = [
    `${host}  ${current ? '*' : ' '} ${generation}  ${when}  ${state}`,
    ...(by === undefined ? [] : [`by ${by}`]),
    commit === undefined ? 'from no commit' : `from ${commit.slice(0, 12)}`,
    ...(seconds === undefined ? [] : [`in ${seconds} s`]),
  ];
  return [facts.join('  '), ...unitLines(units)];
}

function returnLines(host: string, from: number, { when, to, why, by, seconds, units }: Return): string[] {
  const facts = [
    `${host}    ${from} -> ${to ?? 'nothing'}  ${when}  ${WHY[why]}`,
    by === undefined ? 'by itself' : `by ${by}`,
    ...(seconds === undefined ? [] : [`in ${seconds} s`]),
  ];
  return [facts.join('  '), ...unitLines(units)];
}

const WHY: Readonly<Record<Return['why'], string>> = {
  asked: 'rolled back',
  failed: 'taken back: it failed',
  'rolled-back': 'taken back',
  unconfirmed: 'taken back: nobody confirmed it',
};

function unitLines(units: readonly TouchedUnit[]): readonly string[] {
  const steps = Map.groupBy(units, ({ step }) => step);
  return [...steps].map(([step, all]) => `      ${step} ${all.map(({ unit }) => unit).join(', ')}`);
}

/** What is known here of a host that does not answer. */
function printRuns(context: CliContext, host: string): void {
  const runs = runsHere(context.repository).filter(({ hosts }) => hosts.some((one) => one.host === host));
  if (runs.length > 0) context.print(`${host}  does not answer; from here it was:`);
  for (const { when, verb, by, commit, hosts } of runs.toReversed()) {
    const { state, generation } = hosts.find((one) => one.host === host)!;
    context.print(
      [
        `${host}  ${generation ?? '-'}  ${when}  ${verb}: ${state}`,
        `by ${by}`,
        commit === null ? 'from no commit' : `from ${commit.slice(0, 12)}`,
      ].join('  '),
    );
  }
}
