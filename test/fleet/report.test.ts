import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { report } from '../../src/fleet/index.ts';
import { SteadError, SteadErrors, type LabelledPlace } from '../../src/options/index.ts';
import { repository } from './repository.ts';

const source = `import { host } from 'stead';

export default host('gateway', {
  use: [
    wireguard({
      port: 70000,
      role: 'hub',
    }),
  ],
});
`;
const folder = repository({
  'hosts/gateway.ts': source,
  'hosts/long.ts': `${'a'.repeat(150)} ${'b'.repeat(10)} ${'c'.repeat(150)}\n\t\tif (a) {\t日本 = x\u001b[31m; }\n`,
});
const at = (line: number, column: number, more: Partial<LabelledPlace> = {}): LabelledPlace => ({
  place: { file: `${folder}/hosts/gateway.ts`, line, column },
  ...more,
});
const text = (error: unknown, more: { severity?: 'warning'; colour?: boolean } = {}): Promise<string> =>
  report(error, { repository: folder, ...more });

describe('one error', () => {
  test('has a headline, an excerpt with the caret under what is meant, and what to do', async () => {
    const error = new SteadError({
      code: 'option.value',
      host: 'gateway',
      option: 'wireguard.port',
      message: 'expected a port, an integer from 1 to 65535, got 70000',
      places: [at(5, 5, { keys: ['port'] })],
      hint: 'Set it to a free port.',
    });
    expect(await text(error)).toBe(
      `
error: wireguard.port on gateway: expected a port, an integer from 1 to 65535, got 70000
 --> hosts/gateway.ts:6:13
  |
6 |       port: 70000,
  |             ^^^^^
  = Set it to a free port.`.trim(),
    );
  });

  test('says of a host alone, or of nothing, what it is about', async () => {
    const fields = { code: 'x', message: 'is wrong' };
    expect(await text(new SteadError({ ...fields, host: 'gateway' }))).toBe('error: gateway: is wrong');
    expect(await text(new SteadError({ ...fields, option: 'a.b' }))).toBe('error: a.b: is wrong');
    expect(await text(new SteadError(fields))).toBe('error: is wrong');
  });

  test('can be a warning', async () => {
    const warning = new SteadError({ code: 'warning', message: 'mind the gap' });
    expect(await text(warning, { severity: 'warning' })).toBe('warning: mind the gap');
    expect(
      await text(new SteadErrors([warning, new SteadError({ code: 'warning', message: 'b' })]), {
        severity: 'warning',
      }),
    ).toMatch(/\n2 warnings$/);
  });

  test('indents what follows the first line of its message, and of its hint', async () => {
    const error = new SteadError({ code: 'x', message: 'one\ntwo\n  three', hint: 'do this\nand that' });
    expect(await text(error)).toBe('error: one\n  two\n    three\n  = do this\n    and that');
  });

  test('shows every place with its own excerpt and label, numbers in one column', async () => {
    const error = new SteadError({
      code: 'x',
      message: 'conflict',
      places: [
        at(5, 5, { keys: ['role'], label: 'defined here' }),
        at(10, 1, { label: 'and here', length: 3 }),
      ],
    });
    expect(await text(error)).toBe(
      `
error: conflict
 --> hosts/gateway.ts:7:13
  |
7 |       role: 'hub',
  |             ^^^^^ defined here
  --> hosts/gateway.ts:10:1
   |
10 | });
   | ^^^ and here`
        .trim()
        .replace(
          ' --> hosts/gateway.ts:7:13\n  |\n7 |       role',
          '  --> hosts/gateway.ts:7:13\n   |\n 7 |       role',
        )
        .replace("'hub',\n  |  ", "'hub',\n   |  "),
    );
  });

  test('takes at most a screen: four places, and a long message cut in its middle', async () => {
    const places = Array.from({ length: 7 }, (_, index) => at(index + 1, 1));
    const many = await text(new SteadError({ code: 'x', message: 'm', places, hint: 'h' }));
    expect(many).toContain('\n  … and 3 more places\n  = h');
    expect(many.split('\n').length).toBe(19);

    const chain = Array.from({ length: 40 }, (_, index) => `step ${index}`).join('\n');
    const long = await text(new SteadError({ code: 'x', message: chain, places, hint: 'h' }));
    expect(long.split('\n').length).toBeLessThanOrEqual(24);
    expect(long).toContain('error: step 0\n  step 1\n');
    expect(long).toMatch(/\n {2}… \d+ more lines\n/);
    expect(long).toContain('\n  step 39\n --> hosts/gateway.ts:1:1\n');
    expect(long).toContain('\n  … and 6 more places\n');
  });

  test('cuts a long line around its caret', async () => {
    const error = new SteadError({
      code: 'x',
      message: 'm',
      places: [{ place: { file: `${folder}/hosts/long.ts`, line: 1, column: 152 }, length: 10 }],
    });
    const [, , , line, caret] = (await text(error)).split('\n');
    expect(line).toBe(`1 | …${'a'.repeat(23)} ${'b'.repeat(10)} ${'c'.repeat(61)}…`);
    expect(caret).toBe(`  | ${' '.repeat(25)}${'^'.repeat(10)}`);
  });

  test('keeps tabs and wide characters in line with the caret, and lets no source steer the terminal', async () => {
    const error = new SteadError({
      code: 'x',
      message: 'm',
      places: [{ place: { file: `${folder}/hosts/long.ts`, line: 2, column: 12 }, length: 2 }],
    });
    const [, , , line, caret] = (await text(error)).split('\n');
    expect(line).toBe('2 | \t\tif (a) {\t日本 = x·[31m; }');
    expect(caret).toBe(`  | \t\t${' '.repeat(8)}\t^^^^`);
  });

  test('names files by their whole path outside of the repository, and does without a source it cannot read', async () => {
    const places = [{ place: { file: '/nowhere/b.ts', line: 3, column: 4 }, label: 'here' }];
    expect(await text(new SteadError({ code: 'x', message: 'm', places }))).toBe(
      'error: m\n --> /nowhere/b.ts:3:4 here',
    );
  });

  test('shows files of stead, named as such, only where there are no others', async () => {
    const own = {
      place: {
        file: new URL('../../modules/wireguard/index.ts', import.meta.url).pathname,
        line: 1,
        column: 1,
      },
      label: 'from which wireguard makes this',
    };
    const places = [{ ...at(7, 7, { length: 4, label: 'written here' }), made: own }, own];
    expect(await text(new SteadError({ code: 'x', message: 'm', places: [own] }))).toMatch(
      /^error: m\n --> stead\/modules\/wireguard\/index\.ts:1:1\n/,
    );
    expect(await text(new SteadError({ code: 'x', message: 'm', places }))).toBe(
      `
error: m
 --> hosts/gateway.ts:7:7
  |
7 |       role: 'hub',
  |       ^^^^ written here, from which wireguard makes this`.trim(),
    );
  });

  test('is coloured only when asked, with the same text', async () => {
    const error = new SteadError({
      code: 'x',
      message: 'm',
      places: [at(6, 7, { label: 'here' })],
      hint: 'h',
    });
    const plain = await text(error);
    const coloured = await text(error, { colour: true });
    expect(plain).not.toContain('\u001b');
    expect(coloured).toContain('\u001b[31m');
    expect(stripVTControlCharacters(coloured)).toBe(plain);
  });
});

describe('several errors', () => {
  const of = (code: string, more: { host?: string; option?: string; message?: string } = {}): SteadError =>
    new SteadError({ code, message: code, ...more });

  test('stand apart, with their number at the end', async () => {
    expect(await text(new SteadErrors([of('a'), of('b')]))).toBe('error: a\n\nerror: b\n\n2 errors');
    expect(await text(new SteadErrors([of('a')]))).toBe('error: a');
  });

  test('come root causes first', async () => {
    const errors = ['assertion.failed', 'option.missing', 'option.unknown', 'evaluation.threw'].map((code) =>
      of(code),
    );
    const heads = (await text(new SteadErrors(errors))).split('\n\n').slice(0, -1);
    expect(heads).toEqual([
      'error: evaluation.threw',
      'error: option.unknown',
      'error: option.missing',
      'error: assertion.failed',
    ]);
  });

  test('that hosts share are told once, with the hosts', async () => {
    const shared = (...hosts: string[]): SteadErrors =>
      new SteadErrors(hosts.map((host) => of('x', { host, option: 'a.b', message: 'bad' })));
    expect(await text(shared('a', 'b'))).toBe('error: a.b on a and b: bad');
    expect(await text(shared('a', 'b', 'c'))).toBe('error: a.b on a, b and c: bad');
    expect(await text(shared('a', 'b', 'c', 'd', 'e'))).toBe('error: a.b on a, b and 3 more hosts: bad');
  });
});

test('what is no error of ours is told by its message, without a stack', async () => {
  expect(await text(new TypeError('x is not a function'))).toBe('error: x is not a function');
  expect(await text('thrown text')).toBe('error: thrown text');
});
