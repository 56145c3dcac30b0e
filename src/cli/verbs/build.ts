// stead build: evaluate, render, write out/, sign, print `host hash`.
import { EXIT, type ExitCode } from '../../deploy/outcome.ts';
import { buildOrder, lastBuild, type BuildOrder } from '../../deploy/last-build.ts';
import { provenance } from '../../deploy/provenance.ts';
import type { CliContext } from '../context.ts';
import { signingEnvironment } from '../signing.ts';

/** A host's line of the result. */
interface Line {
  readonly host: string;
  readonly hash: string;
  readonly path: string;
  readonly changed: boolean;
}

export async function run(
  context: CliContext,
  args: readonly unknown[],
  options: unknown,
): Promise<ExitCode> {
  const words = args[0] as readonly string[];
  const { all = false } = options as { readonly all?: boolean };
  const order = buildOrder({
    repository: context.repository,
    words,
    all,
    commit: provenance(context.repository, context.version),
    signing: signingEnvironment(context),
  });
  const last = await lastBuild(order);
  if (last === undefined) return build(context, order);
  const lines = last.results.map(({ host, hash, path }) => ({ host, hash, path, changed: false }));
  print(context, lines, []);
  return EXIT.done;
}

/** What it takes to build is loaded only when there is something to build. */
async function build(context: CliContext, order: BuildOrder): Promise<ExitCode> {
  const { buildFleet } = await import('../../deploy/build-fleet.ts');
  const { built, warnings } = await buildFleet(order);
  if (warnings.length > 0) {
    const { printWarnings } = await import('../warnings.ts');
    await printWarnings(context, warnings);
  }
  const { errorData } = await import('../document.ts');
  const lines = built.map(({ host, bundle, path, changed }) => ({
    host: host.name,
    hash: bundle.manifest.hash,
    path,
    changed,
  }));
  print(context, lines, await Promise.all(warnings.map(errorData)));
  return EXIT.done;
}

function print(context: CliContext, lines: readonly Line[], warnings: readonly object[]): void {
  if (context.json) context.print(JSON.stringify({ hosts: lines, warnings }, null, 2));
  else for (const { host, hash } of lines) context.print(`${host} ${hash}`);
}
