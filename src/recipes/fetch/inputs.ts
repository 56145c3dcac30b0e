// What builds need, fetched once into `out/sources/<sha256>`, each checked against the lock.
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pid } from 'node:process';
import { hashFile, sourceFolder } from '../../bundle/index.ts';
import { LOCK_FILE, type BuiltRecipe, type RecipeInput } from '../../fleet/index.ts';
import { SteadError, SteadErrors, type Architecture } from '../../options/index.ts';
import { writeArchive } from '../archive.ts';
import { mirrorsOf } from '../debian/mirrors.ts';
import { download } from './download.ts';
import { gitArchive } from './git.ts';
import { npmSource } from './npm.ts';
import { aptArchives } from './apt.ts';

const AT_A_TIME = 8;

export interface FetchOptions {
  /** The repository's `out/`. */
  readonly out: string;
  /** `recipes.mirrors` of the host. */
  readonly mirrors?: readonly string[];
  /** What is being fetched, for people. */
  readonly note?: (text: string) => void;
}

/**
 * Fetches the inputs of a recipe that are not in `out/sources/` yet, or those of them that are named.
 * @param only sha256 of what is wanted; all where nothing is said
 * @throws SteadError, SteadErrors: `fetch.sha256` with both sums for what is not what the lock says, `fetch.failed`, …
 */
export async function fetchInputs(
  recipe: BuiltRecipe,
  options: FetchOptions,
  only?: ReadonlySet<string>,
): Promise<void> {
  const sources = join(options.out, 'sources');
  const bySum = new Map(recipe.plan.inputs.map((input) => [input.sha256, input]));
  const waiting = [...bySum.values()].filter(
    ({ sha256 }) => (only?.has(sha256) ?? true) && !existsSync(join(sources, sha256)),
  );
  if (waiting.length === 0) return;
  mkdirSync(sources, { recursive: true });
  options.note?.(said(recipe, waiting));
  const errors: SteadError[] = [];
  const worker = async (): Promise<void> => {
    for (let input = waiting.shift(); input !== undefined; input = waiting.shift()) {
      try {
        await fetchInput(input, recipe, sources, options);
      } catch (error) {
        if (!(error instanceof SteadError)) throw error;
        errors.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  if (errors.length > 0) throw errors.length === 1 ? errors[0]! : new SteadErrors(errors);
}

async function fetchInput(
  input: RecipeInput,
  recipe: BuiltRecipe,
  sources: string,
  options: FetchOptions,
): Promise<void> {
  const fresh = join(sources, `.${input.sha256}.${pid}.new`);
  rmSync(fresh, { force: true });
  try {
    await fetchTo(fresh, input, sources, options);
    const { sha256 } = await hashFile(fresh);
    if (sha256 !== input.sha256) throw wrongContent(input, recipe, sha256);
    renameSync(fresh, join(sources, sha256));
  } finally {
    rmSync(fresh, { force: true });
  }
}

async function fetchTo(
  path: string,
  { origin }: RecipeInput,
  sources: string,
  { mirrors = [] }: FetchOptions,
): Promise<void> {
  switch (origin.kind) {
    case 'url':
      return download(origin.url, path);
    case 'git':
      return gitArchive(origin.url, origin, sources, path);
    case 'npm':
      await npmSource(origin.name, origin.version, origin.gitBundle, sources, path);
      return;
    case 'folder':
      return writeArchive(path, origin.path, sourceFolder(origin.path));
    case 'text':
      return writeFileSync(path, origin.text);
    case 'debian': {
      const [suite, architecture] = origin.suite.split('/') as [string, Architecture];
      return fromMirrors(mirrorsOf(suite, architecture, mirrors, await aptArchives()), origin.path, path);
    }
    default:
      return origin satisfies never;
  }
}

/** @throws SteadError `fetch.package` where no mirror has it: archives keep the newest version alone */
async function fromMirrors(mirrors: readonly string[], file: string, path: string): Promise<void> {
  const failures: string[] = [];
  for (const mirror of mirrors) {
    try {
      return await download(`${mirror}/${file}`, path);
    } catch (error) {
      failures.push((error as Error).message);
      rmSync(path, { force: true });
    }
  }
  throw new SteadError({
    code: 'fetch.package',
    message: `the package ${file} is in no archive:\n${failures.map((failure) => `  ${failure}`).join('\n')}`,
    hint: `Archives drop versions that have a successor: take that with \`stead update\`, or name a snapshot of the archive in \`recipes.mirrors\`.`,
  });
}

function wrongContent({ name, sha256, origin }: RecipeInput, recipe: BuiltRecipe, got: string): SteadError {
  const from = 'url' in origin ? origin.url : name;
  const key = recipe.plan.recipe;
  return new SteadError({
    code: 'fetch.sha256',
    message: `${from}, of the recipe ${key}, is not what was pinned:\n  expected sha256 ${sha256}\n  got      sha256 ${got}`,
    hint:
      origin.kind === 'folder'
        ? 'It changed while it was read: try again.'
        : `Look at what changed there. If it is meant, correct the recipe's sha256, or run \`stead update ${key}\` and commit ${LOCK_FILE}.`,
  });
}

function said({ name, version }: BuiltRecipe, inputs: readonly RecipeInput[]): string {
  const bytes = inputs.reduce((sum, { size }) => sum + (size ?? 0), 0);
  const count = inputs.length === 1 ? inputs[0]!.name : `${inputs.length} files`;
  return `fetching ${count} (${Math.ceil(bytes / 1e6)} MB) for ${name} ${version}`;
}
