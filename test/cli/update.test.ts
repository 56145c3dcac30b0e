// stead update from the command line: what it prints, and what a build says before it.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { folder, repository, run } from './stead.ts';

test('moves what is named, from the text that an error gives, and says from where to where', async () => {
  const data = join(folder(), 'data.txt');
  writeFileSync(data, 'one\n');
  const url = pathToFileURL(data).href;
  const empty = { date: '', essential: [], roots: [''], packages: {} };
  const path = repository({
    'hosts/a.ts': `import { host, options, recipe, recipes, source, z } from 'stead';
const tool = options('tool', z.object({}));
recipe('tool', {
  describe: 'A tool.',
  parameters: z.object({}),
  build: () => ({ name: 'tool', version: '1', sources: { '.': source.url('${url}') }, phases: {} }),
});
tool.implement({
  defines: [recipes],
  *config(_, { host, packages }) {
    yield recipes({ use: [() => packages.tool.on(host.get(recipes).platform)] });
  },
});
export default host('a', { use: [tool({}), recipes({ platform: { architecture: 'amd64', suite: 'bookworm' } })] });
`,
    'stead.lock': JSON.stringify({
      version: 1,
      sources: {},
      debian: { 'bookworm/amd64': empty },
      models: {},
    }),
  });
  const before = await run(['build', '--all', '--repo', path]);
  expect(before.code).toBe(2);
  expect(before.stderr).toContain(`stead.lock does not pin url:${url}, which the recipe tool needs`);
  expect(before.stderr).toContain('= Run `stead update tool`, and commit stead.lock.');

  const first = execFileSync('sha256sum', [data], { encoding: 'utf8' }).split(' ')[0]!;
  expect(await run(['update', `url:${url}`, '--repo', path])).toEqual({
    code: 0,
    stdout: `url:${url}: sha256 ${first}`,
    stderr: `looking up url:${url}`,
  });
  const built = await run(['build', '--all', '--repo', path]);
  expect(built).toMatchObject({ code: 0, stdout: expect.stringMatching(/^a [0-9a-z]{32}$/) as string });

  writeFileSync(data, 'two\n');
  // What is pinned stays what it is.
  expect((await run(['build', '--all', '--repo', path])).stdout).toBe(built.stdout);
  const second = execFileSync('sha256sum', [data], { encoding: 'utf8' }).split(' ')[0]!;
  const moved = await run(['update', `url:${url}`, '--repo', path]);
  expect(moved.stdout).toBe(`url:${url}: sha256 ${first} → sha256 ${second}`);
  expect(readFileSync(join(path, 'stead.lock'), 'utf8')).toContain(second);
  expect((await run(['build', '--all', '--repo', path])).stdout).not.toBe(built.stdout);
  expect((await run(['update', `url:${url}`, '--repo', path])).stdout).toBe('stead.lock is as it was');
  const json = await run(['update', `url:${url}`, '--repo', path, '--json']);
  expect(JSON.parse(json.stdout)).toEqual({ lock: 'stead.lock', changes: [] });

  // Not the repository's fault: nothing there needs to be mended.
  rmSync(data);
  const gone = await run(['update', `url:${url}`, '--repo', path]);
  expect(gone.code).toBe(1);
  expect(gone.stderr).toContain(`error: ${url} cannot be fetched: ENOENT`);

  const unknown = await run(['update', 'tol', '--repo', path]);
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toBe('error: nothing that the fleet uses is called tol\n  = Did you mean tool?');
}, 120_000);
