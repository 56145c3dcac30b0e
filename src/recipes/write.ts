// Writes what a build is given, for the machine that builds: `out/recipes/<hash>/`. See FORMAT.md.
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pid } from 'node:process';
import { compareBytes } from '../bundle/index.ts';
import type { BuiltRecipe, RecipeInput, RecipePlan } from '../fleet/index.ts';

/** The small files of a recipe by name, without its inputs. */
export function recipeFiles({ plan }: BuiltRecipe): Readonly<Record<string, string>> {
  return {
    'derivation.json': plan.derivation,
    build: plan.script,
    'inputs.tsv': table(plan.inputs.map(inputRow)),
    'hostPaths.tsv': table(Object.entries(plan.hostPaths)),
    'resources.tsv': table(resourceRows(plan)),
  };
}

/**
 * Writes the folder of a recipe, whole or not at all, and gives its path. The inputs are links into `<out>/sources/`,
 * where `fetchInputs` puts them.
 */
export function writeRecipe(recipe: BuiltRecipe, out: string): string {
  const folder = join(out, 'recipes', recipe.hash);
  const fresh = join(out, 'recipes', `.${recipe.hash}.${pid}.new`);
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(join(fresh, 'inputs'), { recursive: true });
  for (const [name, text] of Object.entries(recipeFiles(recipe))) writeFileSync(join(fresh, name), text);
  for (const sha256 of new Set(recipe.plan.inputs.map((input) => input.sha256))) {
    symlinkSync(join('../../../sources', sha256), join(fresh, 'inputs', sha256));
  }
  // Limits are not in the hash, and may be others than before.
  if (existsSync(folder)) rmSync(folder, { recursive: true });
  renameSync(fresh, folder);
  return folder;
}

function inputRow({ kind, sha256, size, name, place }: RecipeInput): string[] {
  return [kind, sha256, size === null ? '-' : String(size), name, place ?? '-'];
}

function resourceRows({ resources, keep }: RecipePlan): string[][] {
  const { timeLimitSeconds, memoryBytes, jobs, nice } = resources;
  return [
    ['timeLimit', String(timeLimitSeconds)],
    ...(memoryBytes === null ? [] : [['memory', String(memoryBytes)]]),
    ...(jobs === null ? [] : [['jobs', String(jobs)]]),
    ['nice', String(nice)],
    ['key', keep.key],
    ...keep.folders.map((folder) => ['keep', folder]),
  ];
}

/** No column holds a tab or the end of a line: names and paths are checked when a recipe is evaluated. */
function table(rows: readonly (readonly string[])[]): string {
  return rows
    .map((row) => `${row.join('\t')}\n`)
    .sort(compareBytes)
    .join('');
}
