import { parse as parseToml } from 'smol-toml';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { json, toml, yaml } from '../../src/render/index.ts';

/** Values as JSON has them: without a negative zero. */
const data = fc.jsonValue({ maxDepth: 4 }).map((value): unknown => JSON.parse(JSON.stringify(value)));

test('YAML quotes what YAML 1.1 would read as something else, folds nothing and ends in a newline', () => {
  const long = 'word '.repeat(60).trim();
  expect(yaml({ a: ['no', '012', 'on', null, true, '1.10'], long, text: 'x\ny\n' })).toBe(
    `a:\n  - "no"\n  - "012"\n  - "on"\n  - null\n  - true\n  - "1.10"\nlong: ${long}\ntext: |\n  x\n  y\n`,
  );
});

test('YAML repeats a record that is used twice', () => {
  const shared = { image: 'x' };
  expect(yaml({ a: shared, b: shared })).toBe('a:\n  image: x\nb:\n  image: x\n');
});

test('JSON is indented by two spaces and ends in a newline; keys without a value are left out', () => {
  expect(json({ b: [1], a: undefined })).toBe('{\n  "b": [\n    1\n  ]\n}\n');
});

test('TOML writes tables after plain keys', () => {
  expect(toml({ b: { x: 1 }, a: 'q', l: [1, 2] })).toBe('a = "q"\nl = [ 1, 2 ]\n\n[b]\nx = 1\n');
});

test('keys are sorted by name, or stand as given when asked', () => {
  expect(json({ b: 1, a: { d: 1, c: 1 } })).toBe('{\n  "a": {\n    "c": 1,\n    "d": 1\n  },\n  "b": 1\n}\n');
  expect(json({ b: 1, a: 2 }, { order: 'given' })).toBe('{\n  "b": 1,\n  "a": 2\n}\n');
  expect(yaml({ b: 1, a: 2 })).toBe('a: 2\nb: 1\n');
  expect(yaml({ b: 1, a: 2 }, { order: 'given' })).toBe('b: 1\na: 2\n');
  expect(toml({ b: 1, a: 2 }, { order: 'given' })).toBe('b = 1\na = 2\n');
});

test('what was written is read back equal', () => {
  fc.assert(
    fc.property(data, (value) => {
      expect(JSON.parse(json(value))).toEqual(value);
      expect(parseYaml(yaml(value))).toEqual(value);
    }),
  );
});

test('TOML is read back equal', () => {
  const leaf = fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer(), fc.boolean());
  const table = fc.dictionary(
    fc.string(),
    fc.oneof(leaf, fc.array(fc.integer()), fc.dictionary(fc.string(), leaf)),
  );
  fc.assert(
    fc.property(table, (value) => {
      expect({ ...parseToml(toml(value)) }).toEqual({ ...value });
    }),
  );
});

test.each([
  [() => json({ a: [{ b: Number.NaN }] }), 'JSON cannot hold the number NaN, found at a[0].b'],
  [() => json({ a: 1n }), 'JSON cannot hold a bigint, found at a'],
  [() => json([undefined]), 'JSON cannot hold undefined, found at [0]'],
  [() => yaml({ a: { b: () => 1 } }), 'YAML cannot hold a function, found at a.b'],
  [() => yaml(new Map()), 'YAML cannot hold an object of class Map'],
  [() => toml({ a: Number.POSITIVE_INFINITY }), 'TOML cannot hold the number Infinity, found at a'],
])('a value that has no place in a file is refused with its path: %#', (write, message) => {
  expect(write).toThrow(expect.objectContaining({ code: 'render.value', message }));
});

test('a value that contains itself is refused', () => {
  const loop: Record<string, unknown> = {};
  loop['a'] = [loop];
  expect(() => json(loop)).toThrow('JSON cannot hold a value that contains itself, found at a[0]');
});

test('TOML has no null', () => {
  expect(() => toml({ a: [null] })).toThrow(expect.objectContaining({ code: 'render.value' }));
});
