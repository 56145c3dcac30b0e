import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkFleet, loadFleet, report } from '../../src/fleet/index.ts';
import { reported, repository } from './repository.ts';

const good = {
  'hosts/good.ts': `import { host } from 'stead';\nexport default host('good', { use: [] });\n`,
};

describe('what configuration may not import', () => {
  test('Node itself, with or without its prefix, and with what to use instead', async () => {
    expect(await reported({ 'hosts/a.ts': `import { readFileSync } from 'node:fs';\n` })).toBe(
      `
error: \`node:fs\` cannot be imported: configuration sees the files of its repository and nothing else
 --> hosts/a.ts:1:30
  |
1 | import { readFileSync } from 'node:fs';
  |                              ^^^^^^^^^
  = Read files of the repository with readSource('./file'), from 'stead'.`.trim(),
    );
    for (const name of [
      'fs',
      'path',
      'os',
      'node:child_process',
      'node:test',
      'module',
      'vm',
      'worker_threads',
    ]) {
      expect(await reported({ 'hosts/a.ts': `import '${name}';\n` })).toContain(
        `error: \`${name}\` cannot be imported`,
      );
    }
  });

  test('Node itself from a shared file, a module, an overlay, or at run time', async () => {
    const importer = { 'hosts/a.ts': `import '../modules/m.ts';\n` };
    expect(await reported({ ...importer, 'modules/m.ts': `\n\nexport * from 'os';\n` })).toContain(
      ' --> modules/m.ts:3:15\n',
    );
    expect(await reported({ ...good, 'overlays/o.ts': `import 'os';\n` })).toContain(
      ' --> overlays/o.ts:1:8\n',
    );
    expect(await reported({ 'hosts/a.ts': `await import('os');\n` })).toContain(' --> hosts/a.ts:1:14\n');
  });

  test('a file outside the repository, also by way of a link', async () => {
    const outside = join(repository({ 'x.ts': 'export const x = 1;\n' }), 'x.ts');
    const folder = repository({
      'hosts/a.ts': `import './linked.ts';\n`,
      'hosts/b.ts': `import '${outside}';\n`,
    });
    symlinkSync(outside, join(folder, 'hosts/linked.ts'));
    const text = await loadFleet(folder).catch((error: unknown) => report(error, { repository: folder }));
    expect(text).toBe(
      `
error: './linked.ts' is outside the repository: ${outside}
 --> hosts/a.ts:1:8
  |
1 | import './linked.ts';
  |        ^^^^^^^^^^^^^
  = Move the file into the repository, or import it as a package.

error: '${outside}' is outside the repository: ${outside}
 --> hosts/b.ts:1:8
  |
1 | import '${outside}';
  |        ${'^'.repeat(outside.length + 2)}
  = Move the file into the repository, or import it as a package.

2 errors`.trim(),
    );
  });

  test('code from a data: address', async () => {
    expect(await reported({ 'hosts/a.ts': `import 'data:text/javascript,export default 1';\n` })).toContain(
      "error: 'data:text/javascript,export default 1' is outside the repository",
    );
  });
});

describe('packages', () => {
  const of = (name: string, code: string, more = ''): Record<string, string> => ({
    [`node_modules/${name}/package.json`]: `{ "name": "${name}", "exports": "./index.js"${more} }`,
    [`node_modules/${name}/index.js`]: code,
  });

  test('are imported, in either module system', async () => {
    const folder = repository({
      ...of('esm', `export const one = 1;\n`, ', "type": "module"'),
      ...of('cjs', `exports.two = require('deep').two;\n`),
      ...of('deep', `exports.two = 2;\n`),
      'hosts/a.ts': `import { host } from 'stead';\nimport { one } from 'esm';\nimport { two } from 'cjs';\nexport default host('a', { tags: [String(one + two)], use: [] });\n`,
    });
    expect(checkFleet(await loadFleet(folder)).evaluation.host('a').tags).toEqual(['3']);
  });

  test('are held to the same rule, however deep, with the import that brought them in', async () => {
    expect(
      await reported({
        ...of('first', `import 'second';\n`, ', "type": "module"'),
        ...of('second', `'use strict';\nrequire('fs');\n`),
        'hosts/a.ts': `import 'first';\n`,
      }),
    ).toBe(
      `
error: the package first imports \`fs\`, which configuration cannot use
 --> hosts/a.ts:1:8
  |
1 | import 'first';
  |        ^^^^^^^ imported here
 --> node_modules/second/index.js:2:9
  |
2 | require('fs');
  |         ^^^^ imports fs
  = Configuration sees the files of its repository and nothing else: do without this package.`.trim(),
    );
  });
});

describe('code that is no configuration', () => {
  test('imports Node while repositories are loaded, as ever', async () => {
    await loadFleet(repository(good));
    const { readFileSync } = await import('node:fs');
    expect(typeof readFileSync).toBe('function');
  });
});
