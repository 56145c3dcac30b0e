import { expect, test } from 'vitest';
import { available } from '../setup/programs.ts';
import { makeBundle } from './bundle.ts';
import type { BundleInput } from './bundle.ts';
import { makeHost } from './host.ts';
import type { Host } from './host.ts';
import { countProcesses } from './processes.ts';

type Files = NonNullable<BundleInput['files']>;

/** That many linked files in folders, and ten copies. */
function manyFiles(count: number): Files {
  const files: Record<string, Files[string]> = {};
  for (let index = 0; index < count; index++) files[`/etc/folder ${index % 50}/${index}`] = `${index}`;
  for (let index = 0; index < 10; index++) files[`/etc/copies/${index}`] = { copy: `${index}`, mode: '0600' };
  return files;
}

async function hostWith(files: Files): Promise<Host> {
  const host = makeHost();
  expect(await host.switchTo(makeBundle({ files }))).toMatchObject({ code: 0 });
  expect(await host.verb(['confirm'])).toMatchObject({ code: 0 });
  return host;
}

/** What a switch from `before` to `after` costs. */
async function costOf(before: Files, after: Files): Promise<number> {
  const host = await hostWith(before);
  const bundle = makeBundle({ files: after });
  expect(await host.receive(bundle)).toMatchObject({ code: 0 });
  const cost = await countProcesses(host, ['switch', bundle.name]);
  expect(cost).toMatchObject({ code: 0, stdout: expect.stringMatching(/^switched\t2/) });
  return cost.processes;
}

if (available('strace', 'dash')) {
  test.each([60, 10_000])(
    'a switch that changes nothing starts at most 19 processes with %i files',
    { timeout: 120_000 },
    async (count) => {
      const files = manyFiles(count);
      const host = await hostWith(files);
      const cost = await countProcesses(host, ['switch', makeBundle({ files }).name]);
      expect(cost).toMatchObject({ code: 0, stdout: expect.stringMatching(/^unchanged\t1/) });
      expect(cost.processes).toBeLessThanOrEqual(19);
    },
  );

  test.each([60, 3000])(
    'a switch that changes one of %i files starts at most 45 processes',
    { timeout: 120_000 },
    async (count) => {
      const files = manyFiles(count);
      expect(await costOf(files, { ...files, '/etc/folder 1/1': 'changed' })).toBeLessThanOrEqual(45);
    },
  );

  test('a changed linked file starts no process, a changed copied file at most three', async () => {
    const files = manyFiles(30);
    const linked = { ...files, '/etc/folder 1/1': 'changed' };
    const copied = { ...linked, '/etc/copies/1': { copy: 'changed' } };
    const [one, two, three, four] = await Promise.all([
      costOf(files, linked),
      costOf(files, { ...linked, '/etc/folder 2/2': 'changed', '/etc/folder 3/3': 'changed' }),
      costOf(files, copied),
      costOf(files, {
        ...copied,
        '/etc/copies/2': { copy: 'changed' },
        '/etc/copies/3': { copy: 'changed' },
      }),
    ]);
    expect(two).toBe(one);
    expect((four - three) / 2).toBeLessThanOrEqual(3);
  });
}
