// stead status: the current generation of hosts, what has drifted from it, and which units have failed.
import { hostStatus, pooled, type ExitCode } from '../../deploy/index.ts';
import type { Generation, HostStatus } from '../../targets/index.ts';
import type { CliContext } from '../context.ts';
import { printAnswers } from '../answers.ts';
import { DRIFT } from '../drift.ts';
import { stepLines } from '../steps.ts';
import { chosenTargets, reachOptions } from '../reach.ts';

export async function run(
  context: CliContext,
  args: readonly unknown[],
  options: unknown,
): Promise<ExitCode> {
  const reach = reachOptions(context, args, options);
  const chosen = await chosenTargets(context, reach);
  const answers = await pooled(chosen, reach.jobs, ({ name, target }) => hostStatus(name, target));
  return printAnswers(
    context,
    answers,
    (host, { current, drift, failedUnits, interrupted, watch, last, reboot, manual }) => {
      const runs =
        current === undefined
          ? 'no generation yet'
          : `generation ${current.generation} ${current.hash} ${current.state}`;
      const health =
        drift.length === 0 && failedUnits.length === 0 && !interrupted ? ', as it should be' : '';
      context.print(`${host}: ${runs}${current === undefined ? '' : health}`);
      if (watch !== undefined) context.print(`  ${watchText(watch)}`);
      if (last !== undefined)
        context.print(`  generation ${last.generation} of ${last.when} ${LAST[last.state]}`);
      for (const { path, kind } of drift) context.print(`  ${path} ${DRIFT[kind]}`);
      for (const unit of failedUnits) context.print(`  ${unit} has failed`);
      for (const reason of reboot) context.print(`  a restart is needed: ${reason}`);
      for (const line of stepLines(manual)) context.print(`  ${line}`);
      if (interrupted) context.print('  a switch was interrupted; the next one finishes or undoes it');
    },
  );
}

function watchText({ kind, secondsLeft }: NonNullable<HostStatus['watch']>): string {
  switch (kind) {
    case 'confirm':
      return `waits to be confirmed, for ${secondsLeft ?? 0} seconds more`;
    case 'test':
      return 'lasts until the next boot';
    case 'boot':
      return 'is tried at the next boot';
    case 'trial':
      return 'is being tried: this boot confirms it or takes it back';
    default:
      return kind satisfies never;
  }
}

/** What became of a generation that is newer than the current one. */
const LAST: Readonly<Record<Generation['state'], string>> = {
  switching: 'was interrupted',
  applied: 'was left before it was confirmed',
  confirmed: 'was left again',
  testing: 'was only tried',
  staged: 'is staged for the next boot',
  failed: 'failed, and was taken back',
  'rolled-back': 'was rolled back',
  partial: 'could neither be completed nor taken back: the next switch puts that right',
};
