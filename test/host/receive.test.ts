import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { bundleEntries, makeBundle, streamOf } from './bundle.ts';
import type { Bundle, Entry } from './bundle.ts';
import { makeHost, shells } from './host.ts';
import type { Host } from './host.ts';

const bundle = makeBundle({
  files: {
    '/etc/a': 'a',
    '/etc/same/content': 'a',
    '/etc/b': { copy: 'b', mode: '0640' },
    '/etc/s': { symlink: '/x' },
  },
});

function store(host: Host): string[] {
  const folder = `${host.root}/var/lib/stead/store`;
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

async function refused(
  host: Host,
  change: (entries: Entry[], incoming: string) => Entry[],
  of = bundle,
): Promise<string> {
  const before = store(host);
  const result = await host.receiveEntries(of, (incoming) => change(bundleEntries(of, incoming), incoming));
  expect(result).toMatchObject({ code: 1, stdout: '' });
  expect(store(host)).toEqual(before);
  return result.stderr;
}

describe.each(shells())('under %s', { concurrent: true }, (shell) => {
  test('an untouched host is probed without a trace', async () => {
    const host = makeHost(shell);
    const result = await host.verb(['probe', bundle.name], 'one\ntwo\n');
    expect(result).toMatchObject({ code: 0, stderr: '' });
    const lines = result.stdout.trim().split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'format\t1',
        'current\t-',
        'host\t-',
        'bundle\tabsent',
        'missing\tone',
        'missing\ttwo',
      ]),
    );
    expect(readdirSync(host.root)).toEqual([]);
  });

  test('a bundle comes into the store: one file per object, however many paths have it', async () => {
    const host = makeHost(shell);
    expect(await host.receive(bundle)).toMatchObject({ code: 0, stdout: `received\t${bundle.name}\n` });
    const objects = [...new Set(bundle.rows.map((row) => row.object).filter((object) => object !== '-'))];
    expect(store(host)).toEqual([bundle.name, ...objects].sort());
    const folder = `${host.root}/var/lib/stead/store`;
    for (const { path, object } of bundle.rows.filter((row) => row.object !== '-')) {
      expect(statSync(`${folder}/${bundle.name}/root${path}`).ino).toBe(statSync(`${folder}/${object}`).ino);
    }
    const names = objects.map((name) => `${name}\n`).join('');
    const probe = await host.verb(['probe', bundle.name], `${names}absent\n`);
    expect(probe.stdout).toContain('bundle\tpresent\n');
    expect(probe.stdout.match(/^missing.*$/gm)).toEqual(['missing\tabsent']);
  });

  test('only what the host lacks need be sent', async () => {
    const host = makeHost(shell);
    await host.receive(bundle);
    const next = makeBundle({ files: { '/etc/a': 'a', '/etc/c': 'c' } });
    const lacking = new Set(next.rows.filter((row) => row.content === 'c').map((row) => row.object));
    const result = await host.receiveEntries(next, (incoming) => bundleEntries(next, incoming, lacking));
    expect(result).toMatchObject({ code: 0 });
    expect(await host.verb(['switch', next.name])).toMatchObject({ code: 0 });
    expect(host.tree()).toMatchObject({ '/etc/a': 'ours a', '/etc/c': 'ours c' });
  });

  test('two streams at once do not disturb each other', async () => {
    const host = makeHost(shell);
    const bundles = ['1', '2', '3'].map((text) => makeBundle({ files: { '/etc/a': 'a', '/etc/n': text } }));
    const results = await Promise.all(
      bundles.map((one) => host.receiveEntries(one, (incoming) => bundleEntries(one, incoming))),
    );
    expect(results.map((result) => [result.code, result.stderr])).toEqual(bundles.map(() => [0, '']));
    for (const one of bundles) {
      expect(await host.verb(['switch', one.name])).toMatchObject({ code: 0 });
      expect(host.tree()).toMatchObject({ '/etc/n': `ours ${one.rows[1]?.content}` });
    }
  });

  test('of what a killed stream left, objects that are whole are kept, and nothing else', async () => {
    const host = makeHost(shell);
    await host.receive(makeBundle({ files: { '/etc/z': 'z' } }));
    const folder = `${host.root}/var/lib/stead/store`;
    const before = store(host);
    const [whole, cut] = bundle.rows.filter((row) => row.path === '/etc/a' || row.path === '/etc/b');
    const forged = `${'0'.repeat(32)}-forged`;
    const rows = [whole!, cut!, { ...whole!, object: forged }];
    const arrived = [whole!.content, '', whole!.content];
    mkdirSync(`${folder}/.incoming-dead/objects`, { recursive: true });
    mkdirSync(`${folder}/.incoming-dead/bundle`);
    for (const [index, { object }] of rows.entries())
      writeFileSync(`${folder}/.incoming-dead/objects/${object}`, arrived[index]!);
    writeFileSync(`${folder}/.incoming-dead/objects/unlisted`, 'x');
    writeFileSync(
      `${folder}/.incoming-dead/objects.tsv`,
      rows
        .map(({ object, mode, owner, sha256 }) => `${object}\t${mode}\t${owner}\t${owner}\t${sha256}\n`)
        .join(''),
    );
    const { stdout } = await host.verb(
      ['probe', bundle.name],
      rows.map(({ object }) => `${object}\n`).join(''),
    );
    expect(stdout.match(/^missing.*$/gm)).toEqual([`missing\t${cut!.object}`, `missing\t${forged}`]);
    expect(store(host)).toEqual([...before, whole!.object].sort());
  });

  test('what a killed stream left is removed by the next; one under way is not', async () => {
    const host = makeHost(shell);
    await host.receive(makeBundle({ files: { '/etc/z': 'z' } }));
    const folder = `${host.root}/var/lib/stead/store`;
    mkdirSync(`${folder}/.incoming-dead/objects`, { recursive: true });
    mkdirSync(`${folder}/.incoming-alive`);
    const holder = spawn('flock', [`${folder}/.incoming-alive`, 'sh', '-c', 'echo held; exec sleep 60'], {
      detached: true,
    });
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    await host.receive(bundle);
    expect(store(host).filter((name) => name.startsWith('.'))).toEqual(['.incoming-alive']);
    process.kill(-(holder.pid ?? 0), 'SIGKILL');
  });
});

describe('a stream that is not right leaves the store as it was:', () => {
  test('cut off anywhere', async () => {
    const host = makeHost();
    await host.receive(makeBundle({ files: { '/etc/z': 'z' } }));
    const stream = await streamOf(bundleEntries(bundle, '.incoming-cut'));
    const before = store(host);
    for (const part of [0, 0.01, 0.3, 0.6, 0.9, 0.999]) {
      const cut = stream.subarray(0, Math.floor(stream.length * part));
      expect(
        await host.verb(['receive', bundle.name, '.incoming-cut', 'gzip', '10000000'], cut),
      ).toMatchObject({
        code: 1,
      });
      expect(store(host)).toEqual(before);
    }
  });

  test('content that is not what the table says', async () => {
    const stderr = await refused(makeHost(), (entries) =>
      entries.map((entry) => (entry.name.endsWith('-b') ? { ...entry, content: 'B' } : entry)),
    );
    expect(stderr).toContain('the content of /etc/b does not hold');
  });

  test('a size that is not what the table says', async () => {
    const stderr = await refused(makeHost(), (entries) =>
      entries.map((entry) => (entry.name.endsWith('-b') ? { ...entry, content: 'bb' } : entry)),
    );
    expect(stderr).toContain('root/etc/b has the wrong size');
  });

  test.each([
    ['identity.json', 'its hash is'],
    ['files.tsv', 'a table or a runtime file does not hold'],
    ['units.tsv', 'a table or a runtime file does not hold'],
    ['runtime/stead-host', 'a table or a runtime file does not hold'],
  ])('a changed %s', async (name, message) => {
    const bad = makeBundle({
      files: { '/etc/a': 'a' },
      corrupt: (entries) => entries.set(name, `${entries.get(name)} `),
    });
    expect(await refused(makeHost(), (entries) => entries, bad)).toContain(message);
  });

  test.each(['identity.json', 'files.tsv', 'runtime/stead-host'])('without %s', async (name) => {
    const bad = makeBundle({ files: { '/etc/a': 'a' }, corrupt: (entries) => void entries.delete(name) });
    await refused(makeHost(), (entries) => entries, bad);
  });

  test('a runtime file that no sum vouches for', async () => {
    const bad = makeBundle({ corrupt: (entries) => entries.set('runtime/lib-extra.sh', 'echo') });
    expect(await refused(makeHost(), (entries) => entries, bad)).toContain('does not belong to it');
  });

  test('a path of the table that is missing, a path that is in no table, a link that points elsewhere', async () => {
    const host = makeHost();
    const without = (path: string) => (entries: Entry[]) =>
      entries.filter((entry) => !entry.name.endsWith(path));
    expect(await refused(host, without('/root/etc/b'))).toContain('root/etc/b is missing');
    expect(
      await refused(host, (entries, incoming) => [
        ...entries,
        { name: `${incoming}/bundle/root/etc/more`, type: 'file', content: '' },
      ]),
    ).toContain('root/etc/more does not belong to it');
    expect(
      await refused(host, (entries) =>
        entries.map((entry) => (entry.type === 'symlink' ? { ...entry, target: '/elsewhere' } : entry)),
      ),
    ).toContain('root/etc/s points elsewhere');
  });

  test('an object that the bundle does not list, or a path that is not its object', async () => {
    const host = makeHost();
    expect(
      await refused(host, (entries, incoming) => [
        ...entries,
        { name: `${incoming}/objects/more`, type: 'file', content: '' },
      ]),
    ).toContain('does not list');
    expect(
      await refused(host, (entries) =>
        entries.map((entry) =>
          entry.name.endsWith('/root/etc/b') ? { name: entry.name, type: 'file', content: 'b' } : entry,
        ),
      ),
    ).toContain('/etc/b is not its object');
  });

  test('names that lead out of it are not followed', async () => {
    const host = makeHost();
    await host.receive(makeBundle({ files: { '/etc/z': 'z' } }));
    const folder = `${host.root}/var/lib/stead/store`;
    const victim = store(host).find((name) => name.endsWith('-z')) ?? '';
    const evil: readonly ((incoming: string) => Entry[])[] = [
      (incoming) => [{ name: `${incoming}/../evil`, type: 'file', content: 'x' }],
      (incoming) => [{ name: `${incoming}/bundle/../../../evil`, type: 'file', content: 'x' }],
      (incoming) => [
        { name: `${incoming}/bundle/root/out`, type: 'symlink', target: host.root },
        { name: `${incoming}/bundle/root/out/evil`, type: 'file', content: 'x' },
      ],
      (incoming) => [
        { name: `${incoming}/bundle/root/etc/evil`, type: 'link', target: '../../../../../etc/passwd' },
      ],
      (incoming) => [{ name: `${incoming}/bundle/root/etc/evil`, type: 'link', target: '/etc/passwd' }],
      (incoming) => [{ name: `${incoming}/bundle/root/etc/evil`, type: 'fifo' }],
    ];
    for (const more of evil) {
      await refused(host, (entries, incoming) => [...entries, ...more(incoming)]);
      expect(existsSync(`${folder}/evil`) || existsSync(`${host.root}/evil`)).toBe(false);
    }
    // Members beside the incoming folder are not even looked at: an object of the store stays what it is.
    const beside = await host.receiveEntries(bundle, (incoming) => [
      { name: victim, type: 'file', content: 'overwritten' },
      { name: '/evil', type: 'file', content: 'x' },
      ...bundleEntries(bundle, incoming),
    ]);
    expect(beside).toMatchObject({ code: 0 });
    expect(readFileSync(`${folder}/${victim}`, 'utf8')).toBe('z');
  });

  test('a device, a name that comes twice, more bytes than were announced, more than there is room for', async () => {
    const host = makeHost();
    await refused(host, (entries, incoming) => [
      ...entries,
      { name: `${incoming}/bundle/root/etc/device`, type: 'block-device' },
    ]);
    for (const twice of ['/objects/', '/bundle/files.tsv', '/root/etc/s']) {
      const stderr = await refused(host, (entries) => [
        ...entries,
        ...entries.filter((entry) => entry.name.includes(twice)).slice(0, 1),
      ]);
      expect(stderr).toContain(' twice');
    }
    const bomb = await refused(host, (entries, incoming) => [
      { name: `${incoming}/objects/bomb`, type: 'file', content: '\0'.repeat(30_000_000) },
      ...entries,
    ]);
    expect(bomb).toContain('larger than announced');
    const before = store(host);
    const argv = ['receive', bundle.name, '.incoming-big', 'gzip', String(2 ** 52)];
    const big = await host.verb(argv, await streamOf(bundleEntries(bundle, '.incoming-big')));
    expect(big).toMatchObject({ code: 1, stdout: '' });
    expect(big.stderr).toMatch(/the copy needs \d+ KiB in .*, where \d+ KiB are free/);
    expect(store(host)).toEqual(before);
  });

  test('a difference from a bundle that is not here, or that does not fit it', async () => {
    const host = makeHost();
    await host.receive(bundle);
    const before = store(host);
    const next = makeBundle({ files: { '/etc/a': 'A' } });
    const send = async (base: string, edits: string): Promise<string> => {
      const incoming = '.incoming-delta';
      const entries: Entry[] = [
        { name: `${incoming}/bundle`, type: 'directory' },
        { name: `${incoming}/delta/files.tsv`, type: 'file', content: edits },
        { name: `${incoming}/delta/sums`, type: 'file', content: `${'0'.repeat(64)}  manifest.json\n` },
      ];
      const argv = ['receive', next.name, incoming, 'gzip', '10000000', base];
      const result = await host.verb(argv, await streamOf(entries));
      expect(result).toMatchObject({ code: 1, stdout: '' });
      expect(store(host)).toEqual(before);
      return result.stderr;
    };
    expect(await send(next.name, 'k 1\n')).toContain('is not here');
    for (const edits of ['k 99\n', 's 1\n', 'k 1\na ../../evil\n', 'x\n', ''])
      expect(await send(bundle.name, edits)).toContain('does not fit the bundle');
  });

  test('a bundle whose name is not its hash, or not its host', async () => {
    const host = makeHost();
    const other: Bundle = { ...bundle, name: `${'0'.repeat(32)}-gateway` };
    expect(await refused(host, (entries) => entries, other)).toContain('its hash is');
    const elsewhere: Bundle = { ...bundle, name: `${bundle.hash}-vps` };
    expect(await refused(host, (entries) => entries, elsewhere)).toContain(
      'not of a form that this version knows',
    );
  });

  test('an object that was edited in the store by hand is found before the switch', async () => {
    const host = makeHost();
    await host.receive(bundle);
    const object = bundle.rows.find((row) => row.path === '/etc/b')?.object ?? '';
    writeFileSync(`${host.root}/var/lib/stead/store/${object}`, 'x');
    const result = await host.verb(['switch', bundle.name]);
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain('the content of /etc/b does not hold');
  });
});
