import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { SteadError } from '../../src/options/error.ts';
import { template } from '../../src/render/index.ts';

const fill = (text: string, values: object): string =>
  template({ name: 'modules/web/site.conf.hbs', text }, values);

/** What a template's error says: code, place as line:column+length, message, hint. */
function failure(text: string, values: object): string {
  try {
    fill(text, values);
  } catch (error) {
    if (!(error instanceof SteadError)) throw error;
    const [first] = error.places;
    expect(first?.place.file).toBe('modules/web/site.conf.hbs');
    const where = `${first?.place.line}:${first?.place.column}${first?.length === undefined ? '' : `+${first.length}`}`;
    return [`${error.code} ${where}`, error.message, error.hint ?? 'no hint'].join('\n');
  }
  throw new Error('the template was filled');
}

test('writes text, numbers and booleans as they are, without HTML escaping', () => {
  expect(fill('{{a}} {{{b.c}}} {{on}}', { a: `"<&='`, b: { c: 80 }, on: false })).toBe(`"<&=' 80 false`);
});

test('a name in quotes, `this`, `./`, `../`, `@root` and block parameters all read values', () => {
  const text = `{{"a"}}{{#with b}}{{this.c}}{{./c}}{{../a}}{{@root.a}}{{/with}}{{#each l as |v k|}}{{k}}{{v.n}}{{@first}}{{/each}}`;
  expect(fill(text, { a: 1, b: { c: 2 }, l: [{ n: 3 }] })).toBe('1221103true');
});

test('blocks on lines of their own leave no empty lines', () => {
  expect(fill('{{#each l}}\n- {{this}}\n{{else}}\nnone\n{{/each}}\nend\n', { l: ['a', 'b'] })).toBe(
    '- a\n- b\nend\n',
  );
  expect(fill('{{#each l}}\n- {{this}}\n{{else}}\nnone\n{{/each}}\nend\n', { l: [] })).toBe('none\nend\n');
});

test('if, else if and unless decide; null, false, zero, the empty text and the empty list are no', () => {
  const text = '{{#if v}}yes{{else if w}}second{{else}}no{{/if}}{{#unless v}}!{{/unless}}';
  expect(fill(text, { v: 'x', w: false })).toBe('yes');
  expect(fill(text, { v: null, w: 1 })).toBe('second!');
  for (const v of [null, false, 0, '', []]) expect(fill(text, { v, w: false })).toBe('no!');
});

test('lookup reads a computed key', () => {
  expect(
    fill('{{lookup ports name}}{{#if (lookup ports "http")}}+{{/if}}', { ports: { http: 80 }, name: 'http' }),
  ).toBe('80+');
});

test('indices of outer blocks are reached by @../', () => {
  expect(
    fill('{{#each l}}{{#each this}}{{@../index}}.{{@index}} {{/each}}{{/each}}', { l: [['a'], ['b', 'c']] }),
  ).toBe('0.0 1.0 1.1 ');
});

test('a value that is computed on demand is computed only when the template reads it', () => {
  let reads = 0;
  const values = {
    wanted: false,
    get used() {
      return ++reads;
    },
    get unused(): never {
      throw new Error('read');
    },
  };
  expect(fill('{{used}}{{#if wanted}}{{unused}}{{/if}}', values)).toBe('1');
});

test('an error thrown by a value passes through as it is', () => {
  const cycle = new SteadError({ code: 'option.cycle', message: 'a cycle' });
  const values = {
    get port(): never {
      throw cycle;
    },
  };
  expect(() => fill('{{port}}', values)).toThrow(cycle);
});

test.each([
  [
    'x\n  {{prot}}',
    { port: 1 },
    `template.missing 2:5+4
"prot" has no value: there is no "prot" in the values here
Did you mean "port"?`,
  ],
  [
    '{{a.b.c}}',
    {},
    `template.missing 1:3+5
"a.b.c" has no value: there is no "a" in the values here
no hint`,
  ],
  [
    '{{a.b.c}}',
    { a: { x: 1, y: 2 } },
    `template.missing 1:3+5
"a.b.c" has no value: there is no "b" in "a"
Known here: x, y.`,
  ],
  [
    '{{a.b.c}}',
    { a: { b: null } },
    `template.missing 1:3+5
"a.b.c" has no value: "a.b" is null, without "c"
Put it between {{#if a.b}} and {{/if}}, or give "a.b" a value.`,
  ],
  [
    '{{a.b}}',
    { a: 'text' },
    `template.missing 1:3+3
"a.b" has no value: "a" is text, without "b"
no hint`,
  ],
  [
    '{{a}}',
    { a: undefined },
    `template.missing 1:3+1
"a" has no value: "a" is undefined in the values here
Give it a value; or null where there is none, and {{#if a}} around what needs it.`,
  ],
  [
    'server {\n{{#each servers}}\n{{/each}} }',
    { server: [] },
    `template.missing 2:9+7
"servers" has no value: there is no "servers" in the values here
Did you mean "server"?`,
  ],
  [
    '{{#if x.tls}}{{/if}}',
    { x: { tsl: 1 } },
    `template.missing 1:7+5
"x.tls" has no value: there is no "tls" in "x"
Did you mean "tsl"?`,
  ],
  [
    '{{#unless x}}{{/unless}}',
    {},
    `template.missing 1:11+1
"x" has no value: there is no "x" in the values here
no hint`,
  ],
  [
    '{{#with x}}{{/with}}',
    {},
    `template.missing 1:9+1
"x" has no value: there is no "x" in the values here
no hint`,
  ],
  [
    '{{#each peers}}\n  {{port}}\n{{/each}}',
    { peers: [{ key: 'k' }], port: 51820 },
    `template.missing 2:5+4
"port" has no value: there is no "port" in the values here
Names inside a block belong to its item; write "@root.port" for the template's own.`,
  ],
  [
    '{{#each peers as |peer|}}{{peer.addres}}{{/each}}',
    { peers: [{ address: 'k' }] },
    `template.missing 1:28+11
"peer.addres" has no value: there is no "addres" in "peer"
Did you mean "address"?`,
  ],
  [
    '{{#each l}}{{../k}}{{/each}}',
    { l: [1], name: 1 },
    `template.missing 1:14+4
"../k" has no value: there is no "k" in ".."
Known here: l, name.`,
  ],
  [
    '{{lookup ports "htpt"}}',
    { ports: { http: 80 } },
    `template.missing 1:10+5
"ports" has no value: there is no "htpt" in "ports"
Did you mean "http"?`,
  ],
  [
    '{{constructor}}{{__proto__}}',
    {},
    `template.missing 1:3+11
"constructor" has no value: there is no "constructor" in the values here
no hint`,
  ],
  [
    '{{@index}}',
    {},
    `template.missing 1:3+6
"@index" has no value: there is no "index" in the values here
"@index" exists inside of {{#each}} only.`,
  ],
  [
    '{{list}}',
    { list: [] },
    `template.value 1:3+4
"list" is a list, not text
Write one of its keys, or go through it with {{#each list}}.`,
  ],
  [
    '{{a.b}}',
    { a: { b: null } },
    `template.value 1:3+3
"a.b" is null, not text
Put it between {{#if a.b}} and {{/if}}, or give it a value.`,
  ],
  [
    '{{#each name}}{{/each}}',
    { name: 'abc' },
    `template.value 1:9+4
"name" is text, and each needs a list or a record
Pass a list, or use {{#if}} for a single value.`,
  ],
  [
    '{{@date}}',
    {},
    `template.syntax 1:3
the template cannot be used: there is no "@date"
These begin with @: root, index, key, first, last.`,
  ],
  [
    '{{#items}}x{{/items}}',
    { items: [] },
    `template.syntax 1:4
the template cannot be used: there is no block "items"
The blocks are if, unless, each, with: for a list write {{#each items}}, for a condition {{#if items}}.`,
  ],
  [
    '{{#eech items}}x{{/eech}}',
    { items: [] },
    `template.syntax 1:4
the template cannot be used: there is no block "eech"
Did you mean "each"?`,
  ],
  [
    '{{#if a b}}x{{/if}}',
    { a: 1, b: 1 },
    `template.syntax 1:4
the template cannot be used: "if" takes one value
Write {{#if value}}.`,
  ],
  [
    'a {{upper name}}',
    { name: 'x' },
    `template.syntax 1:5
the template cannot be used: there is no helper "upper"
Compute the value before, and pass it to the template; the one helper is lookup.`,
  ],
  [
    '\n{{> part}}',
    {},
    `template.syntax 2:1
the template cannot be used: partials and decorators are not part of these templates
Render the part by itself and pass its text as a value.`,
  ],
  [
    'a\nb {{#if x}\nc',
    { x: 1 },
    `template.syntax 2:10
the template cannot be read: this is not expected here
Check the braces, and that every block that is opened is closed.`,
  ],
  [
    'a\n {{#if x}}\nb\n',
    { x: 1 },
    `template.syntax 2:5
the template cannot be read: the block "if" is not closed
Write {{/if}} where it ends.`,
  ],
  [
    '\n  {{#if x}}\n{{/each}}',
    { x: 1 },
    `template.syntax 2:6
the template cannot be read: if doesn't match each
Check the braces, and that every block that is opened is closed.`,
  ],
  [
    '{{name  "x}}',
    { name: 1 },
    `template.syntax 1:9
the template cannot be read: this is not expected here
Check the braces, and that every block that is opened is closed.`,
  ],
])('%j says what is wrong and where', (text, values, expected) => {
  expect(failure(text, values)).toBe(expected);
});

test('two templates with one text are each named in their own errors', () => {
  const names = ['a.hbs', 'b.hbs'].map((name) => {
    try {
      return template({ name, text: '{{gone}}' }, {});
    } catch (error) {
      return (error as SteadError).places[0]?.place.file;
    }
  });
  expect(names).toEqual(['a.hbs', 'b.hbs']);
});

test('every writer can be used for the first time where the process, the clock and randomness are refused', () => {
  const program = `
    const { template, yaml, toml } = await import(${JSON.stringify(new URL('../../src/render/index.ts', import.meta.url).href)});
    const { stdout } = process;
    const refuse = (name) => new Proxy(function () {}, {
      get() { throw new Error(name); }, apply() { throw new Error(name); }, construct() { throw new Error(name); },
    });
    const { Date: realDate, process: realProcess, Math: { random } } = globalThis;
    globalThis.Date = refuse('Date');
    Math.random = refuse('Math.random');
    globalThis.process = refuse('process');
    let text;
    try { text = template({ name: 't', text: '{{a}} ' }, { a: 1 }) + yaml({ a: 'no' }) + toml({ a: 1 }); }
    finally { globalThis.Date = realDate; globalThis.process = realProcess; Math.random = random; }
    stdout.write(text);`;
  const text = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  expect(text).toBe('1 a: "no"\na = 1\n');
});

test('importing the writers loads none of the libraries behind them', () => {
  const program = `
    import { createRequire } from 'node:module';
    const { cache } = createRequire('/');
    await import(${JSON.stringify(new URL('../../src/render/index.ts', import.meta.url).href)});
    console.log(Object.keys(cache).length);`;
  const text = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  expect(text).toBe('0\n');
});
