import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { execa } from 'execa';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { sha256Hex, streamTar, writeTar, type TarEntry } from '../../src/bundle/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'stead-tar-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'source'), Buffer.alloc(700_001, 'x'));

const long = `root/${'long/'.repeat(60)}name`;
const entries: TarEntry[] = [
  { kind: 'file', name: 'root/etc/b', mode: 0o4755, content: Buffer.from('b\n') },
  { kind: 'directory', name: 'root', mode: 0o755 },
  { kind: 'file', name: 'root/etc-x', mode: 0, content: Buffer.alloc(0) },
  { kind: 'directory', name: 'root/etc', mode: 0o1777 },
  { kind: 'symlink', name: 'root/etc/a', target: '../ä' },
  { kind: 'hardlink', name: 'root/etc/c', target: 'root/etc/b' },
  { kind: 'file', name: 'root/etc/large', mode: 0o644, file: join(folder, 'source'), size: 700_001 },
  { kind: 'file', name: 'root/ünï\u{1f600}', mode: 0o600, content: Buffer.from('x') },
  { kind: 'file', name: long, mode: 0o644, content: Buffer.from('long\n') },
];

async function packed(members: readonly TarEntry[]): Promise<Buffer> {
  return buffer(streamTar(members));
}

test('GNU tar reads every kind of member, with neither owners nor times', async () => {
  const path = join(folder, 'a.tar');
  await writeTar(path, entries);
  const { stdout } = await execa('tar', ['-tvf', path, '--numeric-owner', '--quoting-style=literal'], {
    env: { TZ: 'UTC', LC_ALL: 'C.UTF-8' },
  });
  expect(stdout.split('\n').map((line) => line.replace(/ +/g, ' '))).toEqual([
    'drwxr-xr-x 0/0 0 1970-01-01 00:00 root/',
    '---------- 0/0 0 1970-01-01 00:00 root/etc-x',
    'drwxrwxrwt 0/0 0 1970-01-01 00:00 root/etc/',
    'lrwxrwxrwx 0/0 0 1970-01-01 00:00 root/etc/a -> ../ä',
    '-rwsr-xr-x 0/0 2 1970-01-01 00:00 root/etc/b',
    'hrw-r--r-- 0/0 0 1970-01-01 00:00 root/etc/c link to root/etc/b',
    '-rw-r--r-- 0/0 700001 1970-01-01 00:00 root/etc/large',
    `-rw-r--r-- 0/0 5 1970-01-01 00:00 ${long}`,
    '-rw------- 0/0 1 1970-01-01 00:00 root/ünï\u{1f600}',
  ]);
});

test('GNU tar extracts the contents, those of streamed files included', async () => {
  const path = join(folder, 'b.tar');
  await writeTar(path, entries);
  const content = async (name: string): Promise<Buffer> =>
    Buffer.from(
      (
        await execa('tar', ['-xOf', path, name], {
          encoding: 'buffer',
          stripFinalNewline: false,
          env: { LC_ALL: 'C.UTF-8' },
        })
      ).stdout,
    );
  expect((await content('root/etc/large')).equals(readFileSync(join(folder, 'source')))).toBe(true);
  expect(String(await content(long))).toBe('long\n');
});

test('an archive on disk and one in a stream are the same bytes, and its mode ignores the umask', async () => {
  const path = join(folder, 'c.tar');
  await writeTar(path, entries);
  expect(readFileSync(path).equals(await packed(entries))).toBe(true);
  expect(statSync(path).mode & 0o777).toBe(0o644);
});

test('there may be any number of members, links and folders among them', async () => {
  const links = Array.from({ length: 20_000 }, (_, index): TarEntry => {
    return { kind: 'hardlink', name: `root/link-${index}`, target: 'root/a' };
  });
  const path = join(folder, 'many.tar');
  await writeTar(path, [{ kind: 'file', name: 'root/a', mode: 0o644, content: Buffer.from('a') }, ...links]);
  const { stdout } = await execa('tar', ['-tf', path]);
  expect(stdout.split('\n')).toHaveLength(20_001);
});

test('the order of the entries changes nothing', async () => {
  const expected = await packed(entries);
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray(entries, { minLength: entries.length }), async (shuffled) => {
      expect((await packed(shuffled)).equals(expected)).toBe(true);
    }),
    { numRuns: 20 },
  );
});

test('time zone, locale, umask and working folder change nothing', () => {
  const program = `
    const { streamTar } = await import(${JSON.stringify(new URL('../../src/bundle/tar.ts', import.meta.url).href)});
    const entries = Array.from({ length: 50 }, (_, i) => ({ kind: 'file', name: 'root/ä' + i, mode: 0o644, content: Buffer.from('x' + i) }));
    process.umask(Number.parseInt(process.argv[1], 8));
    for await (const block of streamTar(entries)) process.stdout.write(block);`;
  const run = (mask: string, env: NodeJS.ProcessEnv, cwd: string): string =>
    sha256Hex(execFileSync(process.execPath, ['--input-type=module', '-e', program, mask], { env, cwd }));
  const sums = [
    run('022', { TZ: 'UTC', LANG: 'C' }, '/'),
    run('077', { TZ: 'Asia/Kathmandu', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' }, folder),
  ];
  expect(sums[0]).toBe(sums[1]);
});

test.each([
  ['is gone', join(folder, 'none'), 5],
  ['is shorter than it was', join(folder, 'source'), 800_000],
  ['is longer than it was', join(folder, 'source'), 5],
])('a file that %s fails the archive', async (_, file, size) => {
  const members: TarEntry[] = [{ kind: 'file', name: 'a', mode: 0o644, file, size }];
  await expect(packed(members)).rejects.toThrow();
  await expect(writeTar(join(folder, `${size}.tar`), members)).rejects.toThrow();
});
