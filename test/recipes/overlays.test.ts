// Recipes in the package set: overlays as in Nix, platforms from facts, and what a host's bundle says of them.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { recipeOutputs } from '../../src/bundle/sets/recipes.ts';
import { checkFleet, loadFleet, type BuiltRecipe } from '../../src/fleet/index.ts';
import { buildHosts, evaluateRepository } from '../../src/deploy/index.ts';
import { repository } from '../fleet/repository.ts';

const stead = join(import.meta.dirname, '../..');

const suite = {
  date: '',
  essential: [],
  roots: ['', 'cmake', 'clang'],
  packages: Object.fromEntries(
    ['cmake', 'clang'].map((name) => [
      name,
      {
        version: '1',
        sha256: Buffer.from(name.padEnd(32)).toString('hex'),
        size: 1,
        path: `pool/${name}.deb`,
        depends: [],
      },
    ]),
  ),
};

const lock = {
  version: 1,
  sources: Object.fromEntries(
    ['v1', 'v2'].map((tag) => [
      `git:https://example.org/engine.git#${tag}`,
      {
        kind: 'git',
        commit: '1'.repeat(40),
        tree: '2'.repeat(40),
        sha256: Buffer.from(tag.padEnd(32)).toString('hex'),
        size: 1,
      },
    ]),
  ),
  debian: { 'bookworm/amd64': suite, 'bookworm/arm64': suite, 'jammy/arm64': suite },
  models: {},
};

const files = {
  'stead.lock': JSON.stringify(lock),
  'modules/engine.ts': `import { options, recipe, recipes, source, systemd, z } from 'stead';
export const engine = options('engine', z.object({ flags: z.record(z.string(), z.string()).optional() }));
export const engineRecipe = recipe('engine', {
  describe: 'An engine.',
  parameters: z.object({ rev: z.string().default('v1'), cmakeFlags: z.record(z.string(), z.string()).default({}) }),
  build: ({ rev, cmakeFlags }) => ({
    name: 'engine',
    version: rev.slice(1),
    sources: { src: source.git('https://example.org/engine.git', rev) },
    tools: ['cmake'],
    phases: { configure: ['cmake', ...Object.entries(cmakeFlags).map(([name, value]) => \`-D\${name}=\${value}\`)].join(' ') },
  }),
});
engine.implement({
  defines: [recipes, systemd],
  *config(self, { host, packages }) {
    const own = self.flags === undefined ? {} : { cmakeFlags: self.flags };
    const built = () => packages.engine.override(own).on(host.get(recipes).platform);
    yield recipes({ use: [built] });
    yield systemd({ units: { 'engine.service': { sections: { Service: { ExecStart: () => \`\${built().path}/bin/engine\` } } } } });
  },
});
`,
  'hosts/a.ts': `import { host, recipes } from 'stead';
import { engine } from '../modules/engine.ts';
export default host('a', { use: [engine({}), recipes({ platform: { architecture: 'amd64', suite: 'bookworm' } })] });
`,
};

async function output(more: Readonly<Record<string, string>> = {}, host = 'a'): Promise<BuiltRecipe> {
  const { evaluation } = checkFleet(await loadFleet(repository({ ...files, ...more })));
  return recipeOutputs(evaluation.host(host))[0]!;
}

const overlay = (text: string): Record<string, string> => ({ 'overlays/engine.ts': text });

describe('an overlay', () => {
  test('changes a recipe by its parameters, for every host', async () => {
    const plain = await output();
    const changed = await output(
      overlay(
        `export default (final, prev) => ({ engine: prev.engine.override({ rev: 'v2', cmakeFlags: { FAST: 'ON' } }) });\n`,
      ),
    );
    expect([plain.version, changed.version]).toEqual(['1', '2']);
    expect(changed.plan.script).toContain('cmake -DFAST=ON\n');
    expect(changed.hash).not.toBe(plain.hash);
  });

  test('that changes nothing gives the same hash', async () => {
    const { hash } = await output();
    expect(
      (await output(overlay(`export default (final, prev) => ({ engine: prev.engine.override({}) });\n`)))
        .hash,
    ).toBe(hash);
    expect(
      (
        await output(
          overlay(`export default (final, prev) => ({ engine: prev.engine.override({ rev: 'v1' }) });\n`),
        )
      ).hash,
    ).toBe(hash);
  });

  test('comes over earlier ones, and modules override what all of them made', async () => {
    const built = await output({
      'overlays/a.ts': `export default (final, prev) => ({ engine: prev.engine.override({ rev: 'v2', cmakeFlags: { A: '1' } }) });\n`,
      'overlays/b.ts': `export default (final, prev) => ({ engine: prev.engine.override((before) => ({ cmakeFlags: { ...before.cmakeFlags, B: '2' } })) });\n`,
      'hosts/a.ts': files['hosts/a.ts'].replace('engine({})', `engine({ flags: { C: '3' } })`),
    });
    expect(built.version).toBe('2');
    expect(built.plan.script).toContain('cmake -DC=3\n');
    const both = await output({
      'overlays/a.ts': `export default (final, prev) => ({ engine: prev.engine.override({ cmakeFlags: { A: '1' } }) });\n`,
      'overlays/b.ts': `export default (final, prev) => ({ engine: prev.engine.override((before) => ({ cmakeFlags: { ...before.cmakeFlags, B: '2' } })) });\n`,
    });
    expect(both.plan.script).toContain('cmake -DA=1 -DB=2\n');
  });

  test('may give the recipe of a module itself, another name for it, or one that `final` has', async () => {
    const built = await output({
      'overlays/a.ts': `import { engineRecipe } from '../modules/engine.ts';
export default (final) => ({ engine: () => final.newer, newer: engineRecipe.override({ rev: 'v2' }) });
`,
    });
    expect(built.version).toBe('2');
  });

  test('has the recipe of a repository in place of one of stead with the same name', async () => {
    const { packages } = await loadFleet(
      repository({
        ...files,
        'modules/own.ts': `import 'stead/modules/llamaCpp';
import { recipe, z } from 'stead';
recipe('llamaCpp', {
  describe: 'Another.',
  parameters: z.object({}),
  build: () => ({ name: 'another', version: '1', tools: ['cmake'], phases: {} }),
});
`,
        'hosts/a.ts': `import '../modules/own.ts';\n${files['hosts/a.ts']}`,
      }),
    );
    expect(packages['llamaCpp']!.on({ architecture: 'amd64', suite: 'bookworm' }).name).toBe('another');
    const { packages: others } = await loadFleet(
      repository({ ...files, 'hosts/a.ts': `import 'stead/modules/llamaCpp';\n${files['hosts/a.ts']}` }),
    );
    expect(others['llamaCpp']!.kind).toBe('recipe');
    expect(() => others['llamaCpp']!.on({ architecture: 'amd64', suite: 'bookworm' })).toThrow(
      'stead.lock does not pin',
    );
  });

  test('changes name and version of a Debian package in the same way', async () => {
    const { packages } = await loadFleet(
      repository({
        ...files,
        ...overlay(
          `export default (final, prev) => ({ web: prev.nginx.override({ version: '1.22.*' }).override({ name: 'nginx-light' }) });\n`,
        ),
      }),
    );
    expect(packages['web']).toEqual({ kind: 'debian', name: 'nginx-light', version: '1.22.*' });
    expect(Object.keys(packages)).toContain('engine');
  });

  test('is typed: the form of the README compiles, a parameter of the recipe itself that there is not does not', () => {
    const folder = repository({
      'modules/engine.ts': files['modules/engine.ts'],
      'overlays/good.ts': `import type { Overlay } from 'stead';
export default ((final, prev) => ({
  engine: prev.engine.override({ rev: 'v2', cmakeFlags: { FAST: 'ON' } }),
  curl: prev.curl.override({ version: '7.*' }),
  web: { kind: 'debian', name: 'nginx' },
  other: () => final.engine,
})) satisfies Overlay;
`,
      'overlays/bad.ts': `import { engineRecipe } from '../modules/engine.ts';
// @ts-expect-error -- the recipe has no such parameter
export const one = engineRecipe.override({ revision: 'v2' });
// @ts-expect-error -- it is text
export const other = engineRecipe.override({ rev: 2 });
`,
      'tsconfig.json': JSON.stringify({
        compilerOptions: {
          target: 'es2024',
          module: 'nodenext',
          types: ['node'],
          typeRoots: [join(stead, 'node_modules/@types')],
          paths: { stead: [join(stead, 'src/index.ts')] },
          strict: true,
          noEmit: true,
          skipLibCheck: true,
          allowImportingTsExtensions: true,
        },
        include: ['overlays', 'modules'],
      }),
    });
    const tsc = join(stead, 'node_modules/.bin/tsc');
    expect(() => execFileSync(tsc, ['-p', folder], { encoding: 'utf8' })).not.toThrow();
  }, 120_000);
});

describe('a platform', () => {
  test.each([
    ['debian 12', 'amd64', 'bookworm'],
    ['debian 12', 'arm64', 'bookworm'],
    ['ubuntu 22.04', 'arm64', 'jammy'],
  ])('of a host whose facts say %s on %s is known', async (system, architecture, name) => {
    const built = await output({
      'hosts/a.ts': `import { host } from 'stead';\nimport { engine } from '../modules/engine.ts';\nexport default host('a', { use: [engine({})] });\n`,
      'hosts/facts/a.json': JSON.stringify({ system, architecture }),
    });
    expect(JSON.parse(built.plan.derivation)).toMatchObject({ platform: { architecture, suite: name } });
  });

  test('that the host says comes before its facts', async () => {
    const built = await output({
      'hosts/facts/a.json': JSON.stringify({ system: 'ubuntu 22.04', architecture: 'arm64' }),
    });
    expect(built.hash).toBe((await output()).hash);
  });
});

describe('the bundle of a host', () => {
  test('names the outputs that it needs, each once, and its units hold their paths', async () => {
    const folder = repository({
      ...files,
      'modules/second.ts': `import { options, recipes, z } from 'stead';
export const second = options('second', z.object({}));
second.implement({
  defines: [recipes],
  *config(_, { host, packages }) {
    yield recipes({ use: [() => packages.engine.on(host.get(recipes).platform)] });
  },
});
`,
      'hosts/a.ts': files['hosts/a.ts']
        .replace('engine({})', 'engine({}), second({})')
        .replace('\n', `\nimport { second } from '../modules/second.ts';\n`),
    });
    const commit = Promise.resolve({ commit: null, dirty: false, stead: '0.0.0' });
    const [built] = await buildHosts(await evaluateRepository(folder, commit), [], { all: true });
    const { manifest, tables, entries } = built!.bundle;
    const [row] = manifest.recipes;
    expect(manifest.recipes).toEqual([
      { name: 'engine', version: '1', hash: row!.hash, path: `/var/lib/stead/store/${row!.hash}-engine-1` },
    ]);
    expect(tables['recipes.tsv']).toBe(`${row!.hash}\tengine\t1\t${row!.path}\n`);
    const unit = entries.find(({ file }) => file.path.endsWith('/engine.service'))!;
    expect(Buffer.from(unit.content as Uint8Array).toString()).toContain(
      `ExecStart=${row!.path}/bin/engine\n`,
    );
  });
});
