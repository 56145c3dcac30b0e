import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { available } from '../setup/programs.ts';
import { makeBundle } from './bundle.ts';
import { findProgram, makeHost, runProcess, shells, writeScript } from './host.ts';
import type { Host, Result } from './host.ts';

async function switched(host: Host, files: Parameters<typeof makeBundle>[0]['files']): Promise<Result> {
  const result = await host.switchTo(makeBundle({ files: files ?? {} }));
  expect(result, result.stderr).toMatchObject({ code: 0 });
  return result;
}

describe.each(shells())('under %s', (shell) => {
  test('File to folder and folder to file at one path, both ways', async () => {
    const host = makeHost(shell);
    const file = {
      '/etc/path': 'link',
      '/srv/path': { copy: 'copy' },
      '/opt/path': { symlink: '/etc' },
      '/etc/deep': 'deep',
    };
    const folder = {
      '/etc/path/a': 'link',
      '/etc/deep/er/file': 'deep',
      '/srv/path/deep/er': { copy: 'copy' },
      '/opt/path': { directory: true, mode: '0700' },
    } as const;
    await switched(host, file);
    const asFile = host.tree();
    await switched(host, folder);
    const asFolder = host.tree();
    expect(asFolder).toMatchObject({
      '/etc/path/a': 'ours link',
      '/srv/path/deep/er': 'file 644 copy',
      '/opt/path': 'folder 700',
    });
    await switched(host, file);
    expect(host.tree()).toEqual(asFile);
    expect(asFile).toMatchObject({
      '/etc/path': 'ours link',
      '/srv/path': 'file 644 copy',
      '/opt/path': 'link /etc',
    });
    expect(await host.verb(['rollback'])).toMatchObject({ code: 0 });
    expect(host.tree()).toEqual(asFolder);
  });

  test("A dangling link of ours from a crash is cleaned; someone else's dangling link is kept", async () => {
    const host = makeHost(shell);
    mkdirSync(`${host.root}/etc/theirs.d`, { recursive: true });
    symlinkSync('/nowhere', `${host.root}/etc/theirs.d/theirs`);
    symlinkSync('/nowhere', `${host.root}/etc/wanted`);
    symlinkSync('/nowhere', `${host.root}/etc/above`);
    await switched(host, { '/etc/a': 'a' });
    // A crash between the links of new paths and the commit point.
    const folder = mkdtempSync(join(tmpdir(), 'stead-kill-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    writeScript(
      join(folder, 'mv'),
      `#!/bin/sh\ncase "$*" in *current.tmp*) kill -9 0 ;; esac\nexec ${findProgram('mv')} "$@"\n`,
    );
    const next = makeBundle({
      files: {
        '/etc/a': 'a',
        '/etc/b': 'b',
        '/etc/theirs.d/ours': 'c',
        '/etc/wanted': 'ours',
        '/etc/above/x': 'x',
      },
    });
    await host.receive(next);
    const killed = await host.verb(['switch', next.name], '', folder);
    expect(killed.code).toBe(null);
    expect(host.tree()).toMatchObject({ '/etc/b': 'ours, dangling' });
    expect(await host.verb(['recover'])).toMatchObject({ code: 0 });
    expect(host.tree()).not.toHaveProperty('/etc/b');
    expect(existsSync(`${host.root}/etc/theirs.d/ours`)).toBe(false);
    for (const name of ['theirs.d/theirs', 'wanted', 'above']) {
      expect(readlinkSync(`${host.root}/etc/${name}`)).toBe('/nowhere');
    }
    expect(await host.verb(['switch', next.name])).toMatchObject({ code: 0 });
    expect(host.read('/etc/wanted') + host.read('/etc/above/x')).toBe('oursx');
    expect(await host.verb(['rollback'])).toMatchObject({ code: 0 });
    for (const name of ['theirs.d/theirs', 'wanted', 'above']) {
      expect(readlinkSync(`${host.root}/etc/${name}`)).toBe('/nowhere');
    }
  });

  test('`/boot/firmware` is FAT: no links, rename is not atomic there: a policy of its own, with a backup copy', async () => {
    const host = makeHost(shell);
    host.write('/boot/firmware/config.txt', 'by hand');
    const fat = findThatSaysFat('boot/firmware');
    const verb = (...args: string[]): Promise<Result> => host.verb(args, '', fat);
    const copies = makeBundle({
      files: {
        '/boot/firmware/config.txt': { copy: 'one', mode: '0600', owner: 'pi' },
        '/boot/firmware/overlays/new.dtbo': { copy: 'new' },
      },
    });
    await host.receive(copies);
    const first = await verb('switch', copies.name);
    expect(first, first.stderr).toMatchObject({ code: 0 });
    expect(host.read('/boot/firmware/config.txt')).toBe('one');
    expect(host.read('/boot/firmware/config.txt.stead-old')).toBe('by hand');
    // Modes and owners cannot be set there.
    expect((await verb('status')).stdout).not.toContain('drift');
    expect((await verb('switch', copies.name)).stdout).toMatch(/^unchanged/);

    const linked = makeBundle({ files: { '/boot/firmware/config.txt': 'two' } });
    await host.receive(linked);
    const before = host.tree();
    const refused = await verb('switch', linked.name);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(
      '/boot/firmware/config.txt is on a file system that holds no links (vfat); make it a `copy`',
    );
    expect(host.tree()).toEqual(before);

    const empty = makeBundle({ files: {} });
    await host.receive(empty);
    expect(await verb('switch', empty.name)).toMatchObject({ code: 0 });
    expect(readdirSync(`${host.root}/boot/firmware`)).toEqual(['config.txt']);
    expect(host.read('/boot/firmware/config.txt')).toBe('by hand');
  });

  test('links that other tools replaced by files are put back, and what stood there is kept and told', async () => {
    const host = makeHost(shell);
    const bundle = makeBundle({
      files: { '/etc/a': 'ours', '/etc/b': { copy: 'ours' }, '/etc/c': { symlink: '/ours' } },
    });
    await host.switchTo(bundle);
    for (const name of ['a', 'b', 'c']) {
      rmSync(`${host.root}/etc/${name}`);
      host.write(`/etc/${name}`, `stray ${name}`);
    }
    expect((await host.verb(['status'])).stdout).toMatch(
      /drift\t\/etc\/a\treplaced\n.*b\tchanged\n.*c\treplaced\n/,
    );
    const result = await host.verb(['switch', bundle.name]);
    expect(result).toMatchObject({ code: 0 });
    for (const name of ['a', 'b', 'c']) {
      expect(host.read(`/var/lib/stead/strays/etc/${name}`)).toBe(`stray ${name}`);
      expect(result.stderr).toContain(
        `what stood there is kept as ${host.root}/var/lib/stead/strays/etc/${name}`,
      );
    }
    expect(host.tree()).toMatchObject({
      '/etc/a': 'ours ours',
      '/etc/b': 'file 644 ours',
      '/etc/c': 'link /ours',
    });
  });
});

if (available('strace')) {
  test('a copied file that only its owner may read is never readable by others, not even its temporary', async () => {
    const host = makeHost();
    const bundle = makeBundle({ files: { '/etc/secret': { copy: 'secret', mode: '0600' } } });
    await host.receive(bundle);
    const folder = mkdtempSync(join(tmpdir(), 'stead-look-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    // How the temporary comes into being.
    const tool = findProgram('cp');
    writeScript(
      join(folder, 'cp'),
      `#!/bin/sh
case "$*" in
  *stead-new*) strace -f -qq -o '${folder}/trace' -e trace=openat,creat ${tool} "$@" ;;
  *) exec ${tool} "$@" ;;
esac
`,
    );
    expect(await host.verb(['switch', bundle.name], '', folder)).toMatchObject({ code: 0 });
    const created = readFileSync(join(folder, 'trace'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('stead-new') && line.includes('O_CREAT'));
    expect(created.join('\n')).toMatch(/0[0-7]?00\)/);
    expect(lstatSync(`${host.root}/etc/secret`).mode & 0o777).toBe(0o600);
  });
}

test('a folder has the mode that its generation says, special bits and none', async () => {
  const host = makeHost();
  for (const mode of ['2750', '0755', '1777', '0700']) {
    await switched(host, { '/srv/folder': { directory: true, mode } });
    expect(host.tree()).toMatchObject({ '/srv/folder': `folder ${mode.replace(/^0/, '')}` });
  }
});

test('a missing tool is named with the package that brings it, and nothing is changed', async () => {
  const host = makeHost();
  const bundle = makeBundle({ files: { '/etc/a': 'a' } });
  await host.receive(bundle);
  const before = host.tree();
  const folder = mkdtempSync(join(tmpdir(), 'stead-tools-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const tool of readdirSync('/usr/bin')) {
    if (tool !== 'xargs') symlinkSync(`/usr/bin/${tool}`, join(folder, tool));
  }
  const argv = [join(folder, 'sh'), runtimeFile(host), '--root', host.root, 'switch', bundle.name];
  const result = await runProcess(argv, { path: folder });
  expect(result).toMatchObject({
    code: 1,
    stderr: 'stead-host: xargs is missing here; install the package findutils\n',
  });
  expect(host.tree()).toEqual(before);
});

function runtimeFile(host: Host): string {
  const store = `${host.root}/var/lib/stead/store`;
  const bundle = readdirSync(store).find((name) => existsSync(join(store, name, 'runtime')));
  return join(store, bundle ?? '', 'runtime/stead-host');
}

test('Disk full during copy: old generation active, the partial copy removed or resumed, the message names the bytes needed', async () => {
  const host = makeHost();
  await switched(host, { '/etc/a': 'old' });
  const before = host.tree();
  const bundle = makeBundle({ files: { '/etc/a': 'new' } });
  const result = await host.verb(['receive', bundle.name, '.incoming-large', 'gzip', '900000000000000']);
  expect(result.code).toBe(1);
  expect(result.stderr).toMatch(/the copy needs 878906250000 KiB in .*, where \d+ KiB are free/);
  expect(host.tree()).toEqual(before);
  expect(
    readdirSync(`${host.root}/var/lib/stead/store`).filter((name) => name.startsWith('.incoming')),
  ).toEqual([]);
});

/** No kernel here has FAT: a find that says so of a folder and all below, and a chmod and chown that cannot. */
function findThatSaysFat(folder: string): string {
  const path = mkdtempSync(join(tmpdir(), 'stead-fat-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  writeScript(
    join(path, 'find'),
    `#!/bin/sh
'${findProgram('find')}' "$@" | awk -F '\\t' -v OFS='\\t' '$1 ~ "^[.]/?/${folder}(/|$)" && NF == 9 { $7 = "vfat" } { print }'
`,
  );
  return path;
}
