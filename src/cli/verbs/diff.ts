// stead diff: what differs between what hosts run and a build, two generations, or two commits.
import { z } from 'zod';
import {
  answersExitCode,
  atCommit,
  buildHosts,
  compareBuilds,
  compareHost,
  evaluateRepository,
  pooled,
  type Answer,
  type BuiltHost,
  type ExitCode,
  type HostDiff,
} from '../../deploy/index.ts';
import { SteadError } from '../../options/index.ts';
import { printAnswers } from '../answers.ts';
import type { CliContext } from '../context.ts';
import { diffText } from '../diff-text.ts';
import { evaluated } from '../evaluated.ts';
import { coloursResults, page } from '../pager.ts';
import { planning } from '../planning.ts';
import { chosenTargets, reachOptions, type ReachOptions } from '../reach.ts';
import { printWarnings } from '../warnings.ts';

const optionsSchema = z.object({
  from: z.number().optional(),
  to: z.number().optional(),
  commits: z.string().optional(),
});

export async function run(
  context: CliContext,
  args: readonly unknown[],
  options: unknown,
): Promise<ExitCode> {
  const reach = reachOptions(context, args, options);
  const { from, to, commits } = optionsSchema.parse(options);
  if (commits !== undefined && (from ?? to) !== undefined) {
    throw new SteadError({
      code: 'usage.diff',
      message: '--commits compares builds, --from and --to generations of hosts: not both at once',
    });
  }
  if (commits !== undefined) return print(context, await betweenCommits(context, reach, commits));
  if (to !== undefined) {
    const chosen = await chosenTargets(context, reach);
    const compared = pooled(chosen, reach.jobs, ({ name, target }) => compareHost(name, target, from, to));
    return print(context, await compared);
  }
  const compared = await planning(context, reach, (name, target, bundle) =>
    compareHost(name, target, from, bundle),
  );
  return print(context, compared);
}

async function print(context: CliContext, answers: readonly Answer<HostDiff>[]): Promise<ExitCode> {
  const texts: string[] = [];
  const colour = coloursResults(context.process);
  await printAnswers(context, answers, (host, diff) => texts.push(`${diffText(host, diff, colour)}\n`));
  if (texts.length > 0) await page(context.process, texts.join(''));
  return answersExitCode(answers);
}

/** `A..B`; without B the repository as it stands. */
async function betweenCommits(
  context: CliContext,
  reach: ReachOptions,
  range: string,
): Promise<readonly Answer<HostDiff>[]> {
  const [, from, to] = /^(.+?)\.\.(.*)$/.exec(range) ?? [];
  if (from === undefined || to === undefined) {
    throw new SteadError({
      code: 'usage.commits',
      message: `--commits takes two commits as A..B, got "${range}"`,
      hint: 'Without B, as in main.., it is the repository as it stands.',
    });
  }
  return atCommit(context.repository, from, async (folder, commit) => {
    const before = await builtAt(context, folder, commit, [], true);
    const { words, all } = reach;
    if (to !== '') {
      return atCommit(context.repository, to, async (other, later) =>
        matched(context, range, before, await builtAt(context, other, later, words, all)),
      );
    }
    const fleet = await evaluated(context);
    await printWarnings(context, fleet.warnings);
    return matched(context, range, before, await buildHosts(fleet, words, { all }));
  });
}

async function builtAt(
  context: CliContext,
  folder: string,
  commit: string,
  words: readonly string[],
  all: boolean,
): Promise<readonly BuiltHost[]> {
  const provenance = { commit, dirty: false, stead: context.version };
  return buildHosts(await evaluateRepository(folder, Promise.resolve(provenance)), words, { all });
}

async function matched(
  context: CliContext,
  range: string,
  before: readonly BuiltHost[],
  after: readonly BuiltHost[],
): Promise<readonly Answer<HostDiff>[]> {
  const old = new Map(before.map((one) => [one.host.name, one.bundle]));
  const answers: Answer<HostDiff>[] = [];
  for (const { host, bundle } of after) {
    const was = old.get(host.name);
    if (was === undefined) context.note(`${host.name}: new in ${range}`);
    else answers.push({ host: host.name, value: await compareBuilds(was, bundle) });
  }
  return answers;
}
