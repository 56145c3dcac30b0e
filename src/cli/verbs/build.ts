// stead build: evaluate, render, write out/, sign, print `host hash`.
import type { Provenance } from '../../bundle/index.ts';
import { EXIT, type ExitCode } from '../../deploy/outcome.ts';
import { provenance } from '../../deploy/provenance.ts';
import { hasRecord, recordBuild, unchangedBuild, type BuildRequest } from '../../deploy/unchanged.ts';
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
  const { repository } = context;
  const commit = provenance(repository, context.version);
  const request = async (): Promise<BuildRequest> => ({
    repository,
    selection: all ? ['--all'] : words,
    provenance: await commit,
  });
  const known = hasRecord(repository) ? unchangedBuild(await request()) : undefined;
  if (known !== undefined) {
    const lines = known.map((line) => ({ ...line, changed: false }));
    print(context, lines, []);
    return EXIT.done;
  }
  const { lines, warnings } = await build(context, words, all, commit);
  if (warnings.length === 0) {
    const results = lines.map(({ host, hash, path }) => ({ host, hash, path }));
    recordBuild(await request(), results);
  }
  print(context, lines, warnings);
  return EXIT.done;
}

/** What it takes to build is loaded only when there is something to build. */
async function build(
  context: CliContext,
  words: readonly string[],
  all: boolean,
  commit: Promise<Provenance>,
): Promise<{ readonly lines: readonly Line[]; readonly warnings: readonly object[] }> {
  const { buildHosts, evaluateRepository, writeHosts } = await import('../../deploy/build.ts');
  const fleet = await evaluateRepository(context.repository, commit);
  const written = await writeHosts(fleet, await buildHosts(fleet, words, { all }));
  const { signHosts } = await import('../../deploy/sign.ts');
  await signHosts(written, signingEnvironment(context));
  if (fleet.warnings.length > 0) {
    const { printWarnings } = await import('../warnings.ts');
    await printWarnings(context, fleet.warnings);
  }
  const { errorData } = await import('../document.ts');
  return {
    lines: written.map(({ host, bundle, path, changed }) => ({
      host: host.name,
      hash: bundle.manifest.hash,
      path,
      changed,
    })),
    warnings: await Promise.all(fleet.warnings.map(errorData)),
  };
}

function print(context: CliContext, lines: readonly Line[], warnings: readonly object[]): void {
  if (context.json) context.print(JSON.stringify({ hosts: lines, warnings }, null, 2));
  else for (const { host, hash } of lines) context.print(`${host} ${hash}`);
}
