import { describe, expect, expectTypeOf, test } from 'vitest';
import { checkFleet, loadFleet, replace, wrap, type Overlay } from '../../src/fleet/index.ts';
import { options, type OptionSet, type PackageSet } from '../../src/options/index.ts';
import { z } from 'zod';
import { reported, repository } from './repository.ts';

const host = { 'hosts/a.ts': `import { host } from 'stead';\nexport default host('a', { use: [] });\n` };

/** The package set that these overlays make, in this order. */
async function packagesOf(...overlays: string[]): Promise<{ packages: PackageSet }> {
  const files = overlays.map((text, index) => [`overlays/${index}.ts`, text] as const);
  return loadFleet(repository({ ...host, ...Object.fromEntries(files) }));
}

describe('the package set', () => {
  test('is the Debian archive where no overlay says otherwise', async () => {
    const { packages } = await packagesOf();
    expect(packages['wireguard-tools']).toEqual({ kind: 'debian', name: 'wireguard-tools' });
    expect(Object.keys(packages)).toEqual([]);
  });

  test('holds what overlays add and change, later ones over earlier ones', async () => {
    const { packages } = await packagesOf(
      `export default () => ({ curl: { kind: 'debian', name: 'curl' }, web: { kind: 'debian', name: 'nginx' } });\n`,
      `export default (final, prev) => ({ curl: { ...prev.curl, name: 'curl-minimal' } });\n`,
    );
    expect(packages['curl']).toEqual({ kind: 'debian', name: 'curl-minimal' });
    expect(packages['web']).toEqual({ kind: 'debian', name: 'nginx' });
    expect(Object.keys(packages)).toEqual(['curl', 'web']);
  });

  test('`final` is what all overlays make, `prev` what the earlier ones do', async () => {
    const { packages } = await packagesOf(
      `export default (final, prev) => ({ a: () => final.bb, c: () => prev.bb });\n`,
      `export default () => ({ bb: { kind: 'debian', name: 'changed' } });\n`,
    );
    expect(packages['a']?.name).toBe('changed');
    expect(packages['c']?.name).toBe('bb');
  });

  test('computes nothing until it is read, and then once', async () => {
    const { packages } = await packagesOf(
      `let runs = 0;\nexport default () => ({ bad: () => { throw new Error('run'); }, good: () => ({ kind: 'debian', name: 'n' + (runs += 1) }) });\n`,
    );
    expect(packages['good']?.name).toBe('n1');
    expect(packages['good']?.name).toBe('n1');
    expect(() => packages['bad']).toThrow('run');
  });

  test('says so when an overlay needs what it is about to say', async () => {
    const { packages: eager } = await packagesOf(`export default (final) => ({ a: final.b });\n`);
    expect(() => eager['a']).toThrow('an overlay reads `final` while it still says what it changes');
    const { packages: ring } = await packagesOf(
      `export default (final) => ({ a: () => final.b, b: () => final.a });\n`,
    );
    expect(() => ring['a']).toThrow('the package a is made from itself');
  });

  test('is held to the rules of configuration whenever it is read', async () => {
    const { packages } = await packagesOf(
      `export default () => ({ aa: () => ({ kind: 'debian', name: String(Date.now()) }) });\n`,
    );
    expect(() => packages['aa']).toThrow('`Date.now()` is not available to configuration');
  });

  test('refuses what is no package, at the overlay', async () => {
    const { packages: wrong } = await packagesOf(
      `const unrelated = 1;\nexport default () => ({ a: 'nginx' });\n`,
    );
    expect(() => wrong['a']).toThrow(
      expect.objectContaining({
        code: 'overlay.packages',
        message: 'the overlay\'s package a: expected an object, got "nginx"',
        places: [{ place: expect.objectContaining({ line: 2, column: 28 }) as unknown, length: 7 }],
      }),
    );
    expect(() => ((wrong as Record<string, unknown>)['x'] = 1)).toThrow('the package set is read-only');
    const { packages: nothing } = await packagesOf(`export default () => undefined;\n`);
    expect(() => nothing['a']).toThrow(
      'an overlay returns the packages it changes, as an object; this one returned undefined',
    );
  });
});

describe('the packages of overlays', () => {
  test('are all checked with the fleet, used or not', async () => {
    expect(
      await reported({
        ...host,
        'overlays/o.ts': `export default () => ({
  a: () => ({ kind: 'debian', name: 'Not A Name' }),
  b: () => { throw new Error('boom'); },
  c: () => ({ kind: 'debian', name: 'c' + Math.random() }),
});
`,
      }),
    ).toBe(
      `
error: the overlay's package a.name: expected the name of a Debian package, such as wireguard-tools, got "Not A Name"
 --> overlays/o.ts:2:37
  |
2 |   a: () => ({ kind: 'debian', name: 'Not A Name' }),
  |                                     ^^^^^^^^^^^^
  = Write \`{ kind: 'debian', name: '…' }\`, with the name of a Debian package and, if wanted, its \`version\`, or change \`prev['a']\`.

error: an overlay threw Error: boom
 --> overlays/o.ts:3:20
  |
3 |   b: () => { throw new Error('boom'); },
  |                    ^^^
  = \`--verbose\` shows the calls that led here.

error: \`Math.random()\` is not available to configuration: the same commit must give the same hosts every time
 --> overlays/o.ts:4:43
  |
4 |   c: () => ({ kind: 'debian', name: 'c' + Math.random() }),
  |                                           ^^^^^^^^^^^
  = Write the value into the repository, or derive it from the name of the host.

3 errors`.trim(),
    );
  });
});

const module = {
  'modules/greeting.ts': `import { options, z } from 'stead';
export const motd = options('motd', z.object({ lines: z.array(z.string()).default([]) }));
export const greeting = options('greeting', z.object({ name: z.string() }));
greeting.implement({
  defines: [motd],
  *config(self) {
    yield motd({ lines: ['hello ' + self.name] });
  },
});
`,
  'hosts/a.ts': `import { host } from 'stead';
import { greeting } from '../modules/greeting.ts';
export default host('a', { use: [greeting({ name: 'gateway' })] });
`,
};

/** The lines that the module makes under these overlays. */
async function linesOf(...overlays: string[]): Promise<readonly string[]> {
  const files = overlays.map((text, index) => [`overlays/${index}.ts`, text] as const);
  const fleet = await loadFleet(repository({ ...module, ...Object.fromEntries(files) }));
  const one = checkFleet(fleet).evaluation.host('a');
  const set = one.usedSets().find(({ name }) => name === 'motd');
  return set === undefined ? [] : (one.get(set) as { lines: string[] }).lines;
}

const importing = `import { replace, wrap } from 'stead';\nimport { greeting, motd } from '../modules/greeting.ts';\n`;

describe('implementations', () => {
  test('are the modules’ own without an overlay', async () => {
    expect(await linesOf()).toEqual(['hello gateway']);
  });

  test('can be replaced', async () => {
    expect(
      await linesOf(
        `${importing}export const implementations = [replace(greeting, { defines: [motd], *config(self) { yield motd({ lines: ['bye ' + self.name] }); } })];\n`,
      ),
    ).toEqual(['bye gateway']);
  });

  test('can be wrapped, by several overlays in the order of their files', async () => {
    const wrapping = (line: string): string =>
      `${importing}export const implementations = [wrap(greeting, (previous) => ({ defines: previous.defines, *config(self, context) { yield* previous.config(self, context); yield motd({ lines: ['${line}'] }); } }))];\n`;
    expect(await linesOf(wrapping('first'), wrapping('second'))).toEqual([
      'hello gateway',
      'first',
      'second',
    ]);
  });

  test('that are not there cannot be wrapped', async () => {
    expect(
      await reported({
        ...module,
        'overlays/o.ts': `${importing}export const implementations = [wrap(motd, (previous) => previous)];\n`,
      }),
    ).toBe(
      `
error: motd has no implementation that could be wrapped
 --> overlays/o.ts:3:33
  |
3 | export const implementations = [wrap(motd, (previous) => previous)];
  |                                 ^^^^
  = Import the module that implements motd, or use replace(motd, { … }).`.trim(),
    );
  });

  test('keep the types of their option set', () => {
    const set: OptionSet<z.ZodObject<{ port: z.ZodNumber }>> = options(
      'typed',
      z.object({ port: z.number() }),
    );
    wrap(set, (previous) => ({
      *config(self, context) {
        expectTypeOf(self).toEqualTypeOf<{ port: number }>();
        yield* previous.config(self, context);
      },
    }));
    replace(set, {
      // @ts-expect-error -- the option set has no such option
      config: (self) => [self.prot],
    });
    expectTypeOf<Overlay>().parameters.toEqualTypeOf<[final: PackageSet, prev: PackageSet]>();
  });
});

describe('what an overlay exports', () => {
  test('is checked, at the export', async () => {
    expect(await reported({ ...host, 'overlays/o.ts': `export default { a: 1 };\n` })).toBe(
      `
error: the default export of an overlay is a function, and here it is an object
 --> overlays/o.ts:1:16
  |
1 | export default { a: 1 };
  |                ^^^^^^^^
  = Write \`export default (final, prev) => ({ name: { … } })\`.`.trim(),
    );
    expect(await reported({ ...host, 'overlays/o.ts': `export const implementations = [5];\n` })).toContain(
      'error: `implementations` of an overlay is a list of changes to implementations, and here it lists a number\n --> overlays/o.ts:1:33\n',
    );
  });

  test('may be nothing at all: shared code', async () => {
    expect(await reported({ ...host, 'overlays/o.ts': `export const a = 1;\n` })).toBe('');
  });
});
