// Models pinned by what a hub says of them, into stead.lock, and read from there by evaluation.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { SteadError } from '../../src/options/index.ts';
import { resolveModel } from '../../src/recipes/hub.ts';
import { edit, repository, run } from '../cli/stead.ts';

const [a, b] = ['a'.repeat(64), 'b'.repeat(64)];
const first = '1'.repeat(40);
const second = '2'.repeat(40);

let server: Server;
let hub = '';
let commit = first;
let asked: IncomingMessage[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request);
    const { pathname, searchParams } = new URL(request.url!, hub);
    const json = (data: unknown, headers: Record<string, string> = {}) =>
      response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(data));
    const file = (path: string, oid: string, size: number) => ({
      type: 'file',
      oid: 'c'.repeat(40),
      size,
      path,
      lfs: { oid, size, pointerSize: 130 },
    });
    if (request.headers.authorization === undefined && pathname.includes('/gated/')) {
      response.writeHead(401).end('who are you?');
    } else if (pathname.endsWith('/refs')) {
      json({
        branches: [{ name: 'main', ref: 'refs/heads/main', targetCommit: commit }],
        tags: [],
        converts: [],
      });
    } else if (pathname.includes('/broken/')) {
      response.end('<html>');
    } else if (pathname.includes('/tree/') && searchParams.get('cursor') === null) {
      json(
        [
          { type: 'directory', oid: 'd'.repeat(40), size: 0, path: 'Q4' },
          file('tiny.gguf', commit === first ? a : b, 10),
        ],
        {
          link: `<${hub}${pathname}?recursive=true&cursor=two>; rel="next"`,
        },
      );
    } else if (pathname.includes('/tree/')) {
      json([
        file('Q4/big-00001-of-00002.gguf', a, 20),
        file('Q4/big-00002-of-00002.gguf', b, 30),
        { type: 'file', oid: 'e'.repeat(40), size: 5, path: 'README.md' },
      ]);
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  hub = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());
beforeEach(() => {
  commit = first;
  asked = [];
});

const mistake = (request: object, token?: string) =>
  resolveModel({ hub, repo: 'owner/tiny', revision: 'main', files: ['tiny.gguf'], ...request }, token).then(
    () => 'nothing',
    (error: unknown) => (error instanceof SteadError ? `${error.message}\n${error.hint}` : String(error)),
  );

test('a branch is pinned to its commit, each file to its hash and size, over all pages', async () => {
  const files = ['Q4/big-00001-of-00002.gguf', 'Q4/big-00002-of-00002.gguf'];
  const request = { hub, repo: 'owner/tiny', revision: 'main', files };
  expect(await resolveModel(request)).toEqual({
    ...request,
    commit: first,
    files: [
      { path: files[0], sha256: a, size: 20 },
      { path: files[1], sha256: b, size: 30 },
    ],
  });
  asked = [];
  expect(await resolveModel({ ...request, revision: second })).toMatchObject({ commit: second });
  expect(asked.map(({ url }) => url)).toEqual([
    `/api/models/owner/tiny/tree/${second}?recursive=true`,
    `/api/models/owner/tiny/tree/${second}?recursive=true&cursor=two`,
  ]);
});

test('what the hub does not have is said with what it has', async () => {
  expect(await mistake({ files: ['tini.gguf'] })).toBe(
    `owner/tiny has no file tini.gguf at ${first}\nDid you mean tiny.gguf?`,
  );
  expect(await mistake({ files: ['README.md'] })).toContain(
    'README.md of owner/tiny is no large file, so that the hub does not say its sha256\n',
  );
  expect(await mistake({ revision: 'mian' })).toBe(
    'owner/tiny has no branch and no tag mian\nDid you mean main?',
  );
  expect(await mistake({ repo: 'owner/broken' })).toContain('is not what a hub says: it is not JSON\n');
  expect(await mistake({ hub: 'http://127.0.0.1:1' })).toContain(
    'http://127.0.0.1:1/api/models/owner/tiny/refs cannot be asked: ',
  );
});

test('a token is sent where it may be, and asked for where it lacks', async () => {
  const refused = await mistake({ repo: 'owner/gated' });
  expect(refused).toContain('answers 401 Unauthorized\nIt asks for a token that may read it: set HF_TOKEN');
  asked = [];
  expect(await mistake({ repo: 'owner/gated' }, 'hf_x')).toBe('nothing');
  expect(new Set(asked.map(({ headers }) => headers.authorization))).toEqual(new Set(['Bearer hf_x']));
});

test('stead update pins a model in stead.lock, evaluation takes it from there, and a moved branch is shown', async () => {
  const folder = repository({
    'hosts/a.ts': `import { files, host } from 'stead';
import { modelPath, models } from 'stead/modules/models';
export default host('a', {
  use: [
    models({ hub: '${hub}', catalogue: { tiny: { repo: 'owner/tiny', file: 'tiny.gguf' } } }),
    files({ etc: { model: { text: ({ host }) => modelPath(host, 'tiny') } } }),
  ],
});
`,
  });
  const stead = (...args: string[]) => run([...args, '--repo', folder]);
  const before = await stead('build', 'a');
  expect(before.code).toBe(2);
  expect(before.stderr).toContain('= Run `stead update tiny`, or give its `sha256` and `size`.');
  expect(await stead('update')).toMatchObject({
    code: 0,
    stdout: `tiny: owner/tiny ${first}, sha256 ${a}`,
  });
  expect(await stead('build', 'a')).toMatchObject({ code: 0 });
  const downloads = () =>
    (
      JSON.parse(readFileSync(join(folder, 'out/a/manifest.json'), 'utf8')) as {
        downloads: { path: string; files: { from: string; sha256: string; size: number }[] }[];
      }
    ).downloads[0]!;
  expect(downloads().files).toMatchObject([
    { from: `${hub}/owner/tiny/resolve/${first}/tiny.gguf`, sha256: a, size: 10 },
  ]);
  expect(readFileSync(join(folder, 'out/a/root/etc/model'), 'utf8')).toBe(`${downloads().path}/tiny.gguf`);

  commit = second;
  expect(await stead('update', 'tiny')).toMatchObject({
    code: 0,
    stdout: `tiny: owner/tiny ${first}, sha256 ${a} → owner/tiny ${second}, sha256 ${b}`,
  });
  expect(await stead('build', 'a')).toMatchObject({ code: 0 });
  expect(downloads().files).toMatchObject([
    { from: `${hub}/owner/tiny/resolve/${second}/tiny.gguf`, sha256: b, size: 10 },
  ]);

  // Another file is another question, which the lock has no answer to.
  edit(folder, 'hosts/a.ts', "'tiny.gguf'", "'Q4/big.gguf', shards: 2");
  expect((await stead('build', 'a')).stderr).toContain('the model tiny is not in stead.lock');
});
