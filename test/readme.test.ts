// What the README shows is what there is.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { VERBS } from '../src/cli/verbs.ts';

const stead = resolve(import.meta.dirname, '..');
const readme = readFileSync(join(stead, 'README.md'), 'utf8');

test('the README shows a host of the worked fleet as it is', () => {
  const gateway = readFileSync(join(stead, 'hosts/gateway.ts'), 'utf8');
  expect(readme).toContain(gateway.slice(gateway.indexOf('export default')));
});

test('the README names every module, and every verb', () => {
  const names = readdirSync(join(stead, 'modules'));
  expect(names.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  expect(
    VERBS.map(({ usage }) => usage.split(' ')[0]).filter((name) => !readme.includes(`stead ${name}`)),
  ).toEqual([]);
});

test('the README shows small pictures, that of the fleet as it is: `npm run pictures` makes them anew', () => {
  const pictures = [...readme.matchAll(/test\/pictures\/[\w.]+/g)].map(([path]) => path);
  expect(pictures).toEqual(['test/pictures/topology.svg', 'test/pictures/status.webp']);
  for (const path of pictures) expect(statSync(join(stead, path)).size).toBeLessThan(60 * 1024);
  const argv = [join(stead, 'src/cli/stead.mjs'), 'topology', '--repo', stead];
  const drawn = execFileSync(process.execPath, argv, { encoding: 'utf8' });
  expect(readFileSync(join(stead, 'test/pictures/topology.svg'), 'utf8')).toBe(drawn);
});
