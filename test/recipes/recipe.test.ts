// Recipes as configuration sees them: parameters, the hash, what is pinned, and what is wrong.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { recipe, source, z, type Derivation, type Platform } from 'stead';
import { Pins, type BuiltRecipe, type Lock } from '../../src/fleet/index.ts';

const SUM = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);
const bookworm: Platform = { architecture: 'amd64', suite: 'bookworm' };

function archive(change = ''): Lock['debian'][string] {
  const one = (name: string, depends: string[] = []) => ({
    version: `1${change}`,
    sha256: Buffer.from(name.padEnd(32, change || '.'))
      .toString('hex')
      .slice(0, 64),
    size: 10,
    path: `pool/${name}_1${change}.deb`,
    depends,
  });
  return {
    date: 'Sat, 12 Jul 2026 09:00:00 UTC',
    essential: ['dash', 'tar'],
    roots: ['cmake', 'glslc', 'ninja', 'patch', 'xz-utils', ''],
    packages: {
      dash: one('dash', ['libc6']),
      tar: one('tar', ['libc6']),
      libc6: one('libc6'),
      cmake: one('cmake', ['libc6', 'libstdc']),
      libstdc: one('libstdc', ['libc6']),
      ninja: one('ninja', ['libc6']),
      glslc: one('glslc', ['libc6']),
      patch: one('patch'),
      'xz-utils': one('xz-utils'),
    },
  };
}

const lock: Lock = {
  version: 1,
  sources: { 'url:https://example.org/hello.tar.gz': { kind: 'url', sha256: SUM, size: 3 } },
  debian: {
    'bookworm/amd64': archive(),
    'bookworm/arm64': archive('arm'),
    'trixie/amd64': archive('t'),
    'trixie/arm64': archive('tarm'),
  },
  models: {},
};

const base: Derivation = {
  name: 'hello',
  version: '1.0',
  sources: { '.': source.url('https://example.org/hello.tar.gz') },
  tools: ['cmake'],
  beside: { trixie: ['glslc'] },
  hostPaths: { '/usr/local/cuda': '12.6' },
  environment: { FLAGS: '-O2' },
  phases: { build: 'make', install: 'make install' },
  patches: [{ name: 'fix.patch', text: '--- a\n+++ b\n' }],
  resources: { timeLimit: '1h', memory: '1G', jobs: 2, nice: 5 },
  keep: ['build'],
};

function built(content: Derivation, platform = bookworm, pins = new Pins(lock)): BuiltRecipe {
  return recipe('hello', { describe: '', parameters: z.object({}), build: () => content })
    .pinnedBy(pins)
    .on(platform);
}

function message(code: () => unknown): string {
  try {
    code();
  } catch (error) {
    const { message: text, hint } = error as { message: string; hint?: string };
    return [text, hint].join('\n');
  }
  return '';
}

describe('the hash of a recipe', () => {
  test('names its output on the host', () => {
    const { hash, path } = built(base);
    expect(hash).toMatch(/^[0-9a-df-np-sv-z]{32}$/);
    expect(path).toBe(`/var/lib/stead/store/${hash}-hello-1.0`);
    expect({ ...built(base) }).toEqual({ name: 'hello', version: '1.0', hash, path });
  });

  const changes: Readonly<
    Record<keyof Omit<Derivation, 'doctor' | 'resources' | 'keep'>, Partial<Derivation>>
  > = {
    name: { name: 'goodbye' },
    version: { version: '1.1' },
    sources: { sources: { '.': source.url('https://example.org/hello.tar.gz', { sha256: OTHER }) } },
    tools: { tools: ['cmake', 'ninja'] },
    beside: { beside: {} },
    hostPaths: { hostPaths: { '/usr/local/cuda': '12.8' } },
    environment: { environment: { FLAGS: '-O3' } },
    phases: { phases: { build: 'make', install: 'make install PREFIX=/' } },
    patches: { patches: [{ name: 'fix.patch', text: '--- a\n+++ c\n' }] },
  };

  test.each(Object.entries(changes))('changes with %s', (_, change) => {
    expect(built({ ...base, ...change }).hash).not.toBe(built(base).hash);
  });

  test('changes with where a source is unpacked and how, with the platform, and with the version of a tool', () => {
    const url = 'https://example.org/hello.tar.gz';
    const others = [
      built({ ...base, sources: { src: source.url(url) } }),
      built({ ...base, sources: { '.': source.url(url, { strip: 0 }) } }),
      built({ ...base, sources: { '.': source.url(url, { unpack: false }) } }),
      built(base, { architecture: 'arm64', suite: 'bookworm' }),
      built(base, { architecture: 'amd64', suite: 'trixie' }),
      built(
        base,
        bookworm,
        new Pins({ ...lock, debian: { ...lock.debian, 'bookworm/amd64': archive('9') } }),
      ),
      built(base, bookworm, new Pins({ ...lock, debian: { ...lock.debian, 'trixie/amd64': archive('9') } })),
      built(base),
    ];
    expect(new Set(others.map(({ hash }) => hash)).size).toBe(others.length);
  });

  test('does not change with limits, with what is looked for on the host, with what is kept, with the order in which things are said, or with the name of a patch', () => {
    const { hash } = built(base);
    for (const change of [
      { resources: { timeLimit: '2h', nice: 0 } },
      { keep: [] },
      { doctor: { card: { command: 'lspci', advice: 'plug it in' } } },
      { tools: ['cmake', 'cmake'] },
      { patches: [{ name: 'elsewhere/other.patch', text: '--- a\n+++ b\n' }] },
    ]) {
      expect(built({ ...base, ...change }).hash).toBe(hash);
    }
    const reversed = Object.fromEntries(Object.entries(base).reverse()) as unknown as Derivation;
    expect(built(reversed).hash).toBe(hash);
  });

  test('differs for every two different environments, and only for those', () => {
    const environment = fc.dictionary(
      fc.stringMatching(/^[A-Z]{1,3}$/),
      fc.string({ maxLength: 4, unit: 'grapheme' }),
    );
    fc.assert(
      fc.property(environment, environment, (one, other) => {
        fc.pre(
          !/[\0]/.test(JSON.stringify([one, other])) && !JSON.stringify([one, other]).includes('\\u0000'),
        );
        const same =
          JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());
        return (
          (built({ ...base, environment: one }).hash === built({ ...base, environment: other }).hash) === same
        );
      }),
      { numRuns: 60 },
    );
  });

  test('of an override that changes nothing is the same, and parameters that no step uses do not count', () => {
    const made = recipe('flags', {
      describe: '',
      parameters: z.object({
        flags: z.record(z.string(), z.string()).default({}),
        unused: z.int().default(1),
      }),
      build: ({ flags }) => ({ ...base, environment: flags }),
    }).pinnedBy(new Pins(lock));
    const { hash } = made.on(bookworm);
    expect(made.override({}).on(bookworm).hash).toBe(hash);
    expect(made.override({ flags: {} }).on(bookworm).hash).toBe(hash);
    expect(made.override({ unused: 2 }).on(bookworm).hash).toBe(hash);
    expect(made.override({ flags: { A: '1' } }).on(bookworm).hash).not.toBe(hash);
  });
});

describe('a recipe', () => {
  const llama = recipe('llama', {
    describe: 'Something with parameters.',
    parameters: z.object({
      variant: z.enum(['cpu', 'vulkan']).default('cpu'),
      cmakeFlags: z.record(z.string(), z.string()).default({ A: '1' }),
    }),
    build: ({ variant, cmakeFlags }) => ({
      name: `llama-${variant}`,
      version: '1',
      tools: ['cmake'],
      environment: cmakeFlags,
      phases: { install: 'cp a "$out"' },
    }),
  });

  test('is overridden one parameter after the other, by values or by a function of what they were', () => {
    const changed = llama
      .override({ variant: 'vulkan' })
      .override(({ cmakeFlags }) => ({ cmakeFlags: { ...cmakeFlags, B: '2' } }))
      .pinnedBy(new Pins(lock))
      .on(bookworm);
    expect(changed.name).toBe('llama-vulkan');
    expect(changed.plan.script).toContain('export A=1\nexport B=2\n');
  });

  test('refuses a parameter that it does not have, with the nearest, and a value that does not fit', () => {
    expect(message(() => llama.override({ cmakeFlag: {} } as object))).toBe(
      'the recipe llama has no parameter `cmakeFlag`\nDid you mean `cmakeFlags`?',
    );
    expect(message(() => llama.override({ variant: 'cuda' as 'cpu' }))).toBe(
      'the recipe llama cannot take `variant`: expected one of "cpu"|"vulkan", got "cuda"\nIts parameters: variant, cmakeFlags.',
    );
  });

  test('takes all that its tools depend on, and what every Debian has', () => {
    const { plan } = llama.pinnedBy(new Pins(lock)).on(bookworm);
    expect(plan.inputs.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'tool cmake_1',
      'tool dash_1',
      'tool libc6_1',
      'tool libstdc_1',
      'tool tar_1',
    ]);
  });

  test('says what the lock does not pin, and what pins it', () => {
    const asking = () =>
      built(
        {
          ...base,
          sources: { '.': source.git('https://example.org/hello.git', { track: 'main' }) },
          tools: ['clang'],
        },
        bookworm,
      );
    expect(message(asking)).toBe(
      'stead.lock does not pin git:https://example.org/hello.git#track=main and clang of bookworm/amd64, which the recipe hello needs\nRun `stead update hello`, and commit stead.lock.',
    );
  });

  test('needs a platform', () => {
    expect(message(() => llama.on(undefined))).toBe(
      "the recipe llama is built for a platform, and that of this host is not known\nWrite recipes({ platform: { architecture: 'arm64', suite: 'bookworm' } }) for the host, or run `stead facts HOST` once.",
    );
  });

  test('is told what is wrong with what its `build` gives', () => {
    expect(message(() => built({ ...base, tool: ['x'] } as Derivation))).toBe(
      'what `build` of the recipe hello gives is wrong: there is no `tool`\nDid you mean `tools`?',
    );
    expect(message(() => built({ ...base, tools: ['g++', 'Cmake'] }))).toBe(
      'what `build` of the recipe hello gives is wrong at tools[1]: expected the name of a Debian package, got "Cmake"\nIt gives { name, version, sources, tools, phases, … } as plain data.',
    );
    expect(
      message(() => built({ ...base, sources: { '../x': source.url('https://example.org/x') } })),
    ).toContain('../x');
  });
});
