// Where code stands, from the texts of stacks.
import { expect, test } from 'vitest';
import { framesOf, Site, userPlace } from '../../src/options/index.ts';
import { line } from './evaluation.ts';

test('a site is where the function was called that it is given', () => {
  const make = (): Site => new Site(make);
  const at = line() + 1;
  const site = make();
  expect(site.place()).toEqual({ file: import.meta.filename, line: at, column: 16 });
  expect(site.place()).toBe(site.place());
});

test.each([
  ['    at file:///srv/fleet/hosts/a.ts:3:20', { file: '/srv/fleet/hosts/a.ts', line: 3, column: 20 }],
  ['    at make (file:///srv/my%20fleet/a.ts:3:20)', { file: '/srv/my fleet/a.ts', line: 3, column: 20 }],
  ['    at new Host (/srv/fleet (copy)/a.ts:3:20)', { file: '/srv/fleet (copy)/a.ts', line: 3, column: 20 }],
  ['    at async Object.config [as run] (/srv/a.ts:3:20)', { file: '/srv/a.ts', line: 3, column: 20 }],
])('%j is a frame', (text, place) => {
  expect(framesOf(`Error: x\n${text}`)).toEqual([place]);
});

test.each([
  '    at node:internal/modules/run_main:107:5',
  '    at Object.parse (<anonymous>)',
  '    at eval (eval at run (file:///srv/a.ts:1:1), <anonymous>:3:13)',
  'Error: at /srv/a.ts',
])('%j has no file of its own', (text) => {
  expect(framesOf(text)).toEqual([]);
});

test('the place of a user is the innermost frame outside of the engine, Node and packages', () => {
  const engine = new URL('../../src/options/set.ts', import.meta.url).pathname;
  const stack = [
    'Error: x',
    '    at node:internal/x:1:1',
    `    at merge (file://${engine}:2:2)`,
    '    at parse (file:///srv/node_modules/zod/a.js:3:3)',
    '    at thunk (file:///srv/hosts/a.ts:4:4)',
    '    at file:///srv/hosts/b.ts:5:5',
  ].join('\n');
  expect(userPlace(stack)).toEqual({ file: '/srv/hosts/a.ts', line: 4, column: 4 });
  expect(userPlace(undefined)).toBeUndefined();
});
