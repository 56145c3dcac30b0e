// What the machine that builds is given, but for the inputs: see FORMAT.md.
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
    'checks.tsv': table(
      Object.entries(plan.doctor).map(([name, { command, advice }]) => [name, command, advice]),
    ),
  };
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
    ...(keep.unpacked === null ? [] : [['unpacked', keep.unpacked]]),
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
