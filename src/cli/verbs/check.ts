// stead check: evaluates everything, and has the programs that will read the files look at them.
import {
  buildHosts,
  checkHost,
  EXIT,
  pooled,
  writeHosts,
  type Checked,
  type ExitCode,
} from '../../deploy/index.ts';
import { z } from 'zod';
import { printAnswers } from '../answers.ts';
import type { CliContext } from '../context.ts';
import { evaluated } from '../evaluated.ts';
import { refuseCutOff } from '../rotation.ts';
import { printWarnings } from '../warnings.ts';

/** Each check takes a processor or two. */
const HOSTS_AT_A_TIME = 2;

const optionsSchema = z.object({ all: z.boolean().default(false) });

export async function run(
  context: CliContext,
  args: readonly unknown[],
  options: unknown,
): Promise<ExitCode> {
  const words = z.array(z.string()).parse(args[0]);
  const { all } = optionsSchema.parse(options);
  refuseCutOff(context);
  const fleet = await evaluated(context);
  const built = await buildHosts(fleet, words, { all });
  const written = await writeHosts(fleet, built);
  await printWarnings(context, fleet.warnings);
  const isRoot = process.getuid?.() === 0;
  const answers = await pooled(written, HOSTS_AT_A_TIME, ({ host, path }) =>
    checkHost(host.name, path, isRoot),
  );
  const code = await printAnswers(context, answers, (host, value) => print(context, host, value));
  const failed = answers.some(
    (one) => 'value' in one && one.value.checks.some(({ state }) => state === 'failed'),
  );
  return failed ? EXIT.input : code;
}

function print(context: CliContext, host: string, { checks }: Checked): void {
  const named = (wanted: string): string[] =>
    checks.filter(({ state }) => state === wanted).map(({ name }) => name);
  const [passed, absent] = [named('passed'), named('absent')];
  const parts = [
    `${passed.length} passed${passed.length === 0 ? '' : ` (${passed.join(', ')})`}`,
    ...(absent.length === 0 ? [] : [`not installed here: ${absent.join(', ')}`]),
  ];
  context.print(`${host}: ${parts.join('; ')}`);
  for (const { name, state, command, output } of checks) {
    if (state !== 'failed') continue;
    context.print(`  ${name} FAILED: ${command}`);
    for (const line of output) context.print(`    ${line}`);
  }
}
