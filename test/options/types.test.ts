// The static side of option sets: what compiles, what does not, and what TypeScript says then.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import {
  after,
  assert,
  before,
  disable,
  entries,
  fallback,
  force,
  host,
  merge,
  options,
  order,
  priority,
  uniqueList,
  warn,
  when,
  type Context,
  type Contribution,
  type Def,
  type Definition,
  type HostView,
} from '../../src/options/index.ts';
import { languageServer, type LanguageServer } from './language-server.ts';

const set = options(
  'set',
  z.object({
    port: z.int().default(80),
    role: z.enum(['hub', 'spoke']).optional(),
    list: z.array(z.string()),
    group: z.object({ a: z.string(), b: z.boolean().default(true) }),
    sites: entries(z.object({ root: z.string(), port: z.int().optional() })),
    either: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('file'), path: z.string() }),
      z.object({ kind: z.literal('none') }),
    ]),
    text: z.string().transform((text) => text.length),
    any: z.unknown(),
    json: z.json().optional(),
    pair: z.tuple([z.string(), z.int()]).optional(),
    unique: uniqueList(z.enum(['x', 'y'])),
    name: z.string().optional(),
  }),
);

describe('reading gives what the schema gives', () => {
  test('at every depth, with defaults there', () => {
    const read = (view: HostView) => view.get(set);
    type Value = ReturnType<typeof read>;
    expectTypeOf<Value['port']>().toEqualTypeOf<number>();
    expectTypeOf<Value['role']>().toEqualTypeOf<'hub' | 'spoke' | undefined>();
    expectTypeOf<Value['group']>().toEqualTypeOf<{ a: string; b: boolean }>();
    expectTypeOf<Value['sites'][string]['root']>().toEqualTypeOf<string>();
    expectTypeOf<Value['text']>().toEqualTypeOf<number>();
    expectTypeOf<Value['pair']>().toEqualTypeOf<[string, number] | undefined>();
    expectTypeOf<Value['unique']>().toEqualTypeOf<('x' | 'y')[]>();
  });
});

describe('a definition may say', () => {
  test('any part of the settings, at every depth', () => {
    expectTypeOf(set).toBeCallableWith({});
    expectTypeOf(set).toBeCallableWith({ group: { b: false }, sites: { a: {} } });
    expectTypeOf(set({ port: 1 })).toEqualTypeOf<Definition>();
  });

  test('values, thunks and wrappers for every option, item and entry', () => {
    const definitions = [
      set({ port: 1, role: 'hub', list: ['a'], text: 'x', any: { free: [1] }, json: { a: [1, null] } }),
      set({ port: () => 1, role: ({ host: { name } }) => (name === 'a' ? 'hub' : 'spoke'), list: () => [] }),
      set({ port: force(1), role: fallback('hub'), list: before(['a']), text: priority(5, 'x') }),
      set({ list: ['a', () => 'b', force('c'), when(true, 'd')], unique: ['x', () => 'y'] }),
      set({ list: after(() => merge(['a'], order(5, ['b']))), pair: ['a', () => 1] }),
      set({
        group: force({ a: 'x' }),
        sites: { a: when(true, { root: () => 'x' }), b: () => ({ port: 1 }) },
      }),
      set({ group: () => ({ a: 'x' }), sites: merge({ a: {} }, force({ b: { root: 'x' } })) }),
      set({ group: ({ host: one }) => one.get(set).group, either: { kind: 'file', path: () => 'x' } }),
      set({ either: force({ kind: 'none' }), any: force({ a: fallback(1) }), json: () => ({ a: 1 }) }),
      set({ name: () => 'x', any: undefined }),
      set(({ host: one }) => ({ port: one.get(set).port })),
      set(force({ port: 1 })),
    ];
    expectTypeOf(definitions).items.toEqualTypeOf<Definition>();
  });

  test('wrappers fit where they end up, also when they are made elsewhere', () => {
    const port = force(1);
    const group = when(() => true, { a: 'x' });
    expectTypeOf(set).toBeCallableWith({ port, group });
    expectTypeOf<Def<string>>().not.toExtend<Def<number>>();
  });
});

describe('a host uses', () => {
  test('definitions, lists of them, wrapped ones, assertions, warnings and disable', () => {
    const profile = [set({}), when(true, set({}))];
    const use: Contribution[] = [
      set({}),
      profile,
      [[set({})], profile],
      when(true, set({})),
      when(() => false, [set({}), assert(true, 'x')]),
      force(profile),
      merge(set({}), set({})),
      assert(({ host: one }) => one.get(set).port > 1, 'x', [set, 'port']),
      warn(false, () => 'x'),
      disable(set),
    ];
    expect(host('a', { use }).use).toHaveLength(10);
  });

  test('as constants of a module, too', () => {
    const profile = [set({}), [disable(set)]] as const;
    expect(host('a', { use: profile, tags: ['x'] as const }).tags).toEqual(['x']);
  });
});

test('implementations read their own settings and yield contributions', () => {
  const upper = options('upper', z.object({ name: z.string() }));
  upper.implement({
    defines: [set],
    *config(self, context) {
      expectTypeOf(self).toEqualTypeOf<{ name: string }>();
      expectTypeOf(context).toEqualTypeOf<Context>();
      yield set({ name: self.name });
      yield when(true, set({ port: 1 }));
      yield [assert(true, 'x')];
    },
  });
});

describe('what does not compile', () => {
  const folder = join(import.meta.dirname, 'fixtures/types');
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts'));
  const found = compilerErrors(folder);

  test.each(files)('in %s is refused with the messages written there, and nothing else is', (file) => {
    const expected = expectations(readFileSync(join(folder, file), 'utf8'));
    const actual = found.filter((error) => error.file === file);
    expect(actual.map(({ line }) => line)).toEqual(expected.map(({ line }) => line));
    const unlike = expected.filter(({ pattern }, index) => !pattern.test(actual[index]!.message));
    expect(unlike.map(({ line }) => actual.find((error) => error.line === line))).toEqual([]);
  });
});

describe('an editor completes', () => {
  const folder = join(import.meta.dirname, 'fixtures/types');
  let server: LanguageServer;
  beforeAll(async () => void (server = await languageServer(folder)));
  afterAll(() => server.end());

  test.each([
    ['names of options', 'mesh({ po^ })', 'port?', 'pair?'],
    ['names inside groups', 'mesh({ tls: { ^ } })', 'certificate?', 'days?'],
    ['names inside lists of objects', 'mesh({ peers: [{ ^ }] })', 'address?', 'port?'],
    ['names inside entries', 'mesh({ roaming: { anna: { ^ } } })', 'address?', 'publicKey?'],
    ['names inside wrappers', 'mesh({ tls: force({ ^ }) })', 'certificate?', 'days?'],
    ['names inside thunks', 'mesh({ tls: () => ({ ^ }) })', 'certificate?', 'days?'],
    ['names of the branch of a union', "mesh({ log: { kind: 'file', ^ } })", 'path?'],
    ['members of a choice', "mesh({ role: '^' })", 'gateway', 'hub', 'spoke'],
    ['members of a choice inside wrappers', "mesh({ role: force('^') })", 'gateway', 'hub', 'spoke'],
    ['branches of a union', "mesh({ log: { kind: '^' } })", 'file', 'syslog'],
    ['names of what is read', 'mesh({ port: ({ host }) => host.get(mesh).^ })', 'address', 'port'],
  ])('%s', async (what, expression, ...labels) => {
    const text = `import { force, mesh } from './completion.ts';\nexport const it = ${expression};\n`;
    const offered = await completions(server, join(folder, `${what.replaceAll(' ', '-')}.ts`), text);
    expect(offered).toEqual(expect.arrayContaining(labels));
    expect(offered.length).toBeLessThan(20);
  });
});

/** The labels that an editor is offered where the text has a caret. */
async function completions(server: LanguageServer, file: string, text: string): Promise<string[]> {
  const before = text.slice(0, text.indexOf('^')).split('\n');
  const textDocument = { uri: `file://${file}` };
  server.notify('textDocument/didOpen', {
    textDocument: { ...textDocument, languageId: 'typescript', version: 1, text: text.replace('^', '') },
  });
  const position = { line: before.length - 1, character: before.at(-1)!.length };
  const { items } = (await server.request('textDocument/completion', { textDocument, position })) as {
    items: { label: string }[];
  };
  return items.map((item) => item.label);
}

interface CompilerError {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** The errors of one run of tsc; of each the first line of its message. */
function compilerErrors(folder: string): CompilerError[] {
  const tsc = join(import.meta.dirname, '../../node_modules/typescript/bin/tsc');
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', '.', '--pretty', 'false'], {
    cwd: folder,
    encoding: 'utf8',
  });
  return [...stdout.matchAll(/^(\S+)\((\d+),\d+\): error TS\d+: (.*)$/gm)].map(([, file, line, message]) => ({
    file: file!,
    line: Number(line),
    message: message!,
  }));
}

/** What comments `// error: …` expect of the lines below them; an ellipsis stands for any text. */
function expectations(text: string): { readonly line: number; readonly pattern: RegExp }[] {
  return text.split('\n').flatMap((line, index) => {
    const expected = /^\s*\/\/ error: (.*)$/.exec(line)?.[1];
    if (expected === undefined) return [];
    const literal = expected.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return [{ line: index + 2, pattern: new RegExp(literal.replaceAll('…', '.*')) }];
  });
}
