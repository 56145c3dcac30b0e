// stead.lock from end to end: what a repository asks for, what `stead update` makes of it, and what is fetched by it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { digest, sha256Hex } from '../../src/bundle/index.ts';
import { recipeOutputs } from '../../src/bundle/sets/recipes.ts';
import { checkFleet, loadFleet, type BuiltRecipe, type Lock } from '../../src/fleet/index.ts';
import { SteadError } from '../../src/options/index.ts';
import { collectSources } from '../../src/recipes/collect.ts';
import { fetchInputs, recipeFiles } from '../../src/recipes/index.ts';
import type { LockChange } from '../../src/recipes/lock-changes.ts';
import { updateLock } from '../../src/recipes/update.ts';
import { repository } from '../fleet/repository.ts';

let server: Server;
let served: string;
let content = 'one\n';
/** How many requests are turned away. */
let busy = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    if (busy > 0) {
      busy -= 1;
      response.writeHead(503).end();
    } else if (request.url === '/hello.txt') response.end(content);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  served = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const SUITE: Lock['debian'][string] = {
  date: 'Sat, 11 Jul 2026 10:16:37 UTC',
  essential: [],
  roots: [''],
  packages: {},
};

/** A repository whose host uses a recipe with these sources, and a lock that has no tools. */
function withSources(sources: string, lock: Partial<Lock> = {}, more = ''): string {
  return repository({
    'hosts/a.ts': `import { host, recipes } from 'stead';
import { tool } from '../modules/tool.ts';
export default host('a', { use: [tool({}), recipes({ platform: { architecture: 'amd64', suite: 'bookworm' } })] });
`,
    'modules/tool.ts': `import { options, recipe, recipes, source, z } from 'stead';
export const tool = options('tool', z.object({}));
recipe('toolRecipe', {
  describe: 'A tool.',
  parameters: z.object({}),
  build: () => ({ name: 'tool', version: '1', sources: ${sources}, phases: { install: 'cp -r . "$out"' }${more} }),
});
tool.implement({
  defines: [recipes],
  *config(_, { host, packages }) {
    yield recipes({ use: [() => packages.toolRecipe.on(host.get(recipes).platform)] });
  },
});
`,
    'modules/app/a.txt': 'text\n',
    'modules/app/run.sh': '#!/bin/sh\n',
    'modules/app/secret.txt': 'not taken\n',
    'modules/app/.steadignore': 'secret.txt\n',
    'stead.lock': `${JSON.stringify({ version: 1, sources: {}, debian: { 'bookworm/amd64': SUITE }, models: {}, ...lock })}\n`,
  });
}

async function output(folder: string): Promise<BuiltRecipe> {
  const { evaluation } = checkFleet(await loadFleet(folder));
  return recipeOutputs(evaluation.host('a'))[0]!;
}

/** Only what is named, as the Debian archive has tests of its own. */
async function update(folder: string, ...names: string[]): Promise<readonly LockChange[]> {
  return updateLock(folder, { names, note: () => {} });
}

function git(folder: string, ...words: string[]): string {
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.org', '-c', 'init.defaultBranch=main'];
  return execFileSync('git', ['-C', folder, ...identity, ...words], { encoding: 'utf8' }).trim();
}

function upstream(): string {
  const folder = repository({
    'a.txt': 'one\r\n',
    'run.sh': '#!/bin/sh\n',
    '.gitattributes': '*.txt text eol=crlf\n',
    [`deep/${'d'.repeat(90)}/${'é'.repeat(30)}.txt`]: 'x',
  });
  execFileSync('chmod', ['+x', join(folder, 'run.sh')]);
  symlinkSync('a.txt', join(folder, 'link'));
  git(folder, 'init', '--quiet');
  git(folder, 'add', '.');
  git(folder, 'commit', '--quiet', '-m', 'one');
  return folder;
}

function lockOf(folder: string): Lock {
  return JSON.parse(readFileSync(join(folder, 'stead.lock'), 'utf8')) as Lock;
}

/** What the archive of a recipe's source holds, by tar itself. */
function listed(folder: string, sha256: string): string[] {
  const words = [
    '--list',
    '--verbose',
    '--numeric-owner',
    '--utc',
    '--full-time',
    '--quoting-style=literal',
    '-f',
  ];
  return execFileSync('tar', [...words, join(folder, 'out/sources', sha256)], { encoding: 'utf8' })
    .trimEnd()
    .split('\n');
}

describe('sources', () => {
  beforeEach(() => {
    content = 'one\n';
  });

  test('of the web are pinned by their sha256, and fetched once', async () => {
    const request = `url:${served}/hello.txt`;
    const folder = withSources(`{ '.': source.url('${served}/hello.txt') }`);
    await expect(output(folder)).rejects.toMatchObject({
      errors: [{ message: expect.stringContaining(`stead.lock does not pin ${request}, which`) as string }],
    });
    const sha256 = '2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806';
    expect(await update(folder, request)).toEqual([
      { kind: 'source', name: request, before: null, after: `sha256 ${sha256}` },
    ]);
    const built = await output(folder);
    const out = join(folder, 'out');
    rmSync(out, { recursive: true });
    await fetchInputs(built, { out });
    const { ino } = statSync(join(out, 'sources', sha256));
    content = 'two\n';
    await fetchInputs(built, { out });
    expect(statSync(join(out, 'sources', sha256)).ino).toBe(ino);
    expect(readFileSync(join(out, 'sources', sha256), 'utf8')).toBe('one\n');
  });

  test('of a server that is busy are asked for again', async () => {
    const folder = withSources(`{ '.': source.url('${served}/hello.txt') }`);
    busy = 2;
    expect(await update(folder, `url:${served}/hello.txt`)).toHaveLength(1);
    expect(busy).toBe(0);
  });

  test('whose hash does not hold are refused, with both hashes', async () => {
    const request = `url:${served}/hello.txt`;
    const folder = withSources(`{ '.': source.url('${served}/hello.txt') }`);
    await update(folder, request);
    const built = await output(folder);
    const out = join(folder, 'out');
    rmSync(out, { recursive: true });
    content = 'two\n';
    await expect(fetchInputs(built, { out })).rejects.toMatchObject({
      code: 'fetch.sha256',
      message: `${served}/hello.txt, of the recipe toolRecipe, is not what was pinned:
  expected sha256 2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806
  got      sha256 27dd8ed44a83ff94d557f9fd0412ed5a8cbca69ea04922d88c01184a07300a5a`,
      hint: "Look at what changed there. If it is meant, correct the recipe's sha256, or run `stead update toolRecipe` and commit stead.lock.",
    });
    expect(execFileSync('ls', ['-A', join(out, 'sources')], { encoding: 'utf8' })).toBe('');
    // Looked up anew, it is another recipe.
    await update(folder, request);
    expect((await output(folder)).hash).not.toBe(built.hash);
  });

  test('that say their sha256 themselves need no lock', async () => {
    const sha256 = '2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806';
    const folder = withSources(`{ '.': source.url('${served}/hello.txt', { sha256: '${sha256}' }) }`);
    const built = await output(folder);
    await fetchInputs(built, { out: join(folder, 'out') });
    expect(built.plan.inputs.map((input) => input.sha256)).toEqual([sha256]);
  });

  test('of git are the tree of a commit to the byte, whatever its attributes and this machine say', async () => {
    const up = upstream();
    const request = `git:file://${up}#track=main`;
    const folder = withSources(`{ src: source.git('file://${up}', { track: 'main' }) }`);
    await update(folder, request);
    const [commit, tree] = git(up, 'rev-parse', 'HEAD', 'HEAD^{tree}').split('\n');
    const entry = lockOf(folder).sources[request]!;
    expect(entry).toMatchObject({ kind: 'git', commit, tree });
    const [name, long] = [entry.sha256, `deep/${'d'.repeat(90)}/${'é'.repeat(30)}.txt`];
    expect(listed(folder, name).map((line) => line.split(/\s+/).toSpliced(1, 4).join(' '))).toEqual([
      '-rw-r--r-- .gitattributes',
      '-rw-r--r-- a.txt',
      `-rw-r--r-- ${long}`,
      'lrwxrwxrwx link -> a.txt',
      '-rwxr-xr-x run.sh',
    ]);
    expect(
      new Set(
        listed(folder, name).map((line) =>
          line.split(/\s+/).slice(1, 2).concat(line.split(/\s+/).slice(3, 5)).join(' '),
        ),
      ),
    ).toEqual(new Set(['0/0 1970-01-01 00:00:00']));
    const blob = execFileSync('tar', ['-xOf', join(folder, 'out/sources', name), 'a.txt']);
    expect(blob).toEqual(execFileSync('git', ['-C', up, 'cat-file', 'blob', 'HEAD:a.txt']));
  });

  test('of git come with their submodules, wherever those are named from, and those of them', async () => {
    const [up, inner, deep] = [upstream(), upstream(), repository({ 'deep.txt': 'deep' })];
    for (const folder of [deep, inner]) {
      git(folder, 'init', '--quiet');
      git(folder, 'add', '.');
    }
    git(deep, 'commit', '--quiet', '-m', 'deep');
    const submodule = (folder: string, url: string, path: string): void => {
      git(
        folder,
        '-c',
        'protocol.file.allow=always',
        'submodule',
        '--quiet',
        'add',
        '--name',
        `the ${path}`,
        url,
        path,
      );
      git(folder, 'commit', '--quiet', '-m', `with ${path}`);
    };
    submodule(inner, `file://${deep}`, 'z/deep');
    submodule(up, `../${basename(inner)}`, 'lib/inner');
    const request = `git:file://${up}#track=main`;
    const folder = withSources(`{ src: source.git('file://${up}', { track: 'main' }) }`);
    await update(folder, request);
    const { sha256 } = lockOf(folder).sources[request]!;
    const paths = listed(folder, sha256).map((line) => line.split(/ +/)[5]);
    expect(paths).toEqual([...paths].sort());
    expect(paths).toEqual(expect.arrayContaining(['a.txt', 'lib/inner/a.txt', 'lib/inner/z/deep/deep.txt']));
    expect(listed(folder, sha256).find((line) => line.includes('lib/inner/link'))).toContain('link -> a.txt');

    git(up, 'config', '--file', '.gitmodules', 'submodule.the lib/inner.path', 'elsewhere');
    git(up, 'commit', '--quiet', '--all', '-m', 'lost');
    await expect(update(folder, request)).rejects.toThrow(
      `the submodule lib/inner of file://${up} cannot be fetched: .gitmodules does not name it`,
    );
  });

  test('of git follow a branch at `stead update` alone, and say from where to where', async () => {
    const up = upstream();
    const request = `git:file://${up}#track=main`;
    const folder = withSources(`{ src: source.git('file://${up}', { track: 'main' }) }`);
    await update(folder, request);
    const before = await output(folder);
    const first = git(up, 'rev-parse', 'HEAD');
    writeFileSync(join(up, 'a.txt'), 'two\n');
    git(up, 'commit', '--quiet', '--all', '-m', 'two');
    expect((await output(folder)).hash).toBe(before.hash);
    rmSync(join(folder, 'out'), { recursive: true });
    // What was pinned can still be had.
    await fetchInputs(before, { out: join(folder, 'out') });
    expect(await update(folder, request)).toEqual([
      { kind: 'source', name: request, before: first, after: git(up, 'rev-parse', 'HEAD') },
    ]);
    expect((await output(folder)).hash).not.toBe(before.hash);
  }, 60_000);

  test('of git with the same tree are the same, whatever the commit', async () => {
    const up = upstream();
    const request = `git:file://${up}#track=main`;
    const folder = withSources(`{ src: source.git('file://${up}', { track: 'main' }) }`);
    await update(folder, request);
    const { hash } = await output(folder);
    git(up, 'commit', '--quiet', '--amend', '-m', 'another name');
    expect(await update(folder, request)).toHaveLength(1);
    expect((await output(folder)).hash).toBe(hash);
  });

  test('of git in two revisions of one repository are fetched side by side', async () => {
    const up = upstream();
    git(up, 'tag', 'first');
    writeFileSync(join(up, 'a.txt'), 'two\n');
    git(up, 'commit', '--quiet', '--all', '-m', 'two');
    git(up, 'tag', 'second');
    const requests = ['first', 'second'].map((tag) => `git:file://${up}#${tag}`);
    const folder = withSources(
      `{ one: source.git('file://${up}', 'first'), two: source.git('file://${up}', 'second') }`,
    );
    await update(folder, ...requests);
    const built = await output(folder);
    rmSync(join(folder, 'out'), { recursive: true });
    await fetchInputs(built, { out: join(folder, 'out') });
    const texts = built.plan.inputs.map(({ sha256 }) =>
      execFileSync('tar', ['-xOf', join(folder, 'out/sources', sha256), 'a.txt'], { encoding: 'utf8' }),
    );
    expect(texts.map((text) => text.trim())).toEqual(['one', 'two']);
  });

  test('of a folder change with it, but for what its .steadignore names', async () => {
    const folder = withSources(`{ app: source.folder('./app') }`);
    const before = await output(folder);
    await fetchInputs(before, { out: join(folder, 'out') });
    expect(listed(folder, before.plan.inputs[0]!.sha256).map((line) => line.split(' ').at(-1))).toEqual([
      'a.txt',
      'run.sh',
    ]);
    writeFileSync(join(folder, 'modules/app/secret.txt'), 'changed');
    expect((await output(folder)).hash).toBe(before.hash);
    writeFileSync(join(folder, 'modules/app/a.txt'), 'changed');
    expect((await output(folder)).hash).not.toBe(before.hash);
  });
});

describe('stead update', () => {
  test('without a name pins all that is asked for, drops what nothing asks for any more, and is the same when it is repeated', async () => {
    const folder = withSources(
      `{ '.': source.url('${served}/hello.txt') }`,
      { sources: { 'url:http://gone.example.org/x': { kind: 'url', sha256: 'a'.repeat(64), size: 1 } } },
      `, tools: ['hello']`,
    );
    const changes = await update(folder);
    const named = new Map(changes.map((change) => [change.name, change]));
    expect(named.get('url:http://gone.example.org/x')).toMatchObject({ after: null });
    expect(named.get(`url:${served}/hello.txt`)).toMatchObject({ before: null });
    expect(named.get('bookworm/amd64 hello')).toMatchObject({
      before: null,
      after: expect.any(String) as string,
    });
    const lock = lockOf(folder);
    expect(Object.keys(lock.sources)).toEqual([`url:${served}/hello.txt`]);
    expect(lock.debian['bookworm/amd64']?.roots).toEqual(['', 'hello']);
    const built = await output(folder);
    const tools = built.plan.inputs.filter(({ kind }) => kind === 'tool');
    expect(tools.map(({ name }) => name.split('_')[0])).toEqual(
      expect.arrayContaining(['bash', 'coreutils', 'dash', 'hello', 'libc6', 'tar']),
    );
    const text = readFileSync(join(folder, 'stead.lock'), 'utf8');
    expect(await update(folder, 'toolRecipe')).toEqual([]);
    expect(readFileSync(join(folder, 'stead.lock'), 'utf8')).toBe(text);
    // One of the packages, from the archive, by the sum that its index says.
    const hello = tools.find(({ name }) => name.startsWith('hello_'))!;
    await fetchInputs(built, { out: join(folder, 'out') }, new Set([hello.sha256]));
    const file = join(folder, 'out/sources', hello.sha256);
    expect(execFileSync('dpkg-deb', ['--field', file, 'Package'], { encoding: 'utf8' })).toBe('hello\n');
  }, 120_000);

  test('refuses a name that nothing asks for, with the nearest', async () => {
    const folder = withSources(`{ '.': source.url('${served}/hello.txt') }`);
    await expect(update(folder, 'toolrecipes')).rejects.toMatchObject({
      code: 'update.unknown',
      message: 'nothing that the fleet uses is called toolrecipes',
      hint: 'Did you mean toolRecipe?',
    });
  });

  test('that fails leaves the lock as it was', async () => {
    const folder = withSources(`{ '.': source.url('${served}/nowhere') }`);
    const before = readFileSync(join(folder, 'stead.lock'));
    await expect(update(folder, `url:${served}/nowhere`)).rejects.toMatchObject({
      code: 'fetch.failed',
      message: `${served}/nowhere cannot be fetched: the answer is 404 Not Found`,
    });
    expect(readFileSync(join(folder, 'stead.lock'))).toEqual(before);
  });

  test('says what a branch that there is not is asked of', async () => {
    const up = upstream();
    const folder = withSources(`{ '.': source.git('file://${up}', { track: 'mian' }) }`);
    await expect(update(folder, `git:file://${up}#track=mian`)).rejects.toMatchObject({
      code: 'fetch.git',
      message: `mian of file://${up} cannot be fetched:\nfatal: couldn't find remote ref mian`,
    });
  });

  test('is told to solve a lock that a merge left broken', async () => {
    const folder = withSources(`{ '.': source.url('${served}/hello.txt') }`);
    writeFileSync(join(folder, 'stead.lock'), '<<<<<<< HEAD\n{}\n');
    await expect(loadFleet(folder)).rejects.toMatchObject({
      code: 'lock.invalid',
      hint: 'Solve them, or take one side whole and run `stead update`.',
    });
    writeFileSync(join(folder, 'stead.lock'), '{"version":2}');
    await expect(loadFleet(folder)).rejects.toBeInstanceOf(SteadError);
  });
});

describe('what was fetched', () => {
  const DAY = 86_400_000;

  test('goes with `stead gc` when the lock has not named it for a week, and nothing else does', async () => {
    const requests = [`url:${served}/hello.txt`, `git:file://${upstream()}#track=main`];
    const [web, src] = [requests[0]!.slice(4), requests[1]!.slice(4, -'#track=main'.length)];
    const path = withSources(`{ web: source.url('${web}'), src: source.git('${src}', { track: 'main' }) }`);
    await update(path, ...requests);
    const sources = join(path, 'out/sources');
    const named = readdirSync(sources).sort();
    const [repositoryName] = readdirSync(join(sources, 'git'));
    const stale = [
      'e'.repeat(64),
      `.${'e'.repeat(64)}.123.new`,
      '.update-abc123',
      'npm-abc123',
      'git/0123456789abcdef',
    ];
    for (const name of [...stale, 'mine.txt', 'git/mine']) writeFileSync(join(sources, name), '12345');
    expect(collectSources(path, Date.now())).toEqual({ count: 0, bytes: 0 });
    expect(collectSources(path, Date.now() + 8 * DAY)).toEqual({ count: 5, bytes: 25 });
    expect(readdirSync(sources).sort()).toEqual([...named, 'mine.txt'].sort());
    expect(readdirSync(join(sources, 'git')).sort()).toEqual([repositoryName, 'mine'].sort());
  });

  test('stays where another folder is used for it: that may be somebody else’s, too', () => {
    const path = withSources('{}');
    const elsewhere = repository({ ['e'.repeat(64)]: 'x' });
    mkdirSync(join(path, 'out'));
    symlinkSync(elsewhere, join(path, 'out/sources'));
    expect(collectSources(path, Date.now() + 8 * DAY)).toEqual({ count: 0, bytes: 0 });
  });
});

describe('what a build is given', () => {
  test('are texts whose derivation has the hash of the recipe, and the inputs that they name', async () => {
    const folder = withSources(
      `{ app: source.folder('./app') }`,
      {},
      `, hostPaths: { '/opt/sdk': '2' }, doctor: { card: { command: 'lspci', advice: 'plug it in' } }, resources: { timeLimit: '90s', memory: '1M', jobs: 3, nice: 1 }, keep: ['build', 'cache']`,
    );
    const built = await output(folder);
    const out = join(folder, 'out');
    await fetchInputs(built, { out });
    const texts = recipeFiles(built);
    expect(digest(texts['derivation.json']!)).toBe(built.hash);
    const derivation = JSON.parse(texts['derivation.json']!) as { build: string };
    expect(derivation.build).toBe(sha256Hex(texts['build']!));
    const { sha256, size } = built.plan.inputs[0]!;
    expect({ ...texts, 'derivation.json': '', build: '' }).toEqual({
      'derivation.json': '',
      build: '',
      'inputs.tsv': `source\t${sha256}\t${size}\tapp.tar\tapp\n`,
      'hostPaths.tsv': '/opt/sdk\t2\n',
      'checks.tsv': 'card\tlspci\tplug it in\n',
      'resources.tsv': `jobs\t3\nkeep\tbuild\nkeep\tcache\nkey\t${built.plan.keep.key}\nmemory\t1048576\nnice\t1\ntimeLimit\t90\nunpacked\t${built.plan.keep.unpacked}\n`,
    });
    const archive = readFileSync(join(out, 'sources', sha256));
    expect([sha256Hex(archive), archive.length]).toEqual([sha256, size]);
  });
});
