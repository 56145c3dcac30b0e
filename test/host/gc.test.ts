// Collecting garbage on a host: exactly what nothing refers to goes.
import { spawn } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeBundle, type Bundle } from './bundle.ts';
import { makeHost, shells, type Host } from './host.ts';

function store(host: Host): string[] {
  return readdirSync(`${host.root}/var/lib/stead/store`).sort();
}

function numbers(host: Host): number[] {
  return readdirSync(`${host.root}/var/lib/stead/generations`)
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

function objects(bundle: Bundle): string[] {
  return bundle.rows.map((row) => row.object).filter((name) => name !== '-');
}

/** Bytes of all files of the store, those with several names once. */
function bytes(host: Host): number {
  const sizes = new Map<number, number>();
  const root = `${host.root}/var/lib/stead/store`;
  for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    const facts = lstatSync(`${root}/${name}`);
    if (facts.isFile()) sizes.set(facts.ino, facts.size);
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

function bundleOf(contents: readonly number[]): Bundle {
  return makeBundle({
    files: Object.fromEntries(contents.map((content) => [`/etc/f${content}`, `content ${content}`])),
  });
}

describe.each(shells())('under %s', { concurrent: true }, (shell) => {
  test('generations go as asked, with what only they used, to the byte', async () => {
    const host = makeHost(shell);
    const bundles = [
      [1, 2],
      [2, 3],
      [3, 4],
      [2, 4],
    ].map(bundleOf);
    for (const bundle of bundles) expect(await host.switchTo(bundle)).toMatchObject({ code: 0 });
    const tree = host.tree();
    const before = bytes(host);
    const result = await host.verb(['gc', '--keep', '1']);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(numbers(host)).toEqual([3, 4]);
    expect(store(host)).toEqual(
      [
        ...new Set([...bundles.slice(2).flatMap(objects), ...bundles.slice(2).map(({ name }) => name)]),
      ].sort(),
    );
    expect(result.stdout).toBe(`generation\t1\ngeneration\t2\nfreed\t2\t1\t${before - bytes(host)}\n`);
    expect(host.tree()).toEqual(tree);
    expect(await host.verb(['rollback'])).toMatchObject({ code: 0 });
    expect(await host.verb(['gc', '--keep', '1'])).toMatchObject({ code: 0, stdout: 'freed\t0\t0\t0\n' });
  });

  test('without being asked for generations it drops none, but what no generation uses', async () => {
    const host = makeHost(shell);
    await host.switchTo(bundleOf([1]));
    const before = store(host);
    await host.receive(bundleOf([1, 2]));
    const result = await host.verb(['gc']);
    expect(result.stdout).toMatch(/^freed\t1\t1\t[1-9][0-9]*\n$/);
    expect(store(host)).toEqual(before);
  });
});

test('whatever was switched to and kept, what stays is what the kept generations list, and nothing else', async () => {
  const step = fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 2, maxLength: 4 }),
      fc.integer({ min: 1, max: 4 }),
      async (steps, keep) => {
        const host = makeHost();
        const made = new Map<number, Bundle>();
        for (const contents of steps) {
          const bundle = bundleOf(contents);
          await host.switchTo(bundle);
          const [last] = numbers(host).slice(-1);
          if (!made.has(last!)) made.set(last!, bundle);
        }
        expect(await host.verb(['gc', '--keep', String(keep)])).toMatchObject({ code: 0 });
        const kept = [...made.keys()].slice(-Math.max(keep, 2));
        expect(numbers(host)).toEqual(kept);
        const expected = kept.map((number) => made.get(number)!);
        expect(store(host)).toEqual(
          [...new Set(expected.flatMap((bundle) => [bundle.name, ...objects(bundle)]))].sort(),
        );
        expect(await host.verb(['verify'])).toMatchObject({ code: 0 });
      },
    ),
    { numRuns: 4 },
  );
});

/** A host with four generations, the first three of which were made on that day. */
async function withOldOnes(): Promise<Host> {
  const host = makeHost();
  for (const content of [1, 2, 3, 4]) await host.switchTo(bundleOf([content]));
  for (const number of [1, 2, 3]) {
    const path = `${host.root}/var/lib/stead/generations/${number}.json`;
    writeFileSync(
      path,
      readFileSync(path, 'utf8').replace(/"when": ".*"/, `"when": "2020-01-0${number}T00:00:00Z"`),
    );
  }
  return host;
}

test('old generations go, but never the current one, the one before it and the one that was booted', async () => {
  const host = await withOldOnes();
  mkdirSync(`${host.root}/proc`);
  writeFileSync(`${host.root}/proc/stat`, `cpu 1\nbtime ${Date.UTC(2020, 0, 1, 12) / 1000}\n`);
  expect(await host.verb(['gc', '--older-than', '30'])).toMatchObject({ code: 0 });
  expect(numbers(host)).toEqual([1, 3, 4]);
  rmSync(`${host.root}/proc`, { recursive: true });
  expect(await host.verb(['gc', '--older-than', '36500'])).toMatchObject({ code: 0 });
  expect(numbers(host)).toEqual([1, 3, 4]);
  expect(await host.verb(['gc', '--older-than', '30', '--keep', '3'])).toMatchObject({ code: 0 });
  expect(numbers(host)).toEqual([1, 3, 4]);
  expect(await host.verb(['gc', '--older-than', '30', '--keep', '1'])).toMatchObject({ code: 0 });
  expect(numbers(host)).toEqual([3, 4]);
});

test('generations that a boot goes back to, goes on to, or was of, never go', async () => {
  const host = makeHost();
  for (const text of ['1', '2', '3', '4', '5', '6']) {
    expect(await host.switchTo(makeBundle({ files: { '/etc/a': text } }))).toMatchObject({ code: 0 });
  }
  const state = `${host.root}/var/lib/stead`;
  symlinkSync('generations/1', `${state}/confirmed`);
  symlinkSync('generations/2', `${state}/staged`);
  symlinkSync('generations/3', `${state}/booted`);
  expect((await host.verb(['gc', '--keep', '1'])).stdout).toMatch(/^generation\t4\nfreed\t/);
});

test('it waits for nobody: a switch that runs has it end at once, with the holder named', async () => {
  const host = makeHost();
  for (const content of [1, 2]) await host.switchTo(bundleOf([content]));
  const before = store(host);
  const holder = spawn('flock', [`${host.root}/var/lib/stead/lock`, 'sh', '-c', 'echo held; exec sleep 60'], {
    detached: true,
  });
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  const result = await host.verb(['gc', '--keep', '1']);
  process.kill(-(holder.pid ?? 0), 'SIGKILL');
  expect(result).toMatchObject({ code: 5, stdout: '' });
  expect(result.stderr).toContain('another switch holds the lock');
  expect(store(host)).toEqual(before);
  expect(numbers(host)).toEqual([1, 2]);
});

test('a copy under way keeps its folder and the objects that it has linked to', async () => {
  const host = makeHost();
  await host.switchTo(bundleOf([1]));
  await host.receive(bundleOf([2]));
  const folder = `${host.root}/var/lib/stead/store`;
  const [linked] = objects(bundleOf([2]));
  mkdirSync(`${folder}/.incoming-alive`);
  mkdirSync(`${folder}/.incoming-dead`);
  await host.verb(['gc']);
  expect(existsSync(`${folder}/${linked}`)).toBe(false);
  await host.receive(bundleOf([2]));
  mkdirSync(`${folder}/.incoming-alive`, { recursive: true });
  const holder = spawn(
    'flock',
    [
      `${folder}/.incoming-alive`,
      'sh',
      '-c',
      'ln "$1" "$2"; echo held; exec sleep 60',
      'sh',
      `${folder}/${linked}`,
      `${folder}/.incoming-alive/x`,
    ],
    { detached: true },
  );
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  expect(await host.verb(['gc'])).toMatchObject({ code: 0 });
  process.kill(-(holder.pid ?? 0), 'SIGKILL');
  expect(store(host).filter((name) => name.startsWith('.'))).toEqual(['.incoming-alive']);
  expect(existsSync(`${folder}/${linked}`)).toBe(true);
  expect(existsSync(`${folder}/${bundleOf([2]).name}`)).toBe(false);
});

test('it removes nothing by a table that does not hold', async () => {
  const host = makeHost();
  await host.switchTo(bundleOf([4]));
  const name = bundleOf([4]).name;
  writeFileSync(`${host.root}/var/lib/stead/store/${name}/files.tsv`, '');
  const before = store(host);
  const result = await host.verb(['gc']);
  expect(result).toMatchObject({ code: 1 });
  expect(result.stderr).toContain(`the bundle ${name} is corrupt: a table or a runtime file does not hold`);
  expect(store(host)).toEqual(before);
});
