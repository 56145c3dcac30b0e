// Comparing a host with what it should be, and mending single files of its store.
import {
  chmodSync,
  linkSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { makeBundle } from './bundle.ts';
import { findProgram, makeHost, shells, writeScript, type Host } from './host.ts';

const bundle = makeBundle({
  files: {
    '/etc/a': 'a',
    '/etc/b': { copy: 'b', mode: '0640' },
    '/etc/s': { symlink: '/x' },
    '/srv/d': { directory: true, mode: '0750' },
  },
});
const object = (path: string): string => bundle.rows.find((row) => row.path === path)?.object ?? '';

async function switched(shell?: string): Promise<{ readonly host: Host; readonly folder: string }> {
  const host = makeHost(shell);
  await host.switchTo(makeBundle({ files: { '/etc/a': 'a', '/etc/z': 'z' } }));
  expect(await host.switchTo(bundle)).toMatchObject({ code: 0 });
  return { host, folder: `${host.root}/var/lib/stead/store` };
}

describe.each(shells())('under %s', { concurrent: true }, (shell) => {
  test('a host on which all is well is said to be so, and left as it was', async () => {
    const { host } = await switched(shell);
    const before = host.tree();
    // Paths: those of the table, and the host's own command.
    expect(await host.verb(['verify'])).toEqual({ code: 0, stdout: 'checked\t2\t3\t5\n', stderr: '' });
    expect(host.tree()).toEqual(before);
  });

  test('what was edited by hand is named: in the store, at its path, in a bundle', async () => {
    const { host, folder } = await switched(shell);
    writeFileSync(`${folder}/${object('/etc/a')}`, 'longer than it was');
    chmodSync(`${folder}/${object('/etc/b')}`, 0o666);
    writeFileSync(`${host.root}/etc/b`, 'x');
    unlinkSync(`${host.root}/etc/s`);
    chmodSync(`${host.root}/srv/d`, 0o700);
    unlinkSync(`${folder}/${bundle.name}/root/etc/s`);
    const result = await host.verb(['verify']);
    expect(result.code).toBe(1);
    expect(result.stdout.split('\n').slice(0, -1)).toEqual([
      `bundle\t${bundle.name}\troot/etc/s is missing`,
      `object\t${object('/etc/a')}\tchanged`,
      `object\t${object('/etc/b')}\tmode`,
      'path\t/etc/a\tchanged',
      'path\t/etc/b\tchanged',
      'path\t/etc/s\tmissing',
      'path\t/srv/d\tmode',
      'checked\t2\t3\t5',
    ]);
  });

  test('objects are put right from what is sent, whole and at every path at once', async () => {
    const { host, folder } = await switched(shell);
    const name = object('/etc/a');
    writeFileSync(`${folder}/${name}`, 'x');
    unlinkSync(`${folder}/${object('/etc/b')}`);
    expect(await host.verb(['mend', bundle.name, name], 'wrong')).toMatchObject({ code: 1, stdout: '' });
    expect(readFileSync(`${folder}/${name}`, 'utf8')).toBe('x');
    expect(await host.verb(['mend', bundle.name, name], 'a')).toMatchObject({ code: 0 });
    expect(await host.verb(['mend', bundle.name, object('/etc/b')], 'b')).toMatchObject({ code: 0 });
    expect(await host.verb(['verify'])).toMatchObject({ code: 0, stderr: '' });
    expect(host.tree()).toMatchObject({ '/etc/a': 'ours a' });
    const inode = (path: string): number => statSync(`${folder}/${path}`).ino;
    for (const one of [bundle, makeBundle({ files: { '/etc/a': 'a', '/etc/z': 'z' } })]) {
      expect(inode(`${one.name}/root/etc/a`)).toBe(inode(name));
    }
  });

  test("a bundle's own files are put right, the one that vouches for the others first", async () => {
    const { host, folder } = await switched(shell);
    const own = `${folder}/${bundle.name}`;
    for (const name of ['identity.json', 'files.tsv', 'runtime/stead-host']) {
      writeFileSync(`${own}/${name}.new`, 'broken');
      renameSync(`${own}/${name}.new`, `${own}/${name}`);
    }
    expect((await host.verb(['verify'])).stdout).toContain(`bundle\t${bundle.name}\tits hash is `);
    expect(await host.verb(['mend', bundle.name, 'files.tsv'], 'x')).toMatchObject({ code: 1 });
    expect(await host.verb(['mend', bundle.name, 'identity.json'], 'x')).toMatchObject({ code: 1 });
    for (const name of ['identity.json', 'files.tsv', 'runtime/stead-host']) {
      const content = bundle.entries.get(name)!;
      expect(await host.verb(['mend', bundle.name, name], content)).toMatchObject({ code: 0 });
    }
    expect(await host.verb(['verify'])).toMatchObject({ code: 0 });
  });
});

test('a path that is no longer one file with its object is found, and so is what does not belong', async () => {
  const { host, folder } = await switched();
  const path = `${folder}/${bundle.name}/root/etc/a`;
  rmSync(path);
  writeFileSync(path, 'a');
  expect((await host.verb(['verify'])).stdout).toContain(
    `bundle\t${bundle.name}\troot/etc/a is not its object\n`,
  );
  expect(await host.verb(['mend', bundle.name, object('/etc/a')], 'a')).toMatchObject({ code: 0 });
  linkSync(path, `${folder}/${bundle.name}/root/etc/more`);
  symlinkSync('/', `${folder}/${bundle.name}/runtime/more`);
  expect((await host.verb(['verify'])).stdout).toMatch(/^bundle\t\S+\t\S+more does not belong to it$/m);
});

test('the number of processes does not follow the number of files', async () => {
  const count = async (files: number): Promise<number> => {
    const host = makeHost();
    const contents = Array.from({ length: files }, (_, index) => [`/etc/f${index}`, String(index)]);
    await host.switchTo(makeBundle({ files: Object.fromEntries(contents) as Record<string, string> }));
    const tools = mkdtempSync(join(tmpdir(), 'stead-tools-'));
    onTestFinished(() => rmSync(tools, { recursive: true, force: true }));
    for (const tool of ['awk', 'find', 'ls', 'sed', 'sha256sum', 'stat']) {
      const real = findProgram(tool);
      writeScript(join(tools, tool), `#!/bin/sh\necho >>'${tools}/started'\nexec '${real}' "$@"\n`);
    }
    expect(await host.verb(['verify'], '', tools)).toMatchObject({ code: 0 });
    return readFileSync(join(tools, 'started'), 'utf8').length;
  };
  expect(await count(300)).toBe(await count(2));
});
