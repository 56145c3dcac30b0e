// stead diff: what switch would change, against what the hosts run.
import { isEmptyDiff, type ManifestDiff } from '../../bundle/index.ts';
import {
  buildHosts,
  hostDiff,
  pooled,
  reachableHosts,
  type ExitCode,
  type HostDiff,
} from '../../deploy/index.ts';
import type { CliContext } from '../context.ts';
import { evaluated } from '../evaluated.ts';
import { printAnswers } from '../answers.ts';
import { reachOptions } from '../reach.ts';
import { printWarnings } from '../warnings.ts';

export async function run(
  context: CliContext,
  args: readonly unknown[],
  options: unknown,
): Promise<ExitCode> {
  const reach = reachOptions(context, args, options);
  const fleet = await evaluated(context);
  const built = await buildHosts(fleet, reach.words, { all: reach.all });
  await printWarnings(context, fleet.warnings);
  const targetFor = reach.locate(reachableHosts(fleet.evaluation));
  const answers = await pooled(built, reach.jobs, (one) => hostDiff(one, targetFor(one.host.name)));
  return printAnswers(context, answers, (host, diff) => context.print(diffText(host, diff)));
}

function diffText(host: string, { manifest, texts }: HostDiff): string {
  if (isEmptyDiff(manifest)) return `${host}: nothing would change`;
  return [`${host}:`, ...summary(manifest).map((line) => `  ${line}`), ...Object.values(texts)].join('\n');
}

function summary(diff: ManifestDiff): string[] {
  const files = diff.files.map(({ path, change, aspects }) => {
    const what = aspects.length > 0 ? ` (${aspects.join(', ')})` : '';
    return `${SIGNS[change]} ${path}${what}`;
  });
  const units = diff.units
    .filter(({ action }) => action !== 'none')
    .map(({ name, action }) => `${action} ${name}`);
  const names = (word: string, lists: object): string[] =>
    Object.entries(lists as Readonly<Record<string, readonly string[]>>).flatMap(([change, list]) =>
      list.map((name) => `${word} ${name} ${change}`),
    );
  return [
    ...files,
    ...units,
    ...names('package', diff.packages),
    ...names('user', diff.users),
    ...names('group', diff.groups),
    ...names('check', diff.checks),
    ...(diff.runtime ? ['the host scripts change'] : []),
  ];
}

const SIGNS = { added: '+', removed: '-', changed: '~' } as const;
