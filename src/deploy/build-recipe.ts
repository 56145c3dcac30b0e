// Has one machine build one recipe: asks what it lacks, sends that, follows the build.
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { streamTar, type TarEntry } from '../bundle/index.ts';
import type { BuiltRecipe } from '../fleet/index.ts';
import { SteadError, SteadErrors } from '../options/index.ts';
import { fetchInputs, recipeFiles } from '../recipes/index.ts';
import {
  buildRecipe,
  incomingName,
  offerRecipe,
  outputOf,
  sendInputs,
  type Output,
  type RecipeAnswer,
  type Session,
} from '../targets/index.ts';
import type { Watch } from './events.ts';
import { compressed } from './packing.ts';

/** For whom a recipe is built, and where. */
export interface BuildPlace {
  readonly repository: string;
  /** The host that is to have it. */
  readonly host: string;
  /** The machine that builds it, where that is not the host. */
  readonly on?: string;
  /** Archives that packages are fetched from first. */
  readonly mirrors: readonly string[];
  readonly watch: Watch;
  /** Has work that others must not do at the same time done. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
}

/**
 * Builds a recipe on the machine of a session, unless it has its output.
 * @throws SteadError `recipe.lacks` for what the machine lacks, `recipe.build` where the build fails, `host.*`
 */
export async function buildThere(recipe: BuiltRecipe, session: Session, place: BuildPlace): Promise<Output> {
  const { host, on, watch } = place;
  const name = basename(recipe.path);
  const answer = await offerRecipe(session, recipe.hash, streamTar(textMembers(recipe), 'given'));
  if (answer.outputPresent) return (await outputOf(session, name)).output!;
  if (answer.lacks.length > 0) throw lacking(recipe, answer, place);
  const label = `${recipe.name} ${recipe.version}`;
  const building = { kind: 'building', host, recipe: label, ...(on === undefined ? {} : { on }) } as const;
  const missing = new Set(answer.missing);
  if (missing.size > 0) {
    const note = (line: string): void => watch({ ...building, phase: 'fetch', line, seconds: 0 });
    await fetched(() =>
      place.inTurn(() =>
        fetchInputs(recipe, { out: join(place.repository, 'out'), mirrors: place.mirrors, note }, missing),
      ),
    );
    watch({ ...building, phase: 'send', line: `sending ${missing.size} inputs`, seconds: 0 });
    await send(session, join(place.repository, 'out', 'sources'), [...missing], answer.zstd);
  }
  let phase = 'unpack';
  const output = await buildRecipe(session, name, on ?? host, (seconds, line) => {
    phase = /^@stead phase (.*)$/.exec(line)?.[1] ?? phase;
    watch({ ...building, phase, line, seconds });
  });
  watch({ ...building, phase: 'done', line: `built in ${output.seconds} s`, seconds: output.seconds });
  return output;
}

/** A host has one error: that of the first input, with what is wrong with others. */
async function fetched(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof SteadErrors)) throw error;
    const { code, hint, places } = error.errors[0]!;
    throw new SteadError({
      code,
      message: error.errors.map(({ message }) => message).join('; '),
      places,
      hint,
      cause: error,
    });
  }
}

function textMembers(recipe: BuiltRecipe): TarEntry[] {
  return Object.entries(recipeFiles(recipe)).map(([name, text]) => ({
    kind: 'file',
    name,
    mode: 0o644,
    content: Buffer.from(text),
  }));
}

async function send(
  session: Session,
  sources: string,
  sums: readonly string[],
  zstd: boolean,
): Promise<void> {
  const incoming = incomingName(randomBytes(8));
  const members = sums.map((sum): Extract<TarEntry, { file: string }> => {
    const file = join(sources, sum);
    return { kind: 'file', name: `${incoming}/${sum}`, mode: 0o644, file, size: statSync(file).size };
  });
  const bytes = members.reduce((sum, { size }) => sum + size + 4096, 65536);
  const folder: TarEntry = { kind: 'directory', name: incoming, mode: 0o755 };
  const packing = zstd ? 'zstd' : 'gzip';
  const stream = compressed(streamTar([folder, ...members], 'given'), packing, 1);
  await sendInputs(session, incoming, packing, bytes, stream);
}

function lacking(
  { name, version }: BuiltRecipe,
  { lacks }: RecipeAnswer,
  { host, on }: BuildPlace,
): SteadError {
  return new SteadError({
    code: 'recipe.lacks',
    host,
    message: `${name} ${version} cannot be built on ${on ?? host}: ${lacks.map(({ what }) => what).join('; ')}`,
    hint: `Nothing was changed. ${lacks.map(({ what, advice }) => `${what}: ${advice}`).join('; ')}.`,
  });
}
