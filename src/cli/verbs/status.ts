// stead status: how hosts are: a line each, and what there is to say of those that are not as they should be.
import { setTimeout as sleep } from 'node:timers/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../../bundle/index.ts';
import {
  hostGenerations,
  hostStatus,
  pooled,
  runsHere,
  topologyOf,
  type Answer,
  type ExitCode,
} from '../../deploy/index.ts';
import { SteadError, SteadErrors } from '../../options/index.ts';
import type { HostStatus } from '../../targets/index.ts';
import type { CliContext } from '../context.ts';
import { printAnswers } from '../answers.ts';
import { chosenTargets, reachOptions, type ChosenHost } from '../reach.ts';
import { statusLines } from '../status-lines.ts';
import { isSoundHost, STATUS_HEAD, statusRow } from '../status-table.ts';
import { printTable } from '../table.ts';

const optionsSchema = z.object({ watch: z.boolean().default(false), html: z.string().optional() });

const EVERY_SECONDS = 5;

export async function run(
  context: CliContext,
  args: readonly unknown[],
  options: unknown,
): Promise<ExitCode> {
  const given = optionsSchema.parse(options);
  const reach = reachOptions(context, args, options);
  const chosen = await chosenTargets(context, reach);
  for (;;) {
    const answers = await pooled(chosen, reach.jobs, ({ name, target }) => hostStatus(name, target));
    if (given.html !== undefined) await writePage(context, given.html, chosen, answers, reach.jobs);
    if (given.watch && context.process.stdout.isTTY === true) context.process.stdout.write('\x1b[H\x1b[2J');
    if (chosen.length > 1 && !context.json) {
      printTable(context, [STATUS_HEAD, ...answers.map((answer) => statusRow(answer, new Date()))]);
    }
    const isShort = chosen.length > 1;
    const code = await printAnswers(context, answers, (host, status) => {
      if (!isShort || !isSoundHost(status)) printHost(context, host, status);
    });
    if (!given.watch) return code;
    await sleep(EVERY_SECONDS * 1000);
  }
}

function printHost(context: CliContext, host: string, status: HostStatus): void {
  const { current } = status;
  const runs =
    current === undefined
      ? 'no generation yet'
      : `generation ${current.generation} ${current.hash} ${current.state}`;
  // What is said of these is no fault of the host.
  const isFaultless = isSoundHost({ ...status, watch: undefined, last: undefined, reboot: [], manual: [] });
  context.print(`${host}: ${runs}${isFaultless ? ', as it should be' : ''}`);
  for (const line of statusLines(status)) context.print(`  ${line}`);
}

async function writePage(
  context: CliContext,
  file: string,
  chosen: readonly ChosenHost[],
  answers: readonly Answer<HostStatus>[],
  jobs: number,
): Promise<void> {
  const { statusPage } = await import('../status-page.ts');
  const there = chosen.filter(({ name }) => answers.some((one) => one.host === name && 'value' in one));
  const lists = await pooled(there, jobs, ({ name, target }) => hostGenerations(name, target));
  const page = statusPage({
    now: new Date(),
    answers,
    generations: new Map(
      lists.flatMap((one) => ('value' in one ? [[one.host, one.value.generations] as const] : [])),
    ),
    runs: runsHere(context.repository),
    picture: await picture(context),
  });
  writeFileAtomic(resolve(context.process.cwd(), file), page);
}

/** A repository that does not evaluate has no picture, and its hosts are shown all the same. */
async function picture(context: CliContext): Promise<string | undefined> {
  const { evaluated } = await import('../evaluated.ts');
  const { topologySvg } = await import('../topology-svg.ts');
  try {
    return await topologySvg(topologyOf((await evaluated(context)).evaluation));
  } catch (error) {
    if (error instanceof SteadError || error instanceof SteadErrors) return undefined;
    throw error;
  }
}
