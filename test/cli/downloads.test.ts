// Models of a catalogue, from the command line to a folder that stands for a host, by way of a stand-in for the hub.
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sha256Hex } from '../../src/bundle/index.ts';
import { fileServer } from '../setup/file-server.ts';
import { folder, repository, run, type Ran } from './stead.ts';

const shards = [randomBytes(3000), randomBytes(2000)];
const path = (shard: number): string => `/owner/tiny/resolve/main/Q4/tiny-0000${shard}-of-00002.gguf`;

async function fleet() {
  const server = await fileServer({ [path(1)]: shards[0]!, [path(2)]: shards[1]! });
  const place = repository({
    'hosts/one.ts': `import { files, host } from 'stead';
import { modelPath, models } from 'stead/modules/models';
export default host('one', {
  use: [
    models({
      hub: '${server.origin}',
      catalogue: {
        tiny: {
          repo: 'owner/tiny',
          file: 'Q4/tiny.gguf',
          shards: 2,
          sha256: ${JSON.stringify(shards.map(sha256Hex))},
          size: [3000, 2000],
        },
      },
    }),
    files({ etc: { 'active-model': { text: ({ host }) => modelPath(host, 'tiny') } } }),
  ],
});
`,
  });
  const root = folder();
  const stead = (verb: string, ...words: string[]): Promise<Ran> =>
    run([verb, ...words, '--repo', place, '--target-root', root]);
  const host = join(root, 'one');
  const model = () => join(host, readFileSync(join(host, 'etc/active-model'), 'utf8'));
  return { server, place, stead, host, model };
}

test('a switch has the host fetch its models first, and a second one asks for nothing', async () => {
  const { server, stead, model } = await fleet();
  expect((await stead('diff', 'one')).stdout).toMatch(
    /\n {2}download tiny added\n[^]*what the host would do, in order:\n {4}download fetch tiny \(2 files, 4\.9 KiB\)\n/,
  );
  const first = await stead('switch', 'one');
  expect(first).toMatchObject({ code: 0 });
  expect(first.stderr).toContain(
    'one: fetching tiny/tiny-00001-of-00002.gguf, tiny/tiny-00002-of-00002.gguf, 4.9 KiB in all\n',
  );
  expect(first.stderr).toContain('one: fetched tiny/tiny-00002-of-00002.gguf (2.0 KiB)\n');
  expect(model()).toMatch(/tiny-00001-of-00002\.gguf$/);
  expect(readFileSync(model())).toEqual(shards[0]);
  expect(readFileSync(model().replace('00001-of', '00002-of'))).toEqual(shards[1]);
  expect((await stead('switch', 'one')).stdout).toContain('nothing to do');
  expect(server.asked).toHaveLength(2);

  rmSync(model());
  const found = await stead('verify', 'one');
  expect(found.code).toBe(1);
  expect(found.stdout).toMatch(
    /paths and 2 downloads checked\n {2}the download tiny\/tiny-00001-of-00002\.gguf is missing$/,
  );
  const repaired = await stead('verify', 'one', '--repair', '--downloads');
  expect(repaired).toMatchObject({ code: 0 });
  expect(repaired.stdout).toMatch(
    /all as they should be\n {2}the download tiny\/tiny-00001-of-00002\.gguf was put right$/,
  );
  // A switch of what runs already fetches what has gone, too.
  rmSync(model());
  expect(await stead('switch', 'one')).toMatchObject({ code: 0 });
  expect(existsSync(model())).toBe(true);
  expect(server.asked).toHaveLength(4);
});

test('a model with another content than the catalogue says is refused with both hashes, and nothing changes', async () => {
  const { server, stead, host } = await fleet();
  const other = randomBytes(3000);
  server.files.set(path(1), other);
  const { code, stderr } = await stead('switch', 'one');
  expect(code).toBe(1);
  expect(stderr).toContain(
    `error: one: tiny/tiny-00001-of-00002.gguf from ${server.origin}${path(1)} has the sha256 ${sha256Hex(other)}, and ${sha256Hex(shards[0]!)} is expected; what was fetched is removed`,
  );
  expect(stderr).toContain('Once the cause is gone run this again: it goes on with what has arrived.');
  expect(existsSync(join(host, 'etc/active-model'))).toBe(false);

  server.files.set(path(1), shards[0]!);
  expect(await stead('switch', 'one')).toMatchObject({ code: 0 });
  expect(server.asked.map((one) => one.path).sort()).toEqual([path(1), path(1), path(2)]);
});

test('gc drops a model when no generation names it, and says so; a rollback before that fetches nothing', async () => {
  const { server, place, stead, host, model } = await fleet();
  expect(await stead('switch', 'one')).toMatchObject({ code: 0 });
  const file = model();
  writeFileSync(
    join(place, 'hosts/one.ts'),
    `import { host } from 'stead';\nexport default host('one', { use: [] });\n`,
  );
  expect(await stead('switch', 'one')).toMatchObject({ code: 0 });
  expect((await stead('gc', 'one', '--keep', '1')).stdout).not.toContain('downloads');
  expect(await stead('rollback', 'one')).toMatchObject({ code: 0 });
  expect(existsSync(file)).toBe(true);
  expect(server.asked).toHaveLength(2);
  for (const text of ['a', 'b']) {
    writeFileSync(
      join(place, 'hosts/one.ts'),
      `import { files, host } from 'stead';\nexport default host('one', { use: [files({ etc: { x: '${text}' } })] });\n`,
    );
    expect(await stead('switch', 'one')).toMatchObject({ code: 0 });
  }
  expect((await stead('gc', 'one', '--keep', '1')).stdout).toMatch(
    /^one: dropped generations .*\none: removed the downloads tiny$/,
  );
  expect(readdirSync(join(host, 'var/lib/stead/downloads')).filter((name) => !name.startsWith('.'))).toEqual(
    [],
  );
});
