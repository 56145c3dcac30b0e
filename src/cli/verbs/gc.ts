// stead gc: drops old generations of hosts, and whatever nothing refers to; of this machine, sources that nothing names.
import { z } from 'zod';
import { hostCollect, pooled, type ExitCode } from '../../deploy/index.ts';
import { collectSources } from '../../recipes/collect.ts';
import { printAnswers } from '../answers.ts';
import { byteText } from '../bytes.ts';
import type { CliContext } from '../context.ts';
import { chosenTargets, reachOptions } from '../reach.ts';

const optionsSchema = z.object({
  keep: z.number().optional(),
  olderThan: z.number().optional(),
  packages: z.boolean().default(false),
});

export async function run(
  context: CliContext,
  args: readonly unknown[],
  options: unknown,
): Promise<ExitCode> {
  const { keep, olderThan, packages } = optionsSchema.parse(options);
  const reach = reachOptions(context, args, options);
  const chosen = await chosenTargets(context, reach);
  const wanted = {
    packages,
    ...(keep === undefined ? {} : { keep }),
    ...(olderThan === undefined ? {} : { olderThanDays: olderThan }),
  };
  const answers = await pooled(chosen, reach.jobs, ({ name, target }) => hostCollect(name, target, wanted));
  const sources = collectSources(context.repository, Date.now());
  if (sources.count > 0) {
    const files = sources.count === 1 ? '1 source' : `${sources.count} sources`;
    context.note(`out/sources: dropped ${files} that stead.lock does not name, ${byteText(sources.bytes)}`);
  }
  return printAnswers(
    context,
    answers,
    (host, { generations, bundles, objects, downloads, outputs, bytes, packages: removed, packagesKept }) => {
      const dropped = generations.length === 0 ? 'no generation' : `generations ${generations.join(', ')}`;
      context.print(
        `${host}: dropped ${dropped}; ${bundles} bundles and ${objects} objects, ${byteText(bytes)}`,
      );
      if (downloads.length > 0) context.print(`${host}: removed the downloads ${downloads.join(', ')}`);
      if (outputs.length > 0) context.print(`${host}: dropped the outputs ${outputs.join(', ')}`);
      for (const { name, neededBy } of packagesKept) {
        context.print(
          `${host}: kept the package ${name}, which ${neededBy.join(', ')} ${neededBy.length === 1 ? 'needs' : 'need'}`,
        );
      }
      if (removed.length > 0) context.print(`${host}: removed the packages ${removed.join(', ')}`);
    },
  );
}
