import { existsSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { makeBundle } from './bundle.ts';
import { makeHost, shells } from './host.ts';
import type { Host } from './host.ts';

const runtime = '/usr/local/bin/stead-host';

/** What stands on a host, without what every bundle brings. */
function tree(host: Host): Record<string, string> {
  const entries = Object.entries(host.tree()).filter(
    ([path]) => !['/var', '/var/lib', '/usr', '/usr/local', '/usr/local/bin', runtime].includes(path),
  );
  return Object.fromEntries(entries);
}

describe.each(shells())('under %s', { concurrent: true }, (shell) => {
  test('the first switch makes links, copies, symlinks and folders, and says so', async () => {
    const host = makeHost(shell);
    const bundle = makeBundle({
      files: {
        '/etc/with a space/x': 'one\n',
        '/etc/back\\slash é': { copy: 'copy', mode: '0440' },
        '/etc/wants': { symlink: '/lib/systemd/system/x.service' },
        '/srv/games': { directory: true, mode: '0750' },
        '/top': { link: 'at the top', mode: '0755' },
        '/etc/it\'s "quoted" $HOME `x`': 'quotes',
        '/etc/empty': '',
      },
    });
    const result = await host.switchTo(bundle);
    expect(result).toMatchObject({ code: 0, stdout: `switched\t1\t${bundle.hash}\n` });
    expect(tree(host)).toEqual({
      '/etc': 'folder 755',
      '/etc/with a space': 'folder 755',
      '/etc/with a space/x': 'ours one\n',
      '/etc/back\\slash é': 'file 440 copy',
      '/etc/wants': 'link /lib/systemd/system/x.service',
      '/etc/it\'s "quoted" $HOME `x`': 'ours quotes',
      '/etc/empty': 'ours ',
      '/srv': 'folder 755',
      '/srv/games': 'folder 750',
      '/top': 'ours at the top',
    });
    expect(readlinkSync(`${host.root}/etc/with a space/x`)).toBe(
      '../../var/lib/stead/current/root/etc/with a space/x',
    );
    expect(readlinkSync(`${host.root}/var/lib/stead/current`)).toBe('generations/1');
  });

  test('a second switch to the same bundle says that there is nothing to do and touches nothing', async () => {
    const host = makeHost(shell);
    const bundle = makeBundle({
      files: { '/etc/a': 'a', '/etc/b': { copy: 'b' }, '/srv/c': { directory: true } },
    });
    await host.switchTo(bundle);
    const before = readdirSync(`${host.root}/var/lib/stead`, { recursive: true });
    const result = await host.switchTo(bundle);
    expect(result).toMatchObject({ code: 0, stdout: `unchanged\t1\t${bundle.hash}\n` });
    expect(result.stderr).toContain('nothing to do');
    expect(readdirSync(`${host.root}/var/lib/stead`, { recursive: true })).toEqual(before);
  });

  test('what changes, comes and goes is as the new generation says; rollback puts the old one back', async () => {
    const host = makeHost(shell);
    host.write('/etc/kept by hand', 'mine');
    const one = makeBundle({
      files: {
        '/etc/changed': 'one',
        '/etc/copy': { copy: 'one' },
        '/etc/gone/deep/file': 'gone',
        '/etc/link to copy': 'x',
        '/etc/copy to link': { copy: 'x' },
        '/etc/mode': { copy: 'x', mode: '0644' },
      },
    });
    const two = makeBundle({
      files: {
        '/etc/changed': 'two',
        '/etc/copy': { copy: 'two' },
        '/etc/new/deep/file': 'new',
        '/etc/link to copy': { copy: 'x' },
        '/etc/copy to link': 'x',
        '/etc/mode': { copy: 'x', mode: '0600' },
      },
    });
    await host.switchTo(one);
    const first = tree(host);
    expect(await host.switchTo(two)).toMatchObject({ code: 0, stdout: `switched\t2\t${two.hash}\n` });
    expect(tree(host)).toEqual({
      '/etc': 'folder 755',
      '/etc/kept by hand': 'file 644 mine',
      '/etc/changed': 'ours two',
      '/etc/copy': 'file 644 two',
      '/etc/new': 'folder 755',
      '/etc/new/deep': 'folder 755',
      '/etc/new/deep/file': 'ours new',
      '/etc/link to copy': 'file 644 x',
      '/etc/copy to link': 'ours x',
      '/etc/mode': 'file 600 x',
    });
    expect(await host.verb(['rollback'])).toMatchObject({ code: 0, stdout: `rolled-back\t1\t${one.hash}\n` });
    expect(tree(host)).toEqual(first);
  });

  test('a path turns from file to folder and back, in both kinds (nixpkgs#56932)', async () => {
    const host = makeHost(shell);
    const file = makeBundle({
      files: { '/etc/x': 'file', '/etc/y': { copy: 'file' }, '/etc/z': { symlink: '/' } },
    });
    const folder = makeBundle({
      files: { '/etc/x/a': 'a', '/etc/y/b': { copy: 'b' }, '/etc/z/c': 'c', '/etc/x/d': { directory: true } },
    });
    await host.switchTo(file);
    const asFile = tree(host);
    expect(await host.switchTo(folder)).toMatchObject({ code: 0 });
    expect(tree(host)).toEqual({
      '/etc': 'folder 755',
      '/etc/x': 'folder 755',
      '/etc/x/a': 'ours a',
      '/etc/x/d': 'folder 755',
      '/etc/y': 'folder 755',
      '/etc/y/b': 'file 644 b',
      '/etc/z': 'folder 755',
      '/etc/z/c': 'ours c',
    });
    expect(await host.verb(['rollback'])).toMatchObject({ code: 0 });
    expect(tree(host)).toEqual(asFile);
  });

  test('a file that was there is kept, and given back with its mode when its path leaves', async () => {
    const host = makeHost(shell);
    host.write('/etc/hosts', 'by hand');
    host.write('/etc/block', 'in the way of a folder');
    symlinkSync('/somewhere', `${host.root}/etc/link`);
    const before = tree(host);
    const one = makeBundle({
      files: { '/etc/hosts': 'ours', '/etc/link': { symlink: '/somewhere' }, '/etc/block/x': 'x' },
    });
    const two = makeBundle({ files: { '/etc/other': 'o' } });
    const switched = await host.switchTo(one);
    expect(switched).toMatchObject({ code: 0 });
    expect(switched.stderr).toContain('/etc/hosts was there already');
    expect(tree(host)).toMatchObject({ '/etc/hosts': 'ours ours', '/etc/block/x': 'ours x' });
    expect(await host.switchTo(two)).toMatchObject({ code: 0 });
    expect(tree(host)).toEqual({ ...before, '/etc/other': 'ours o' });
    expect(readdirSync(`${host.root}/var/lib/stead/adopted`, { recursive: true })).toEqual([]);
  });

  test('a folder that stead did not make is refused where a file is wanted, and nothing changes', async () => {
    const host = makeHost(shell);
    host.write('/etc/x/precious', 'mine');
    const before = tree(host);
    const result = await host.switchTo(makeBundle({ files: { '/etc/x': 'file', '/etc/a': 'a' } }));
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain('/etc/x is a folder that stead did not make');
    expect(tree(host)).toEqual(before);
  });

  test('a folder of ours with a file of someone else in it does not become a file', async () => {
    const host = makeHost(shell);
    await host.switchTo(makeBundle({ files: { '/etc/x/a': 'a' } }));
    host.write('/etc/x/precious', 'mine');
    const result = await host.switchTo(makeBundle({ files: { '/etc/x': 'file' } }));
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('/etc/x/precious in it is not');
    expect(tree(host)).toMatchObject({ '/etc/x/a': 'ours a', '/etc/x/precious': 'file 644 mine' });
    expect(await host.switchTo(makeBundle({ files: { '/etc/b': 'b' } }))).toMatchObject({ code: 0 });
    expect(tree(host)).toEqual({
      '/etc': 'folder 755',
      '/etc/b': 'ours b',
      '/etc/x': 'folder 755',
      '/etc/x/precious': 'file 644 mine',
    });
  });

  test('an existing folder gets its mode, and the old one back when it leaves', async () => {
    const host = makeHost(shell);
    mkdirSync(`${host.root}/srv/data`, { recursive: true, mode: 0o755 });
    await host.switchTo(makeBundle({ files: { '/srv/data': { directory: true, mode: '0700' } } }));
    expect(tree(host)).toMatchObject({ '/srv/data': 'folder 700' });
    await host.switchTo(makeBundle({ files: { '/etc/a': 'a' } }));
    expect(tree(host)).toMatchObject({ '/srv/data': 'folder 755' });
  });

  test('status names what has drifted; the next switch puts it right and keeps the stray', async () => {
    const host = makeHost(shell);
    const bundle = makeBundle({
      files: {
        '/etc/missing': 'm',
        '/etc/replaced': 'r',
        '/etc/changed': { copy: 'c' },
        '/etc/mode': { copy: 'x' },
        '/srv/folder': { directory: true },
        '/etc/fine': 'f',
      },
    });
    await host.switchTo(bundle);
    const right = tree(host);
    unlinkSync(`${host.root}/etc/missing`);
    unlinkSync(`${host.root}/etc/replaced`);
    host.write('/etc/replaced', 'by hand');
    host.write('/etc/changed', 'by hand');
    await host.verb(['status']);
    const { chmodSync } = await import('node:fs');
    chmodSync(`${host.root}/etc/mode`, 0o600);
    rmSync(`${host.root}/srv/folder`, { recursive: true });
    const status = await host.verb(['status']);
    expect(status.stdout.split('\n').filter((line) => line.startsWith('drift'))).toEqual([
      'drift\t/etc/changed\tchanged',
      'drift\t/etc/missing\tmissing',
      'drift\t/etc/mode\tmode',
      'drift\t/etc/replaced\treplaced',
      'drift\t/srv/folder\tmissing',
    ]);
    expect(await host.verb(['switch', bundle.name])).toMatchObject({
      code: 0,
      stdout: `switched\t1\t${bundle.hash}\n`,
    });
    expect(tree(host)).toEqual(right);
    expect(host.read('/var/lib/stead/strays/etc/replaced')).toBe('by hand');
    expect(host.read('/var/lib/stead/strays/etc/changed')).toBe('by hand');
    expect((await host.verb(['status'])).stdout).not.toContain('drift');
  });

  test('rollback goes to the generation recorded before the switch, or to the one named', async () => {
    const host = makeHost(shell);
    const [one, two, three] = ['1', '2', '3'].map((text) => makeBundle({ files: { '/etc/n': text } }));
    if (!one || !two || !three) throw new Error('three bundles');
    for (const bundle of [one, two, three]) await host.switchTo(bundle);
    expect(await host.verb(['rollback', '1'])).toMatchObject({
      code: 0,
      stdout: `rolled-back\t1\t${one.hash}\n`,
    });
    expect(tree(host)).toMatchObject({ '/etc/n': 'ours 1' });
    // From 1 to a fourth generation: its predecessor is 1, whatever the numbers say (deploy-rs#154).
    await host.switchTo(two);
    expect(await host.verb(['rollback'])).toMatchObject({ code: 0, stdout: `rolled-back\t1\t${one.hash}\n` });
    const listed = (await host.verb(['generations'])).stdout.trim().split('\n');
    expect(listed.map((line) => line.split('\t').toSpliced(4, 1))).toEqual([
      ['generation', '1', one.hash, 'confirmed', '-', 'current'],
      ['generation', '2', two.hash, 'applied', '-', '-'],
      ['generation', '3', three.hash, 'rolled-back', '-', '-'],
      ['generation', '4', two.hash, 'rolled-back', '-', '-'],
    ]);
    const first = await host.verb(['rollback']);
    expect(first.code).toBe(1);
    expect(first.stderr).toContain('there is none before it');
    expect((await host.verb(['rollback', '9'])).stderr).toContain('there is no generation 9');
  });

  test('a generation is confirmed by its number, and only while it is current', async () => {
    const host = makeHost(shell);
    await host.switchTo(makeBundle({ files: { '/etc/a': 'a' } }));
    expect((await host.verb(['confirm', '2'])).code).toBe(1);
    expect(await host.verb(['confirm', '1'])).toMatchObject({ code: 0, stdout: 'confirmed\t1\n' });
    expect((await host.verb(['generations'])).stdout).toContain('\tconfirmed\t');
  });

  test('a bundle for another host is refused', async () => {
    const host = makeHost(shell);
    await host.switchTo(makeBundle({ files: { '/etc/a': 'a' } }));
    const result = await host.switchTo(makeBundle({ host: 'vps', files: { '/etc/a': 'b' } }));
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain('this host is gateway');
    expect(tree(host)).toMatchObject({ '/etc/a': 'ours a' });
  });

  test('a second switch exits 5 at once and says who holds the lock; a dead holder blocks nothing', async () => {
    const host = makeHost(shell);
    const bundle = makeBundle({ files: { '/etc/a': 'a' } });
    await host.receive(bundle);
    const { spawn } = await import('node:child_process');
    const holder = spawn(
      'flock',
      [`${host.root}/var/lib/stead/lock`, 'sh', '-c', 'echo held; exec sleep 60'],
      {
        detached: true,
      },
    );
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    host.write('/var/lib/stead/lock', 'pid 1234, since then, switching to generation 7\n');
    const refused = await host.verb(['switch', bundle.name]);
    expect(refused).toMatchObject({ code: 5, stdout: '' });
    expect(refused.stderr).toContain('pid 1234, since then, switching to generation 7');
    process.kill(-(holder.pid ?? 0), 'SIGKILL');
    await new Promise((resolve) => holder.once('close', resolve));
    expect(await host.verb(['switch', bundle.name])).toMatchObject({ code: 0 });
  });

  test('no verb, a wrong one, and wrong arguments are a usage error', async () => {
    const host = makeHost(shell);
    for (const args of [[], ['fly'], ['switch'], ['switch', '../x'], ['forward'], ['rollback', 'x', 'y']]) {
      const result = await host.verb(args);
      expect(result).toMatchObject({ code: 2, stdout: '' });
      expect(result.stderr).toContain('usage:');
    }
  });

  test('the command on the host is there after the first switch, and gone after its undoing', async () => {
    const host = makeHost(shell);
    await host.switchTo(makeBundle({ files: { '/etc/a': 'a' } }));
    expect(readlinkSync(host.root + runtime)).toBe('../../../var/lib/stead/current/runtime/stead-host');
    expect(existsSync(host.root + runtime)).toBe(true);
  });
});
