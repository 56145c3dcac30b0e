import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkFleet, loadFleet, readSource, report } from '../../src/fleet/index.ts';
import { reported, repository } from './repository.ts';

const hostReading = (path: string): string =>
  `import { host, readSource } from 'stead';\nexport const source = readSource('${path}');\nexport default host('a', { tags: [source.text], use: [] });\n`;

describe('readSource', () => {
  test('gives the text of a file, relative to the file that asks', async () => {
    const folder = repository({
      'hosts/a.ts': `import { host } from 'stead';\nimport { source } from '../modules/m/index.ts';\nexport default host('a', { tags: [source.name, source.text], use: [] });\n`,
      'modules/m/index.ts': `import { readSource } from 'stead';\nexport const source = readSource('./greeting.txt');\n`,
      'modules/m/greeting.txt': 'Grüße\r\n',
    });
    const [one] = (await loadFleet(folder)).hosts;
    expect(one!.tags).toEqual([join(folder, 'modules/m/greeting.txt'), 'Grüße\r\n']);
  });

  test('records what was read, in loading and in thunks, as inputs', async () => {
    const folder = repository({
      'hosts/a.ts': `import { host, options, readSource, z } from 'stead';\nconst s = options('s', z.object({ a: z.string() }));\nreadSource('early.txt');\nexport default host('a', { use: [s({ a: () => readSource('../late.txt').text })] });\n`,
      'hosts/early.txt': '',
      'late.txt': '',
      'hosts/never.txt': '',
    });
    const fleet = await loadFleet(folder);
    expect([...fleet.inputs]).toEqual([join(folder, 'hosts/early.txt')]);
    checkFleet(fleet);
    expect([...fleet.inputs]).toEqual([join(folder, 'hosts/early.txt'), join(folder, 'late.txt')]);
  });

  test('shows the place of a file that is not there, with the nearest name', async () => {
    expect(await reported({ 'hosts/a.ts': hostReading('./mot.txt'), 'hosts/motd.txt': '' })).toBe(
      `
error: there is no file './mot.txt' to read
 --> hosts/a.ts:2:34
  |
2 | export const source = readSource('./mot.txt');
  |                                  ^^^^^^^^^^^
  = Did you mean './motd.txt'?`.trim(),
    );
    expect(await reported({ 'hosts/a.ts': hostReading('../none/x.txt') })).toContain(
      "error: there is no file '../none/x.txt' to read\n",
    );
    expect(await reported({ 'hosts/a.ts': hostReading('../hosts') })).toContain(
      "error: '../hosts' cannot be read: it is a folder\n",
    );
  });

  test('refuses a file outside the repository, also by way of a link', async () => {
    expect(await reported({ 'hosts/a.ts': hostReading('/etc/passwd') })).toBe(
      `
error: '/etc/passwd' is outside the repository
 --> hosts/a.ts:2:34
  |
2 | export const source = readSource('/etc/passwd');
  |                                  ^^^^^^^^^^^^^
  = Copy the file into the repository: configuration sees nothing else.`.trim(),
    );
    const folder = repository({ 'hosts/a.ts': hostReading('./linked') });
    symlinkSync('/etc/passwd', join(folder, 'hosts/linked'));
    const text = await loadFleet(folder).catch((error: unknown) => report(error, { repository: folder }));
    expect(text).toContain(
      "error: './linked' is outside the repository: /etc/passwd\n --> hosts/a.ts:2:34\n",
    );
  });

  test('refuses what is no UTF-8', async () => {
    const text = await reported({
      'hosts/a.ts': hostReading('./latin1.txt'),
      'hosts/latin1.txt': Buffer.from('Grüße', 'latin1'),
    });
    expect(text).toContain("error: './latin1.txt' is not UTF-8 text\n --> hosts/a.ts:2:34\n");
  });

  test('is for configuration only', () => {
    expect(() => readSource('./repository.ts')).toThrow('readSource is for files under hosts/');
  });
});
