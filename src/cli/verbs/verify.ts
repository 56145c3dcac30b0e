// stead verify: everything of hosts' stores and managed paths against what it should be.
import { join } from 'node:path';
import { z } from 'zod';
import {
  hostRepair,
  hostVerify,
  isSound,
  pooled,
  type ExitCode,
  type VerifyReport,
} from '../../deploy/index.ts';
import { printAnswers } from '../answers.ts';
import type { CliContext } from '../context.ts';
import { DRIFT } from '../drift.ts';
import { chosenTargets, progress, reachOptions } from '../reach.ts';

const optionsSchema = z.object({ repair: z.boolean().default(false), downloads: z.boolean().default(false) });

export async function run(
  context: CliContext,
  args: readonly unknown[],
  options: unknown,
): Promise<ExitCode> {
  const { repair, downloads } = optionsSchema.parse(options);
  const reach = reachOptions(context, args, options);
  const chosen = await chosenTargets(context, reach);
  const out = join(context.repository, 'out');
  const answers = await pooled(chosen, reach.jobs, ({ name, target }) =>
    repair
      ? hostRepair(name, target, downloads, out, progress(context))
      : hostVerify(name, target, downloads),
  );
  return printAnswers(context, answers, (host, report) => print(context, host, report), isSound);
}

function print(context: CliContext, host: string, report: VerifyReport): void {
  const { bundles, objects, paths, downloads, outputs, checked, repaired } = report;
  const amounts = [
    `${checked.bundles} bundles`,
    `${checked.objects} objects`,
    `${checked.paths} paths`,
    ...(checked.outputs === 0 ? [] : [`${checked.outputs} outputs of recipes`]),
    ...(checked.downloads === 0 ? [] : [`${checked.downloads} downloads`]),
  ];
  const amount = `${amounts.slice(0, -1).join(', ')} and ${amounts.at(-1)}`;
  context.print(`${host}: ${amount} checked${isSound(report) ? ', all as they should be' : ''}`);
  for (const name of repaired) context.print(`  ${name} was put right`);
  for (const { path, kind } of paths) context.print(`  ${path} ${DRIFT[kind]}`);
  for (const { name, kind } of objects) context.print(`  ${name} in the store ${DRIFT[kind]}`);
  for (const { name, kind } of downloads) context.print(`  the download ${name.slice(33)} ${DRIFT[kind]}`);
  for (const { name, kind } of outputs) {
    context.print(`  output ${name} ${DRIFT[kind]}; \`stead switch ${host}\` has it made again`);
  }
  for (const { name, problem } of bundles) context.print(`  bundle ${name}: ${problem}`);
}
