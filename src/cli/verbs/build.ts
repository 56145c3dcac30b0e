// stead build: evaluate, render, write out/, print `host hash`.
import { z } from 'zod';
import { buildHosts, evaluateRepository, EXIT, writeHosts, type ExitCode } from '../../deploy/index.ts';
import type { CliContext } from '../context.ts';
import { errorData } from '../document.ts';
import { printWarnings } from '../warnings.ts';

const optionsSchema = z.object({ all: z.boolean().default(false) });

export async function run(
  context: CliContext,
  args: readonly unknown[],
  options: unknown,
): Promise<ExitCode> {
  const words = z.array(z.string()).parse(args[0]);
  const { all } = optionsSchema.parse(options);
  const fleet = await evaluateRepository(context.repository, context.version);
  const built = await buildHosts(fleet, words, { all });
  const written = await writeHosts(fleet, built);
  await printWarnings(context, fleet.warnings);
  if (context.json) {
    const hosts = written.map(({ host, bundle, path, changed }) => ({
      host: host.name,
      hash: bundle.manifest.hash,
      path,
      changed,
    }));
    context.print(JSON.stringify({ hosts, warnings: fleet.warnings.map(errorData) }, null, 2));
    return EXIT.done;
  }
  for (const { host, bundle } of written) context.print(`${host.name} ${bundle.manifest.hash}`);
  return EXIT.done;
}
