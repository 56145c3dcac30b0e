import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  bundle,
  manifestText,
  readManifest,
  writeBundles,
  type Bundle,
  type BundleSource,
} from '../../src/bundle/index.ts';
import { context, example, linked } from './example.ts';

let folder = '';
let out = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stead-write-'));
  out = join(folder, 'out');
});
afterEach(() => rmSync(folder, { recursive: true }));

async function write(changes: Partial<BundleSource> = {}): Promise<{ built: Bundle; changed: boolean }> {
  const built = await bundle({ ...example, ...changes }, context);
  const { path, changed } = (await writeBundles([{ bundle: built }], out))[0]!;
  expect(path).toBe(join(out, 'gateway'));
  return { built, changed };
}

function mode(path: string): string {
  return (lstatSync(join(out, 'gateway', path)).mode & 0o7777).toString(8);
}

test('a bundle lies in its folder as the format says', async () => {
  const { built } = await write();
  const at = (path: string): string => join(out, 'gateway', path);
  expect(readdirSync(out)).toEqual(['gateway']);
  expect(readdirSync(at('.')).sort()).toEqual(
    ['bundle.tar', 'identity.json', 'manifest.json', 'root', 'runtime', ...Object.keys(built.tables)].sort(),
  );
  expect(readManifest(at('manifest.json'))).toEqual(built.manifest);
  expect(readFileSync(at('manifest.json'), 'utf8')).toBe(manifestText(built.manifest));
  expect(readFileSync(at('identity.json'), 'utf8')).toBe(built.identity);
  for (const [name, text] of Object.entries(built.tables)) expect(readFileSync(at(name), 'utf8')).toBe(text);
  expect(readFileSync(at('root/etc/thing.conf'), 'utf8')).toBe('a = 1\n');
  expect(readlinkSync(at('root/etc/systemd/system/multi-user.target.wants/thing.service'))).toBe(
    '../thing.service',
  );
  expect(statSync(at('root/srv/games')).isDirectory()).toBe(true);
  expect([mode('root/etc/sudoers.d/runner'), mode('runtime/stead-host'), mode('runtime/lib.sh')]).toEqual([
    '440',
    '755',
    '644',
  ]);
});

test('the archive holds the same as the folder', async () => {
  await write();
  const listing = async (...command: string[]): Promise<string[]> =>
    (await execa('tar', command, { env: { LC_ALL: 'C' } })).stdout
      .split('\n')
      .map((line) => line.replace(/\/$/, ''))
      .sort();
  const archived = await listing('-tf', join(out, 'gateway/bundle.tar'));
  const onDisk = await listing(
    '-cf',
    '/dev/null',
    '-v',
    '-C',
    join(out, 'gateway'),
    '--exclude=bundle.tar',
    '.',
  );
  expect(onDisk.map((name) => name.replace(/^\.\/?/, '')).filter((name) => name !== '')).toEqual(archived);
  const { stdout } = await execa(
    'tar',
    ['-df', join(out, 'gateway/bundle.tar'), '-C', join(out, 'gateway')],
    { reject: false },
  );
  expect(stdout.split('\n').filter((line) => /Contents|Size|Mode differs/.test(line))).toEqual([]);
});

test('modes ignore the umask', async () => {
  const before = process.umask();
  for (const mask of [0, 0o077, 0o777]) {
    await execa(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `const { bundle, writeBundles } = await import(${JSON.stringify(new URL('../../src/bundle/index.ts', import.meta.url).href)});
         const { context, example } = await import(${JSON.stringify(new URL('./example.ts', import.meta.url).href)});
         process.umask(${mask});
         await writeBundles([{ bundle: await bundle(example, context), signature: 'by somebody' }], ${JSON.stringify(join(out, String(mask)))});`,
      ],
      { env: { TZ: mask === 0 ? 'Asia/Kathmandu' : 'UTC', LANG: mask === 0 ? 'tr_TR.UTF-8' : 'C' } },
    );
  }
  process.umask(before);
  const listing = async (mask: number): Promise<string> =>
    (
      await execa('find', ['.', '-printf', '%p %m %y %l\n'], { cwd: join(out, String(mask), 'gateway') })
    ).stdout
      .split('\n')
      .sort()
      .join('\n');
  const [open, closed] = [await listing(0), await listing(0o077)];
  expect(closed).toBe(open);
  expect(await listing(0o777)).toBe(open);
  for (const name of ['bundle.tar', 'manifest.json', 'identity.json']) {
    expect(
      readFileSync(join(out, '63/gateway', name)).equals(readFileSync(join(out, '0/gateway', name))),
    ).toBe(true);
  }
});

test('the same bundle is not written again', async () => {
  expect((await write()).changed).toBe(true);
  const before = lstatSync(join(out, 'gateway'));
  expect((await write()).changed).toBe(false);
  expect(lstatSync(join(out, 'gateway')).ino).toBe(before.ino);
});

test('another content or another provenance is written, and nothing of the old bundle stays', async () => {
  await write();
  expect((await write({ files: [linked('/etc/other', 'x')], units: [] })).changed).toBe(true);
  expect(readdirSync(join(out, 'gateway/root/etc'))).toEqual(['other']);
  const built = await bundle({ ...example, files: [], units: [] }, context);
  await writeBundles([{ bundle: built }], out);
  const later = {
    ...built,
    manifest: { ...built.manifest, provenance: { ...built.manifest.provenance, dirty: true } },
  };
  expect(await writeBundles([{ bundle: later }], out)).toMatchObject([{ changed: true }]);
  expect(readManifest(join(out, 'gateway/manifest.json')).provenance.dirty).toBe(true);
  expect(readdirSync(out)).toEqual(['gateway']);
});

test('files that two bundles share are not made again, but for one that somebody has written to', async () => {
  const files = ['a', 'b', 'c'].map((name) => linked(`/etc/${name}`, `${name}1`));
  await write({ files, units: [] });
  const inode = (name: string): number => lstatSync(join(out, 'gateway', name)).ino;
  const names = ['root/etc/a', 'root/etc/b', 'root/etc/c', 'runtime/stead-host', 'units.tsv', 'files.tsv'];
  const before = names.map(inode);
  const edited = join(out, 'gateway/root/etc/a');
  writeFileSync(edited, 'XX');
  // File systems count in steps that both writes may fall into.
  utimesSync(edited, new Date(), Date.now() / 1000 + 1);
  const { built } = await write({ files: [...files.slice(0, 2), linked('/etc/c', 'c2')], units: [] });
  const isSame = names.map((name, index) => inode(name) === before[index]);
  expect(isSame).toEqual([false, true, false, true, true, false]);
  const text = (name: string): string => readFileSync(join(out, 'gateway', name), 'utf8');
  expect(['a', 'b', 'c'].map((name) => text(`root/etc/${name}`))).toEqual(['a1', 'b1', 'c2']);
  expect(text('files.tsv')).toBe(built.tables['files.tsv']);
});

test('what bundles of several hosts share is written once, but for files of another mode', async () => {
  const of = (host: string, mode: string): Promise<Bundle> =>
    bundle(
      { ...example, host, files: [linked('/etc/a', 'same', mode), linked('/etc/b', host)], units: [] },
      context,
    );
  const bundles = [await of('one', '0644'), await of('two', '0644'), await of('three', '0600')];
  await writeBundles(
    bundles.map((one) => ({ bundle: one })),
    out,
  );
  const inodes = (name: string): number[] =>
    ['one', 'two', 'three'].map((host) => lstatSync(join(out, host, name)).ino);
  const distinct = (name: string): number => new Set(inodes(name)).size;
  expect(['root/etc/a', 'root/etc/b', 'runtime/stead-host', 'files.tsv'].map(distinct)).toEqual([2, 3, 1, 3]);
  expect(readFileSync(join(out, 'two/root/etc/a'), 'utf8')).toBe('same');
  expect(['one', 'three'].map((host) => lstatSync(join(out, host, 'root/etc/a')).mode & 0o777)).toEqual([
    0o644, 0o600,
  ]);
});

test('where one of several bundles cannot be written, what stood there before stays, of all hosts', async () => {
  const of = (host: string, content: string | { readonly file: string }): Promise<Bundle> => {
    const a = { path: '/etc/a', kind: 'link', mode: '0644', owner: 'root', group: 'root', content } as const;
    return bundle({ ...example, host, files: [a], units: [] }, context);
  };
  await writeBundles([{ bundle: await of('one', 'old') }], out);
  const file = join(folder, 'source');
  writeFileSync(file, 'before');
  const orders = [{ bundle: await of('one', 'new') }, { bundle: await of('two', { file }) }];
  writeFileSync(file, 'after!');
  await expect(writeBundles(orders, out)).rejects.toMatchObject({
    code: 'bundle.source-changed',
    host: 'two',
  });
  expect(readdirSync(out)).toEqual(['one']);
  expect(readFileSync(join(out, 'one/root/etc/a'), 'utf8')).toBe('old');
});

test('builds of one host at the same moment all succeed, and one of their bundles stands there whole', async () => {
  const writers = ['x', 'y', 'z'].map((name) =>
    execa(process.execPath, [join(import.meta.dirname, 'writer.ts'), out, name, '60']),
  );
  await Promise.all(writers);
  expect(readdirSync(out)).toEqual(['gateway']);
  const at = join(out, 'gateway');
  const { files } = readManifest(join(at, 'manifest.json'));
  const sums = files.flatMap((file) => ('sha256' in file ? [`${file.sha256}  root${file.path}`] : []));
  expect(sums).toHaveLength(6);
  await execa('sha256sum', ['--check', '--strict'], { cwd: at, input: `${sums.join('\n')}\n` });
});

test('another mode makes another file', async () => {
  await write({ files: [linked('/etc/a', 'a1')], units: [] });
  await write({ files: [linked('/etc/a', 'a1', '0600')], units: [] });
  expect(mode('root/etc/a')).toBe('600');
});

test.each<[string, (path: string) => void]>([
  ['file is missing', (path) => rmSync(join(path, 'root/etc/thing.conf'))],
  ['file is cut short', (path) => truncateSync(join(path, 'root/etc/thing.conf'), 2)],
  ['file has another mode', (path) => chmodSync(join(path, 'root/etc/thing.conf'), 0o600)],
  ['table is missing', (path) => rmSync(join(path, 'units.tsv'))],
  ['archive is missing', (path) => rmSync(join(path, 'bundle.tar'))],
  ['archive is cut short', (path) => truncateSync(join(path, 'bundle.tar'), 4096)],
  ['host script is missing', (path) => rmSync(join(path, 'runtime/stead-host'))],
  ['folder is missing', (path) => rmSync(join(path, 'root/srv/games'), { recursive: true })],
  [
    'link points elsewhere',
    (path) => {
      rmSync(join(path, 'root/etc/systemd/system/multi-user.target.wants/thing.service'));
      symlinkSync('/x', join(path, 'root/etc/systemd/system/multi-user.target.wants/thing.service'));
    },
  ],
  ['manifest is broken', (path) => writeFileSync(join(path, 'manifest.json'), '{')],
])('a bundle whose %s is written again', async (_, damage) => {
  await write();
  damage(join(out, 'gateway'));
  expect((await write()).changed).toBe(true);
  expect((await write()).changed).toBe(false);
});

test('set-id bits go into the archive, but not onto the disk of the machine that builds', async () => {
  await write({ files: [linked('/usr/local/bin/tool', '#!/bin/sh\n', '4755')], units: [] });
  expect(mode('root/usr/local/bin/tool')).toBe('755');
  const { stdout } = await execa('tar', ['-tvf', join(out, 'gateway/bundle.tar'), 'root/usr/local/bin/tool']);
  expect(stdout).toMatch(/^-rwsr-xr-x/);
});

test('a file on this machine is copied, and its changing meanwhile is an error that leaves the old bundle', async () => {
  await write();
  const file = join(folder, 'source');
  writeFileSync(file, 'before');
  const files = [
    { path: '/etc/a', kind: 'link', mode: '0640', owner: 'root', group: 'root', content: { file } },
  ] as const;
  const built = await bundle({ ...example, files, units: [] }, context);
  writeFileSync(file, 'after!');
  await expect(writeBundles([{ bundle: built }], out)).rejects.toMatchObject({
    code: 'bundle.source-changed',
    host: 'gateway',
  });
  expect(readdirSync(out)).toEqual(['gateway']);
  expect(existsSync(join(out, 'gateway/root/etc/thing.conf'))).toBe(true);
  writeFileSync(file, 'before');
  await writeBundles([{ bundle: built }], out);
  expect([readFileSync(join(out, 'gateway/root/etc/a'), 'utf8'), mode('root/etc/a')]).toEqual([
    'before',
    '640',
  ]);
});

test('what a killed run left behind is removed, and that of a running one is not', async () => {
  const dead = (await execa(process.execPath, ['-p', 'process.pid'])).stdout;
  for (const name of [
    `.gateway.${dead}.new`,
    `.gateway.${dead}.old`,
    '.gateway.1.new',
    '.other.x',
    `.vps.${dead}.new`,
  ]) {
    mkdirSync(join(out, name), { recursive: true });
  }
  await write();
  expect(readdirSync(out).sort()).toEqual(['.gateway.1.new', '.other.x', `.vps.${dead}.new`, 'gateway']);
});

test('a folder that cannot be written to is an error that names it', async () => {
  writeFileSync(out, 'a file');
  const built = await bundle(example, context);
  await expect(writeBundles([{ bundle: built }], out)).rejects.toMatchObject({
    code: 'bundle.write',
    host: 'gateway',
    message: expect.stringContaining(`the bundle cannot be written to ${join(out, 'gateway')}`),
  });
});
