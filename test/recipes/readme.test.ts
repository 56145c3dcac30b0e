// The example of src/recipes/README.md is what it says: it evaluates, with everything that it asks the lock for.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkFleet, EMPTY_LOCK, loadFleet } from '../../src/fleet/index.ts';
import { recipeOutputs } from '../../src/bundle/sets/recipes.ts';
import { repository } from '../fleet/repository.ts';

const readme = readFileSync(join(import.meta.dirname, '../../src/recipes/README.md'), 'utf8');

test('the example of the README evaluates, and asks the lock for its source and its tools', async () => {
  const [recipe, implementation] = [...readme.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, text]) => text!);
  const folder = repository({
    'modules/hello/recipe.ts': recipe!,
    'modules/hello/options.ts': `import { options, z } from 'stead';\nexport const hello = options('hello', z.object({ greeting: z.string() }));\n`,
    'modules/hello/index.ts': `import { recipes, systemd } from 'stead';\nimport './recipe.ts';\nimport { hello } from './options.ts';\nexport { hello } from './options.ts';\n${implementation}`,
    'hosts/a.ts': `import { host, recipes } from 'stead';
import { hello } from '../modules/hello/index.ts';
export default host('a', { use: [hello({ greeting: 'hi' }), recipes({ platform: { architecture: 'arm64', suite: 'bookworm' } })] });
`,
  });
  const fleet = await loadFleet(folder, { lenient: EMPTY_LOCK });
  const [built] = recipeOutputs(checkFleet(fleet).evaluation.host('a'));
  expect(built?.plan.script).toContain('export GREETING=hi\n');
  expect(
    [...fleet.pins.asked.values()].map(({ request }) =>
      'request' in request ? request.request : request.name,
    ),
  ).toEqual(['git:https://example.org/hello.git#track=main', 'cmake', 'g++', 'ninja-build', '']);
});
