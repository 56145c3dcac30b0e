// The end of a run over hosts: errors for people, a line a host, or one JSON document.
import type { UpgradeOutcome } from '../deploy/index.ts';
import { exitCode, type ExitCode, type Outcome } from '../deploy/outcome.ts';
import type { CliContext } from './context.ts';
import { errorData } from '../fleet/error-data.ts';
import { reasonLine } from './reason.ts';
import { stepLines } from './steps.ts';
import { printTable } from './table.ts';

/** Prints how each host fared and gives the exit code of the whole. */
export async function printOutcomes(context: CliContext, outcomes: readonly Outcome[]): Promise<ExitCode> {
  for (const { error } of outcomes) {
    if (error === undefined) continue;
    const { report } = await import('../fleet/index.ts');
    context.note(await report(error, { repository: context.repository, colour: context.colour }));
    if (context.verbose) context.note(error.stack ?? '');
  }
  if (context.json) {
    const hosts = await Promise.all(
      outcomes.map(async ({ error, ...rest }) => ({
        ...rest,
        ...(error === undefined ? {} : { error: await errorData(error) }),
      })),
    );
    context.print(JSON.stringify({ hosts }, null, 2));
  } else {
    printTable(
      context,
      outcomes.map((outcome) => outcomeRow(outcome, STATES[outcome.state])),
    );
  }
  for (const { host, manual } of context.json ? [] : outcomes) {
    for (const line of stepLines(manual ?? [])) context.print(`${host}: ${line}`);
  }
  return exitCode(outcomes);
}

/** A host's line: its name, how it fared, what runs there, and the build or what went wrong. */
export function outcomeRow({ host, generation, hash, error }: Outcome, word: string): string[] {
  const runs = generation === undefined ? '' : `generation ${generation}`;
  return [host, word, runs, error === undefined ? (hash ?? '') : reasonLine(error)];
}

/** What a state is called in a table. */
export const STATES: Readonly<Record<Outcome['state'], string>> = {
  switched: 'switched',
  unchanged: 'nothing to do',
  prepared: 'prepared',
  failed: 'FAILED',
  unwell: 'UNWELL',
  left: 'left as it was',
  'rolled-back': 'ROLLED BACK',
  locked: 'LOCKED',
  staged: 'staged for the next boot',
  removed: 'removed',
  held: 'held back',
  partial: 'PARTIAL',
};

/** What a state after an upgrade is called. */
export const UPGRADE_STATES: Readonly<Record<UpgradeOutcome['state'], string>> = {
  upgraded: 'upgraded',
  unchanged: 'nothing to do',
  failed: 'FAILED',
  locked: 'LOCKED',
  unhealthy: 'NOT WELL',
  waiting: 'left out',
};
