import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { digest, readFleet, writeFleet, type FleetEntry } from '../../src/bundle/index.ts';

let out = '';
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'stead-fleet-'));
});
afterEach(() => rmSync(out, { recursive: true }));

const entry = (host: string, content = host): FleetEntry => ({ hash: digest(content), path: `out/${host}` });

test('fleet.json maps every host to its hash and folder, sorted', () => {
  writeFleet(out, { vps: entry('vps'), gateway: entry('gateway') }, ['vps', 'gateway']);
  expect(readFileSync(join(out, 'fleet.json'), 'utf8')).toBe(
    `${JSON.stringify({ gateway: entry('gateway'), vps: entry('vps') }, null, 2)}\n`,
  );
  expect(readFleet(out)).toEqual({ gateway: entry('gateway'), vps: entry('vps') });
  expect(readdirSync(out)).toEqual(['fleet.json']);
});

test('hosts that were not built this time keep their line while the fleet has them', () => {
  writeFleet(out, { a: entry('a'), b: entry('b'), c: entry('c') }, ['a', 'b', 'c']);
  const after = writeFleet(out, { a: entry('a', 'new') }, ['a', 'b', 'd']);
  expect(after).toEqual({ a: entry('a', 'new'), b: entry('b') });
  expect(readFleet(out)).toEqual(after);
});

test('a file that would not change is left alone', () => {
  writeFleet(out, { a: entry('a') }, ['a']);
  const { ino } = statSync(join(out, 'fleet.json'));
  writeFleet(out, { a: entry('a') }, ['a']);
  expect(statSync(join(out, 'fleet.json')).ino).toBe(ino);
});

test('there is no fleet before the first build', () => {
  expect(readFleet(out)).toBeNull();
});

test.each([['{'], ['[]'], ['{"a":{"hash":"x","path":"out/a"}}'], ['{"a":null}'], ['null']])(
  'what no build writes is refused: %s',
  (text) => {
    writeFileSync(join(out, 'fleet.json'), text);
    expect(() => readFleet(out)).toThrow(expect.objectContaining({ code: 'fleet.invalid' }));
  },
);
