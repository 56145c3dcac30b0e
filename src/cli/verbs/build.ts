// stead build: evaluate, render, write out/, sign, print `host hash`.
import { EXIT, type ExitCode } from '../../deploy/outcome.ts';
import { buildOrder, lastBuild, type BuildOrder } from '../../deploy/last-build.ts';
import { provenance } from '../../deploy/provenance.ts';
import type { LastBuild } from '../../deploy/unchanged.ts';
import type { ToldWarning } from '../../deploy/warnings.ts';
import type { CliContext } from '../context.ts';
import { signingEnvironment } from '../signing.ts';
import { noteWarnings } from '../warnings.ts';

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
  const { lines, warnings } = last === undefined ? await build(order) : known(last);
  noteWarnings(context, warnings);
  if (context.json) {
    const document = { hosts: lines, warnings: warnings.map(({ data }) => data) };
    context.print(JSON.stringify(document, null, 2));
  } else for (const { host, hash } of lines) context.print(`${host} ${hash}`);
  return EXIT.done;
}

interface Result {
  readonly lines: readonly Line[];
  readonly warnings: readonly ToldWarning[];
}

function known({ results, warnings }: LastBuild): Result {
  return { lines: results.map(({ host, hash, path }) => ({ host, hash, path, changed: false })), warnings };
}

/** What it takes to build is loaded only when there is something to build. */
async function build(order: BuildOrder): Promise<Result> {
  const { buildFleet } = await import('../../deploy/build-fleet.ts');
  const { built, warnings } = await buildFleet(order);
  const lines = built.map(({ host, bundle, path, changed }) => ({
    host: host.name,
    hash: bundle.manifest.hash,
    path,
    changed,
  }));
  return { lines, warnings };
}
