// Evaluates the fleet and writes the bundles of the chosen hosts.
import { realpathSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import {
  bundle,
  bundleSource,
  writeBundles,
  writeFleet,
  type Bundle,
  type BundleSource,
  type Digest,
  type Fleet,
  type FleetEntry,
  type Provenance,
} from '../bundle/index.ts';
import { secrets } from '../bundle/sets/index.ts';
import { checkFleet, loadFleet, type LoadedFleet } from '../fleet/index.ts';
import { runtimeFiles } from '../host/index.ts';
import { SteadError, SteadErrors, type Evaluation, type HostEvaluation } from '../options/index.ts';
import { secretsFolder } from '../secrets/store.ts';
import { manifestHistory, type ManifestHistory } from './history.ts';
import { selectHosts } from './select.ts';
import type { SignedHost } from './sign.ts';

const steadFolder = resolve(import.meta.dirname, '../..');

/** A fleet whose every option has been computed and found right. */
export interface EvaluatedFleet {
  readonly repository: string;
  readonly loaded: LoadedFleet;
  readonly evaluation: Evaluation;
  readonly warnings: readonly SteadError[];
  /** Which commit this is; git is asked while the fleet is evaluated. */
  readonly provenance: Promise<Provenance>;
}

/** A host with the bundle that its evaluation makes. */
export interface BuiltHost {
  readonly host: HostEvaluation;
  readonly bundle: Bundle;
  /** Bundles that the host may have already. */
  readonly history: ManifestHistory;
}

/** A built host whose bundle, signature included, stands under `out/`. */
export interface WrittenHost extends SignedHost {
  /** The bundle's folder. */
  readonly path: string;
  /** False where it stood there already. */
  readonly changed: boolean;
}

/**
 * Loads and evaluates the repository.
 * @param commit where the repository stands, asked for while it is evaluated: `provenance(…)`
 * @throws SteadError, SteadErrors for all that is wrong with it
 */
export async function evaluateRepository(
  repository: string,
  commit: Promise<Provenance>,
): Promise<EvaluatedFleet> {
  const loaded = await loadFleet(repository);
  return { repository, loaded, ...checkFleet(loaded), provenance: commit };
}

/** Builds the bundles of the chosen hosts in memory. @throws SteadErrors with the errors of all hosts */
export async function buildHosts(
  fleet: EvaluatedFleet,
  words: readonly string[],
  options: { readonly all: boolean },
): Promise<readonly BuiltHost[]> {
  const chosen = selectHosts(fleet.evaluation.hosts, words, options.all);
  const context = { runtime: runtimeFiles(), provenance: await fleet.provenance };
  const history = manifestHistory(join(fleet.repository, 'out'));
  const errors: SteadError[] = [];
  const built: BuiltHost[] = [];
  for (const host of chosen) {
    let outside: readonly SteadError[] = [];
    try {
      await checkSecrets(host, fleet.loaded.repository);
      const packageOf = (name: string) => fleet.loaded.packages[name] ?? { name };
      const source = bundleSource(host, packageOf, secretsFolder(fleet.loaded.repository));
      outside = outsideSources(source, fleet.loaded.repository);
      errors.push(...outside);
      built.push({ host, bundle: await bundle(source, context), history });
    } catch (error) {
      const found = error instanceof SteadErrors ? error.errors : [error];
      for (const one of found) {
        if (!(one instanceof SteadError)) throw error;
        // Whether it is there matters not, where it may not be read.
        if (outside.length === 0 || one.code !== 'bundle.source') errors.push(one);
      }
    }
  }
  if (errors.length > 0) throw new SteadErrors(fleet.evaluation.told(errors), fleet.warnings);
  return built;
}

/** Writes bundles to `out/` and names them in `out/fleet.json`. */
export async function writeHosts(
  fleet: EvaluatedFleet,
  built: readonly SignedHost[],
): Promise<readonly WrittenHost[]> {
  const out = join(fleet.repository, 'out');
  const folders = await writeBundles(built, out);
  const written = built.map((one, index): WrittenHost => ({ ...one, ...folders[index]! }));
  const entries: Fleet = Object.fromEntries(
    written.map(({ host, bundle: { manifest }, path }): [string, FleetEntry] => [
      host.name,
      { hash: manifest.hash as Digest, path: relative(fleet.repository, path) },
    ]),
  );
  writeFleet(
    out,
    entries,
    fleet.evaluation.hosts.map((host) => host.name),
  );
  return written;
}

/** What reads ciphertexts is loaded only where there are some. */
async function checkSecrets(host: HostEvaluation, repository: string): Promise<void> {
  if (Object.keys(host.get(secrets).files).length === 0) return;
  const { secretErrors } = await import('./secrets.ts');
  const found = await secretErrors(host, repository);
  if (found.length > 0) throw new SteadErrors(found);
}

/** Contents are inputs of the build as everything else: files of the repository, or of stead's own modules. */
function outsideSources(source: BundleSource, repository: string): SteadError[] {
  return source.files.flatMap((file) => {
    if (!('content' in file) || typeof file.content === 'string' || file.content instanceof Uint8Array)
      return [];
    const { file: path } = file.content;
    if ([repository, steadFolder].some((folder) => isInside(path, folder))) return [];
    return [
      new SteadError({
        code: 'bundle.outside',
        host: source.host,
        option: file.option && `${file.option}.source`,
        message: `${file.path} is made from ${path}, which is outside the repository`,
        places: (file.origin ?? []).map((origin) => ({
          ...origin,
          keys: [...(origin.keys ?? []), 'source'],
        })),
        hint: 'Put the file into the repository, and name it with readSource(…).name.',
      }),
    ];
  });
}

function isInside(path: string, folder: string): boolean {
  try {
    return realpathSync(path).startsWith(folder + sep);
  } catch {
    // A file that is not there is told of when it is read.
    return path.startsWith(folder + sep);
  }
}
