import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadFleet, loadModules } from '../../src/fleet/index.ts';
import { options } from '../../src/options/index.ts';
import { evaluated, reported, repository } from './repository.ts';

const hostFile = (name: string): string =>
  `import { host } from 'stead';\nexport default host('${name}', { use: [] });\n`;

describe('loading a repository', () => {
  test('every file in hosts/ whose default export is a host is one, in the order of the file names', async () => {
    const { hosts } = await loadFleet(
      repository({ 'hosts/b.ts': hostFile('first'), 'hosts/a.ts': hostFile('second') }),
    );
    expect(hosts.map((one) => one.name)).toEqual(['second', 'first']);
  });

  test('a file without a default export, and files in folders below, are shared code', async () => {
    const { hosts } = await loadFleet(
      repository({
        'hosts/a.ts': `import { host } from 'stead';\nimport { name } from './names.ts';\nimport './profiles/x.ts';\nexport default host(name, { use: [] });\n`,
        'hosts/names.ts': `export const name: string = 'from-shared';\n`,
        'hosts/profiles/x.ts': hostFile('no-host'),
        'hosts/types.d.ts': 'export default 5;\n',
        'hosts/README.md': 'nothing to import\n',
      }),
    );
    expect(hosts.map((one) => one.name)).toEqual(['from-shared']);
  });

  test('several repositories load in one process, and their option sets are their own', async () => {
    const files = (value: number): Record<string, string> => ({
      'modules/m.ts': `import { options, z } from 'stead';\nexport const m = options('m', z.object({ a: z.number() }));\n`,
      'hosts/a.ts': `import { host } from 'stead';\nimport { m } from '../modules/m.ts';\nexport default host('a', { use: [m({ a: ${value} })] });\n`,
    });
    const fleets = await Promise.all([1, 2].map((value) => evaluated(files(value))));
    const values = fleets.map(({ evaluation }) => {
      const one = evaluation.host('a');
      return one.usedSets().map((set) => one.get(set));
    });
    expect(values).toEqual([[{ a: 1 }], [{ a: 2 }]]);
  });

  test('the repository is named by its real path, whatever link leads to it', async () => {
    const real = repository({ 'hosts/a.ts': hostFile('a') });
    symlinkSync(real, `${real}-link`);
    expect((await loadFleet(`${real}-link`)).repository).toBe(real);
  });

  test('stead, its modules and zod are those that run, whatever the repository has installed', async () => {
    const { evaluation } = await evaluated({
      'node_modules/zod/package.json': '{ "name": "zod", "type": "module", "exports": "./index.js" }',
      'node_modules/zod/index.js': 'throw new Error("the wrong zod");',
      'node_modules/stead/package.json': '{ "name": "stead", "type": "module", "exports": "./index.js" }',
      'node_modules/stead/index.js': 'throw new Error("the wrong stead");',
      'hosts/a.ts': `import { host, options } from 'stead';\nimport { z } from 'zod';\nimport { network } from 'stead/modules/network';\nconst s = options('s', z.object({ a: z.number().default(3) }));\nexport default host('a', { use: [s({}), network({ addresses: { rack: '10.0.0.1' } })] });\n`,
    });
    expect(
      evaluation
        .host('a')
        .usedSets()
        .map((set) => set.name),
    ).toContain('network');
  });

  test('a folder without hosts is refused, with what to do', async () => {
    const empty = repository({ 'README.md': '' });
    await expect(loadFleet(empty)).rejects.toMatchObject({
      code: 'fleet.no-hosts',
      message: `there are no hosts in ${join(empty, 'hosts')}`,
      hint: expect.stringContaining('stead init') as string,
    });
    await expect(loadFleet(repository({ 'hosts/shared.ts': 'export const a = 1;' }))).rejects.toMatchObject({
      code: 'fleet.no-hosts',
    });
    await expect(loadFleet('/nowhere/at/all')).rejects.toMatchObject({
      code: 'fleet.no-hosts',
      message: 'there is no folder /nowhere/at/all',
    });
  });

  test('another default export than a host is an error at that export', async () => {
    expect(
      await reported({
        'hosts/a.ts': `import { host } from 'stead';\nexport default [host('a', { use: [] })];\n`,
      }),
    ).toBe(
      `
error: the default export of a file in hosts/ is a host, and here it is a list
 --> hosts/a.ts:2:16
  |
2 | export default [host('a', { use: [] })];
  |                ^^^^^^^^^^^^^^^^^^^^^^^^
  = Write \`export default host('NAME', { use: [ … ] })\`; what hosts share is exported by name.`.trim(),
    );
  });

  test('the option sets of modules that no host uses can be listed', async () => {
    const fleet = await loadFleet(
      repository({
        'modules/mine.ts': `import { options, z } from 'stead';\nexport const mine = options('mine', z.object({}));\n`,
        'modules/folder/index.ts': `import { options, z } from 'stead';\nexport const inFolder = options('in-folder', z.object({}));\nexport const other = 5;\n`,
        'hosts/a.ts': hostFile('a'),
      }),
    );
    const names = (await loadModules(fleet)).map((set) => set.name);
    expect(names).toEqual(expect.arrayContaining(['mine', 'in-folder', 'wireguard']));
    expect(names.filter((name) => name === options.name)).toEqual([]);
  });
});
