import { describe, expect, test } from 'vitest';
import { reported } from './repository.ts';

const good = `import { host } from 'stead';\nexport default host('good', { use: [] });\n`;

/** The report of a host file with this text, between others. */
async function told(text: string, others: Readonly<Record<string, string>> = {}): Promise<string> {
  return reported({ 'hosts/a.ts': text, 'hosts/good.ts': good, ...others });
}

describe('a host file that cannot be imported', () => {
  test('a syntax error is shown where the parser stumbled', async () => {
    expect(await told(`const wide = '日本😀'; const port: number = ;\n`)).toBe(
      `
error: syntax error: unexpected \`;\`
 --> hosts/a.ts:1:43
  |
1 | const wide = '日本😀'; const port: number = ;
  |                                             ^
  = Something is missing between the \`=\` and it.`.trim(),
    );
  });

  test('an unclosed bracket is shown with the one that opens it', async () => {
    expect(await told(`const port = 1;\nexport default {\n\ta: [1 },\n};\n`)).toBe(
      `
error: syntax error: expected \`,\` or \`]\` but found \`}\`
 --> hosts/a.ts:3:8
  |
3 | \ta: [1 },
  | \t      ^ \`,\` or \`]\` expected
 --> hosts/a.ts:3:5
  |
3 | \ta: [1 },
  | \t   ^ opened here
  = Close the \`[\` of line 3 before it.`.trim(),
    );
  });

  test('a name that is declared twice is shown at both declarations', async () => {
    expect(await told('const a = 1;\nconst a = 2;\n')).toBe(
      `
error: syntax error: \`a\` is declared twice
 --> hosts/a.ts:1:7
  |
1 | const a = 1;
  |       ^ \`a\` has already been declared here
 --> hosts/a.ts:2:7
  |
2 | const a = 2;
  |       ^ it can not be redeclared here
  = Rename one of the two, or take it out.`.trim(),
    );
  });

  test('TypeScript that makes code is refused with what to write instead', async () => {
    expect(await told('export const a = 1;\nexport enum Role { Hub, Spoke }\n')).toBe(
      `
error: \`enum\` is TypeScript that cannot run as it is: Node only leaves types out
 --> hosts/a.ts:2:8
  |
2 | export enum Role { Hub, Spoke }
  |        ^^^^^^^^^^^^^^^^^^^^^^^^
  = Write a union of texts, \`type Role = 'hub' | 'spoke'\`, or an object \`as const\`.`.trim(),
    );
    const parameter = await told('export class A {\n  constructor(private name: string) {}\n}\n');
    expect(parameter).toContain('error: a parameter property is TypeScript that cannot run as it is');
    expect(parameter).toContain(' --> hosts/a.ts:2:15\n');
    expect(await told('export const a = <string>"x";\n')).toContain('= Write `value as T`.');
    expect(await told('namespace A { export const b = 1; }\n')).toContain(
      '= Export the names from a file of their own.',
    );
  });

  test('types alone are left out without a word', async () => {
    const types = `declare enum E { A }\ndeclare namespace N { const x: number; }\nexport type T = E;\n`;
    expect(await told(types)).toBe('');
  });

  test('a missing file is shown at the import, with the nearest name', async () => {
    expect(await told(`import { a } from './goood.ts';\n`)).toBe(
      `
error: there is no file './goood.ts' to import
 --> hosts/a.ts:1:19
  |
1 | import { a } from './goood.ts';
  |                   ^^^^^^^^^^^^
  = Did you mean './good.ts'?`.trim(),
    );
    expect(await told(`export * from './good';\n`)).toContain(`= Did you mean './good.ts'?`);
    expect(await told(`import './good.js';\n`)).toContain(`= Did you mean './good.ts'?`);
    expect(await told(`import '../modules/x';\n`, { 'modules/x/index.ts': '' })).toContain(
      `= Did you mean '../modules/x/index.ts'?`,
    );
    expect(await told(`await import('./nowhere/x.ts');\n`)).toContain(
      `= There is no folder './nowhere' either.`,
    );
  });

  test('a missing package or module is shown at the import, with the nearest name', async () => {
    expect(await told(`import { host } from 'steed';\n`)).toBe(
      `
error: there is no package 'steed'
 --> hosts/a.ts:1:22
  |
1 | import { host } from 'steed';
  |                      ^^^^^^^
  = Did you mean 'stead'?`.trim(),
    );
    expect(await told(`import 'left-pad';\n`)).toContain('a package has to be installed with npm first.');
    expect(await told(`import 'stead/modules/wiregard';\n`)).toBe(
      `
error: there is no module 'stead/modules/wiregard'
 --> hosts/a.ts:1:8
  |
1 | import 'stead/modules/wiregard';
  |        ^^^^^^^^^^^^^^^^^^^^^^^^
  = Did you mean 'stead/modules/wireguard'?`.trim(),
    );
    expect(await told(`import 'stead/src/options/index.ts';\n`)).toContain(
      `error: there is no module 'stead/src/options/index.ts'`,
    );
  });

  test('a missing export is shown at its name, with the nearest one', async () => {
    expect(await told(`import {\n  hots,\n} from 'stead';\n`)).toBe(
      `
error: 'stead' exports no \`hots\`
 --> hosts/a.ts:2:3
  |
2 |   hots,
  |   ^^^^
  = Did you mean \`host\`?`.trim(),
    );
    const others = { 'hosts/shared.ts': 'export const one = 1;\nexport const two = 2;\n' };
    expect(await told(`import { xyz as one } from './shared.ts';\n`, others)).toContain(
      '= It exports one, two.',
    );
    expect(await told(`import shared from './shared.ts';\n`, others)).toContain(
      "error: './shared.ts' exports no default",
    );
    expect(await told(`export { three } from './shared.ts';\n`, others)).toContain(' --> hosts/a.ts:1:10\n');
  });

  test('a type imported as a value is told from a missing name', async () => {
    expect(await told(`import { host, Context } from 'stead';\n`)).toBe(
      `
error: 'stead' exports no \`Context\`
 --> hosts/a.ts:1:16
  |
1 | import { host, Context } from 'stead';
  |                ^^^^^^^
  = \`Context\` is a type: write \`import type { Context }\`, or \`type Context\` inside the braces.`.trim(),
    );
  });

  test('an exception at the top level is shown where it was thrown', async () => {
    const files = { 'hosts/shared.ts': 'export const of = (a?: { b: number }): number => a!.b;\n' };
    expect(await told(`import { of } from './shared.ts';\nexport const x = of();\n`, files)).toBe(
      `
error: loading the file threw TypeError: Cannot read properties of undefined (reading 'b')
 --> hosts/shared.ts:1:50
  |
1 | export const of = (a?: { b: number }): number => a!.b;
  |                                                  ^^ is undefined
 --> hosts/a.ts:2:18
  |
2 | export const x = of();
  |                  ^^ called here
  = Look where \`a\` gets its value, or write \`a?.b\` where there may be none.`.trim(),
    );
    expect(await told('throw "words";\n')).toContain(
      'error: loading the file threw "words"\n --> hosts/a.ts:1:1\n',
    );
  });

  test('what is undefined because files import each other is told with the imports', async () => {
    expect(
      await told(`import { b } from './b.ts';\nexport const a = b + 1;\n`, {
        'hosts/b.ts': `import { a } from './a.ts';\nexport const b = a + 1;\n`,
      }),
    ).toBe(
      `
error: \`a\` is used before the file that makes it has run, as the files import each other
 --> hosts/b.ts:2:18
  |
2 | export const b = a + 1;
  |                  ^
 --> hosts/b.ts:1:19
  |
1 | import { a } from './a.ts';
  |                   ^^^^^^^^ imports
 --> hosts/a.ts:1:19
  |
1 | import { b } from './b.ts';
  |                   ^^^^^^^^ which imports
  = Move what both need into a third file, or read the other host through \`fleet\` in a thunk.`.trim(),
    );
  });

  test('JSON needs its attribute, and other files are read rather than imported', async () => {
    const others = { 'hosts/data.json': '{ "a": 1 }', 'hosts/data.yaml': 'a: 1\n', 'hosts/old.cts': '' };
    expect(
      await told(`import data from './data.json' with { type: 'json' };\nexport const a = data.a;\n`, others),
    ).toBe('');
    expect(await told(`import data from './data.json';\n`, others)).toContain(
      "= Write: import … from './data.json' with { type: 'json' };",
    );
    expect(await told(`import data from './data.yaml';\n`, others)).toContain(
      "= Read its text with readSource('./data.yaml').",
    );
    expect(await told(`import './old.cts';\n`, others)).toContain("error: './old.cts' is a CommonJS file");
  });

  test('all broken files are told together, one that several import once', async () => {
    const text = await reported({
      'hosts/a.ts': `import './broken.ts';\nexport default 1;\n`,
      'hosts/b.ts': `import './broken.ts';\n`,
      'hosts/c.ts': `throw new Error('third');\n`,
      'hosts/broken.ts': 'const = 1;\n',
      'overlays/o.ts': `import { x } from 'nothing';\n`,
    });
    const heads = text.split('\n').filter((line) => /^(error:|\d+ errors)/.test(line));
    expect(heads).toEqual([
      'error: syntax error: unexpected `=`',
      'error: loading the file threw Error: third',
      `error: there is no package 'nothing'`,
      '3 errors',
    ]);
  });
});
