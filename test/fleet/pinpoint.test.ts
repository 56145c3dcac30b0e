import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exactPlace } from '../../src/fleet/index.ts';
import type { LabelledPlace } from '../../src/options/index.ts';
import { repository } from './repository.ts';

/**
 * What the keys lead to in `source`, as the text that would be underlined. The call stands where `§` does.
 */
async function pointed(
  source: string,
  keys: readonly (string | number)[],
  more: Pick<LabelledPlace, 'focus'> = {},
): Promise<string> {
  const offset = source.indexOf('§');
  const text = source.replace('§', '');
  const file = join(repository({ 'hosts/a.ts': text }), 'hosts/a.ts');
  const before = text.slice(0, offset).split('\n');
  const place = { file, line: before.length, column: before.at(-1)!.length + 1 };
  const found = await exactPlace({ place, keys, ...more });
  expect(found.place.file).toBe(file);
  const line = text.split('\n')[found.place.line - 1]!;
  return line.slice(found.place.column - 1, found.place.column - 1 + found.length);
}

describe('the value that keys lead to', () => {
  test.each<[what: string, source: string, keys: (string | number)[], text: string]>([
    ['a key', '§set({ port: 1 })', ['port'], '1'],
    ['a key inside a key', '§set({ a: { b: { c: "x" } } })', ['a', 'b', 'c'], '"x"'],
    ['the whole argument', '§set({ port: 1 })', [], '{ port: 1 }'],
    ['a quoted key', '§set({ "a/b.c": 1 })', ['a/b.c'], '1'],
    ['a number as a key', '§set({ 5: "x" })', ['5'], '"x"'],
    ['a template without parts as a key', '§set({ [`a`]: 1 })', ['a'], '1'],
    ['a computed key that is a constant', 'const K = "a"; §set({ [K]: 1 })', ['a'], '1'],
    ['the only computed key', '§set({ b: 1, [name()]: 2 })', ['a'], '2'],
    ['the only key of such text', '§set({ [`a${b}c`]: 1, [`a${b}d`]: 2 })', ['a-d'], '2'],
    ['the last of equal keys', '§set({ a: 1, b: 0, a: 2 })', ['a'], '2'],
    ['an item of a list', '§set({ a: [1, { b: 22 }] })', ['a', 1, 'b'], '22'],
    ['an item behind a spread list', 'const l = [1, 2] as const; §set({ a: [0, ...l, 3] })', ['a', 3], '3'],
    ['an item inside a spread list', 'const l = [1, 2]; §set({ a: [0, ...l, 3] })', ['a', 2], '2'],
    ['a value in parentheses and types', '§set({ a: ((1 as number)!) satisfies number })', ['a'], '1'],
    ['a value with a priority', '§set({ a: force(70000) })', ['a'], '70000'],
    ['a value with a numbered priority', '§set({ a: priority(5, order(3, 70000)) })', ['a'], '70000'],
    ['a value under a condition', '§set({ a: when(host.x, { b: 1 }) })', ['a', 'b'], '1'],
    ['the part of a merge that has the key', '§set({ a: merge({ b: 1 }, { c: 2 }) })', ['a', 'c'], '2'],
    ['what a thunk gives', '§set({ a: () => 1 + 1 })', ['a'], '1 + 1'],
    ['what a thunk returns', '§set({ a: () => { const x = 1; return { b: x }; } })', ['a', 'b'], 'x'],
    ['what a function returns', '§set({ a: function () { return 5; } })', ['a'], '5'],
    ['what a method returns', '§set({ a() { return { b: 5 }; } })', ['a', 'b'], '5'],
    [
      'not what a function inside a thunk returns',
      '§set({ a: () => { const f = () => { return { b: 1 }; }; return { c: f }; } })',
      ['a', 'c'],
      'f',
    ],
    ['settings that are a function', '§set(({ host }) => ({ a: host.name }))', ['a'], 'host.name'],
    ['the branch of a choice that has the key', '§set({ a: x ? { b: 1 } : { c: 2 } })', ['a', 'c'], '2'],
    ['a value behind `??`', '§set({ a: x ?? { c: 2 } })', ['a', 'c'], '2'],
    ['a constant', 'const common = { b: 1 };\n§set({ a: common })', ['a', 'b'], '1'],
    ['a constant used by its own name', 'const a = { b: 1 };\n§set({ a })', ['a', 'b'], '1'],
    ['a property of a constant', 'const c = { hub: { b: 1 } };\n§set({ a: c.hub })', ['a', 'b'], '1'],
    ['a name where it is used, not what it stands for', 'const P = 1;\n§set({ a: P })', ['a'], 'P'],
    ['a spread constant', 'const common = { a: 1 };\n§set({ ...common, b: 2 })', ['a'], '1'],
    ['what overrides a spread', 'const common = { a: 1 };\n§set({ ...common, a: 2 })', ['a'], '2'],
    ['a spread that overrides', 'const common = { a: 1 };\n§set({ a: 2, ...common })', ['a'], '1'],
    ['the last argument', '§host("name", { use: [] })', ['use'], '[]'],
    ['the first line of a long value', '§set({ a: {\n  b: 1,\n} })', ['a'], '{'],
    [
      'the nearest constant of that name',
      'const a = { b: 1 };\nfunction f() { const a = { b: 22 }; §set({ a }); }',
      ['a', 'b'],
      '22',
    ],
  ])('%s', async (_, source, keys, text) => {
    expect(await pointed(source, keys)).toBe(text);
  });
});

describe('the call that is meant', () => {
  test.each<[what: string, source: string, text: string]>([
    ['a method', 'wireguard.§implement({ a: 1 })', '1'],
    ['a method on a line of its own', 'wireguard\n  .§implement({ a: 1 })', '1'],
    ['a member of a member', 'a.b.§c({ a: 1 })', '1'],
    ['a call inside another', 'host("x", { use: [other({ a: 2 }), §set({ a: 1 })] })', '1'],
    ['a call with a type', '§set<string>({ a: 1 })', '1'],
    ['what a call returns', 'make({ a: 2 })§({ a: 1 })', '1'],
    ['an element', 'sets["x"]§({ a: 1 })', '1'],
    ['optional', 'a?.§b({ a: 1 })', '1'],
  ])('%s', async (_, source, text) => {
    expect(await pointed(source, ['a'])).toBe(text);
  });
});

describe('a key itself', () => {
  test.each<[source: string, keys: string[], text: string]>([
    ['§set({ prot: 1 })', ['prot'], 'prot'],
    ['§set({ a: { "x-y": 1 } })', ['a', 'x-y'], '"x-y"'],
    ['§set({ prot })', ['prot'], 'prot'],
    ['const c = { prot: 1 }; §set({ ...c })', ['prot'], 'prot'],
    ['§set({ a: { b: 1 } })', ['a', 'c'], '{ b: 1 }'],
  ])('%s', async (source, keys, text) => {
    expect(await pointed(source, keys, { focus: 'key' })).toBe(text);
  });
});

describe('where the source computes a value, the nearest spot around it', () => {
  test.each<[what: string, source: string, keys: (string | number)[], text: string]>([
    ['two computed keys', '§set({ a: { [n()]: 1, [m()]: 2 } })', ['a', 'x'], '{ [n()]: 1, [m()]: 2 }'],
    ['a key of other text', '§set({ a: { [`b${c}`]: 1 } })', ['a', 'x'], '{ [`b${c}`]: 1 }'],
    ['a call', '§set({ a: Object.fromEntries(x) })', ['a', 'x'], 'Object.fromEntries(x)'],
    ['an import', 'import { c } from "./c.ts";\n§set({ a: c })', ['a', 'b'], 'c'],
    ['an unknown spread in a list', '§set({ a: [...x(), 1] })', ['a', 0], '[...x(), 1]'],
    ['a list that is too short', '§set({ a: [1] })', ['a', 4], '[1]'],
    ['a constant that leads to itself', 'const a = { ...a };\n§set({ a })', ['a', 'b'], 'a'],
    ['a call without arguments', '§set()', ['a'], 'set'],
    ['no call at all', 'const §x = 5;', ['a'], 'x'],
    ['a file that does not parse', '§set({ a: 1 ', ['a'], 'set'],
  ])('%s', async (_, source, keys, text) => {
    expect(await pointed(source, keys)).toBe(text);
  });

  test('a file that is gone keeps its place', async () => {
    const place = { file: '/nowhere/a.ts', line: 3, column: 7 };
    expect(await exactPlace({ place, keys: ['a'] })).toEqual({ place, length: 1 });
  });
});

test('columns count as the editor counts them, behind wide characters and in any kind of line', async () => {
  expect(await pointed('const a = "日本😀"; §set({ "ключ": 1 })', ['ключ'])).toBe('1');
  const file = join(repository({ 'hosts/a.ts': '' }), 'hosts/b.ts');
  writeFileSync(file, '// one\r\n// two\u2028/* three */ set({\r  a: 12,\n})');
  const found = await exactPlace({ place: { file, line: 3, column: 13 }, keys: ['a'] });
  expect(found).toEqual({ place: { file, line: 4, column: 6 }, length: 2 });
});
