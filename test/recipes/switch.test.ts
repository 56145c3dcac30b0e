// Recipes of a fleet whose hosts are folders: built here by root, switched, rolled back, collected.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { folder, repository, run, type Ran } from '../cli/stead.ts';
import { canBuild } from '../host/recipes.ts';
import { fetchTiny, tinyFiles, tinyHost } from './tiny.ts';

interface Fleet {
  readonly path: string;
  readonly root: string;
  host(name: string): string;
  use(definitions: string, name?: string): void;
  stead(...words: string[]): Promise<Ran>;
}

function fleet(): Fleet {
  const path = repository(tinyFiles());
  fetchTiny(path);
  const root = folder();
  return {
    path,
    root,
    host: (name) => join(root, name),
    use: (definitions, name = 'one') => tinyHost(path, name, definitions),
    stead: (verb, ...words) => run([verb!, ...words, '--repo', path, '--target-root', root]),
  };
}

/** What the host's own file says of where the output is, and whether it is there. */
function thing(one: Fleet, name = 'one'): { path: string; word: string | undefined } {
  const path = readFileSync(join(one.host(name), 'etc/thing'), 'utf8').trim();
  const word = join(one.host(name), path, 'word');
  return { path, word: existsSync(word) ? readFileSync(word, 'utf8').trim() : undefined };
}

describe.runIf(canBuild())('a host that uses a recipe', { timeout: 240_000 }, () => {
  test('has it built before it is switched, once; a changed flag builds again, and a rollback needs no build', async () => {
    const one = fleet();
    one.use(`things({ word: 'first' })`);
    const first = await one.stead('switch', 'one');
    expect(first, first.stderr).toMatchObject({ code: 0 });
    expect(first.stderr).toContain('one: building thing 1.0: phase install');
    const before = thing(one);
    expect(before.word).toBe('first');

    const again = await one.stead('switch', 'one');
    expect(again).toMatchObject({ code: 0 });
    expect(again.stderr).not.toContain('building');

    one.use(`things({ word: 'second' })`);
    expect(await one.stead('switch', 'one')).toMatchObject({ code: 0 });
    const after = thing(one);
    expect(after.word).toBe('second');
    expect(after.path).not.toBe(before.path);

    const back = await one.stead('rollback', 'one');
    expect(back).toMatchObject({ code: 0 });
    expect(back.stderr).not.toContain('building');
    expect(thing(one)).toEqual(before);

    const log = await one.stead('log', after.path.split('/').at(-1)!.slice(0, 32));
    expect(log).toMatchObject({ code: 0 });
    expect(log.stdout).toContain('@stead phase install');
  });

  test('fetches before it builds, on a host that has never been switched', async () => {
    const one = fleet();
    const content = 'weights';
    mkdirSync(join(one.host('one'), 'srv'), { recursive: true });
    writeFileSync(join(one.host('one'), 'srv/model'), content);
    const sha256 = createHash('sha256').update(content).digest('hex');
    const model = `{ path: '/srv/model', sha256: '${sha256}', size: ${content.length} }`;
    one.use(`things({ word: 'first' }), downloads({ folders: { big: { files: { model: ${model} } } } })`);
    const first = await one.stead('switch', 'one');
    expect(first, first.stderr).toMatchObject({ code: 0 });
    expect(thing(one).word).toBe('first');
  });

  test('A build recipe fails or is killed: the old binary serves on.', async () => {
    const one = fleet();
    one.use(`things({ word: 'first' })`);
    expect(await one.stead('switch', 'one')).toMatchObject({ code: 0 });
    const before = thing(one);
    one.use(`things({ word: 'second', build: 'echo "no such register" >&2; exit 3' })`);
    const failed = await one.stead('switch', 'one');
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('no such register');
    expect(failed.stderr).toMatch(
      /could not be built: it ended with exit code 3\. All it said is in .*\.log; `stead log [0-9a-z]{32}` shows it/,
    );
    expect(thing(one)).toEqual(before);
    expect((await one.stead('generations', 'one')).stdout.split('\n')).toHaveLength(1);
    expect(await one.stead('verify', 'one')).toMatchObject({ code: 0 });
  });

  test.each([
    ['fills', 'dd if=/dev/zero of=big bs=1M count=64'],
    ['fills and clears again', 'dd if=/dev/zero of=big bs=1M count=64 || { rm big; exit 4; }'],
  ])('is told of the disk that a build %s, and of how much is free, and serves on', async (_, build) => {
    const one = fleet();
    const state = join(one.host('one'), 'var/lib/stead');
    mkdirSync(state, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'stead-test', state]);
    onTestFinished(() => void execFileSync('umount', [state]));
    one.use(`things({ word: 'first' })`);
    expect(await one.stead('switch', 'one')).toMatchObject({ code: 0 });
    const before = thing(one);
    const outputs = (): string[] =>
      readdirSync(join(state, 'store')).filter((name) => /-thing-1\.0$|^\./.test(name));
    const stored = outputs();
    one.use(`things({ word: 'second', build: '${build}' })`);
    const failed = await one.stead('switch', 'one');
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(
      / the file system of \S+\/one\/var\/lib\/stead\/build ran full: \d+ of 16384 KiB are free now; make room and try again$/m,
    );
    expect(thing(one)).toEqual(before);
    expect(outputs()).toEqual(stored);
    expect(readdirSync(join(state, 'build/work'))).toEqual([]);
    expect(await one.stead('verify', 'one')).toMatchObject({ code: 0 });
    one.use(`things({ word: 'second' })`);
    expect(await one.stead('switch', 'one')).toMatchObject({ code: 0 });
    expect(thing(one).word).toBe('second');
  });

  test('takes what another host builds, or this machine', async () => {
    const one = fleet();
    one.use(`things({ word: 'first' })`, 'builder');
    one.use(`recipes({ buildOn: 'builder' }), things({ word: 'first' })`, 'taker');
    one.use(`recipes({ buildOn: 'deployer' }), things({ word: 'first' })`, 'other');
    const ran = await one.stead('switch', '--all');
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    // Two of them have it built, each once: the third waits for one of those.
    expect(ran.stderr.match(/: phase install$/gm)).toHaveLength(2);
    for (const name of ['builder', 'taker', 'other']) expect(thing(one, name).word).toBe('first');
    const { path } = thing(one, 'taker');
    const record = (name: string): string =>
      readFileSync(
        join(one.host(name), 'var/lib/stead/build/outputs', path.split('/').at(-1)!.slice(0, 32)),
        'utf8',
      );
    expect(record('taker')).toContain('builder\tbuilder\n');
    expect(record('other')).toContain('builder\tdeployer\n');
    expect(record('taker').split('\n')[1]).toBe(record('other').split('\n')[1]);
    expect(existsSync(join(one.host('taker'), 'var/lib/stead/build/tools'))).toBe(true);
    expect(readdirSync(join(one.host('taker'), 'var/lib/stead/build/tools'))).toEqual([]);
  });

  test('keeps the outputs of kept generations, and gives up others', async () => {
    const one = fleet();
    const paths: string[] = [];
    for (const word of ['first', 'second', 'third']) {
      one.use(`things({ word: '${word}' })`);
      expect(await one.stead('switch', 'one')).toMatchObject({ code: 0 });
      paths.push(thing(one).path);
    }
    const collected = await one.stead('gc', 'one', '--keep', '2');
    expect(collected, collected.stderr).toMatchObject({ code: 0 });
    expect(collected.stdout).toContain(`one: dropped the outputs ${paths[0]!.split('/').at(-1)}`);
    expect(paths.map((path) => existsSync(join(one.host('one'), path)))).toEqual([false, true, true]);
    expect(await one.stead('verify', 'one')).toMatchObject({ code: 0 });
  });

  test('is told of an output that was changed, and has it made again', async () => {
    const one = fleet();
    one.use(`things({ word: 'first' })`);
    expect(await one.stead('switch', 'one')).toMatchObject({ code: 0 });
    const { path } = thing(one);
    const file = join(one.host('one'), path, 'word');
    chmodSync(file, 0o644);
    writeFileSync(file, 'by hand');
    const found = await one.stead('verify', 'one');
    expect(found.code).toBe(1);
    const name = path.split('/').at(-1)!;
    expect(found.stdout).toContain(`  output ${name} was changed; \`stead switch one\` has it made again`);
    expect(await one.stead('verify', 'one', '--repair')).toMatchObject({ code: 1 });
    const again = await one.stead('switch', 'one');
    expect(again, again.stderr).toMatchObject({ code: 0 });
    expect(thing(one).word).toBe('first');
    expect(await one.stead('verify', 'one')).toMatchObject({ code: 0 });
  });
});
