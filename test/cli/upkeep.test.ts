// stead verify and stead gc, as a user runs them.
import { chmodSync, readFileSync, readdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { edit, folder, repository, run, type Ran } from './stead.ts';

interface Fleet {
  readonly path: string;
  readonly host: string;
  readonly store: string;
  stead(...args: string[]): Promise<Ran>;
}

async function fleet(): Promise<Fleet> {
  const path = repository({
    'hosts/one.ts': `import { files, host } from 'stead';
export default host('one', { use: [files({ etc: { motd: 'first', copied: { kind: 'copy', text: 'copy' } } })] });
`,
  });
  const root = folder();
  const stead: Fleet['stead'] = (verb, ...words) =>
    run([verb!, ...words, '--repo', path, '--target-root', root]);
  expect(await stead('switch', 'one')).toMatchObject({ code: 0 });
  return { path, host: join(root, 'one'), store: join(root, 'one/var/lib/stead/store'), stead };
}

/** The file of the store that the name ends in. */
function object({ store }: Fleet, name: string): string {
  return join(
    store,
    readdirSync(store).find((one) => one.endsWith(`-${name}`))!,
  );
}

describe.concurrent('stead verify', () => {
  test('says what differs and exits with 1, then puts it right from what was built', async () => {
    const one = await fleet();
    expect(await one.stead('verify', 'one')).toEqual({
      code: 0,
      stdout: 'one: 1 bundles, 2 objects and 3 paths checked, all as they should be',
      stderr: '',
    });
    writeFileSync(object(one, 'motd'), 'by hand');
    unlinkSync(join(one.host, 'etc/copied'));
    chmodSync(object(one, 'copied'), 0o600);
    const found = await one.stead('verify', 'one');
    expect(found.code).toBe(1);
    const [motd, copied] = [object(one, 'motd'), object(one, 'copied')].map((path) => path.split('/').at(-1));
    expect(found.stdout.split('\n')).toEqual([
      'one: 1 bundles, 2 objects and 3 paths checked',
      '  /etc/copied is missing',
      '  /etc/motd was changed',
      ...[`  ${motd} in the store was changed`, `  ${copied} in the store has another mode or owner`].sort(),
    ]);
    const repaired = await one.stead('verify', 'one', '--repair');
    expect(repaired.code).toBe(0);
    expect(repaired.stdout).toMatch(
      /all as they should be\n {2}\/etc\/copied was put right\n {2}\/etc\/motd was put right\n/,
    );
    expect(readFileSync(join(one.host, 'etc/motd'), 'utf8')).toBe('first');
  });

  test('says which commit to build where out/ holds another bundle, and changes nothing', async () => {
    const one = await fleet();
    edit(one.path, 'hosts/one.ts', 'first', 'second');
    expect(await run(['build', 'one', '--repo', one.path])).toMatchObject({ code: 0 });
    writeFileSync(object(one, 'motd'), 'by hand');
    const { code, stderr } = await one.stead('verify', 'one', '--repair');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: one: files of its store are broken, and \S+\/out\/one is not the bundle [0-9a-z]{32} /,
    );
    expect(readFileSync(join(one.host, 'etc/motd'), 'utf8')).toBe('by hand');
  });

  test("a bundle's own files are put right as well", async () => {
    const one = await fleet();
    const bundle = object(one, 'one');
    rmSync(join(bundle, 'files.tsv'));
    rmSync(join(bundle, 'runtime/stead-host'));
    expect((await one.stead('verify', '--all')).stdout).toContain(
      '-one: a table or a runtime file does not hold',
    );
    expect(await one.stead('verify', '--all', '--repair')).toMatchObject({ code: 0 });
  });
});

describe.concurrent('stead gc', () => {
  test('drops generations and tells what that freed, in words and as JSON', async () => {
    const one = await fleet();
    for (const [before, after] of [
      ['first', 'second'],
      ['second', 'third'],
    ] as const) {
      edit(one.path, 'hosts/one.ts', before, after);
      await one.stead('switch', 'one');
    }
    expect(await one.stead('gc', 'one')).toMatchObject({
      code: 0,
      stdout: 'one: dropped no generation; 0 bundles and 0 objects, 0 bytes',
    });
    expect((await one.stead('gc', 'one', '--older-than', '30d', '--json')).stdout).toBe(
      JSON.stringify(
        {
          hosts: [
            {
              host: 'one',
              generations: [],
              bundles: 0,
              objects: 0,
              downloads: [],
              outputs: [],
              bytes: 0,
              packages: [],
              packagesKept: [],
            },
          ],
        },
        null,
        2,
      ),
    );
    expect((await one.stead('gc', 'one', '--keep', '1')).stdout).toMatch(
      /^one: dropped generations 1; 1 bundles and 1 objects, [0-9.]+ KiB$/,
    );
    expect((await one.stead('generations', 'one')).stdout.split('\n')).toHaveLength(2);
  });

  test('a time that is none is refused', async () => {
    const one = await fleet();
    const { code, stderr } = await one.stead('gc', 'one', '--older-than', '30');
    expect(code).toBe(2);
    expect(stderr).toContain('--older-than takes days or weeks such as 30d or 8w, got "30"');
  });
});
