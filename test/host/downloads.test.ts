// What a host fetches by itself: over a real HTTP server that breaks off, lies and refuses.
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { available } from '../setup/programs.ts';
import { fileServer, type Fault, type FileServer } from '../setup/file-server.ts';
import { makeBundle, sha256, type Bundle } from './bundle.ts';
import { makeHost, shells, type Host } from './host.ts';
import { countProcesses } from './processes.ts';

const content = (size: number): Buffer => randomBytes(size);
const sum = (bytes: Buffer): string => sha256(bytes as unknown as string);
const digest = 'a1b2c3d4f5g6h7i8j9k0l1m2n3p4q5r6';

interface Wanted {
  readonly file: string;
  readonly from: string;
  readonly bytes: Buffer;
  readonly folder?: string;
  readonly token?: string;
  readonly sum?: string;
  readonly size?: number;
}

function bundleOf(wanted: readonly Wanted[], more: Partial<Parameters<typeof makeBundle>[0]> = {}): Bundle {
  return makeBundle({
    files: { '/etc/a': 'a' },
    downloads: wanted
      .map(({ file, from, bytes, folder = 'tiny', token = '-', ...said }) => [
        `${digest}-${folder}`,
        file,
        String(said.size ?? bytes.length),
        said.sum ?? sum(bytes),
        from,
        token,
      ])
      .sort((one, other) => (one.join() < other.join() ? -1 : 1)),
    ...more,
  });
}

const downloads = (host: Host): string => `${host.root}/var/lib/stead/downloads`;
const fetched = (host: Host, file: string, folder = 'tiny'): Buffer =>
  readFileSync(`${downloads(host)}/${digest}-${folder}/${file}`);
const there = (host: Host): string[] =>
  readdirSync(downloads(host), { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(downloads(host), name)).isFile() && name !== '.lock')
    .sort();

async function fetches(host: Host, bundle: Bundle, ...more: readonly string[]) {
  const result = await host.verb(['fetch', bundle.name, ...more]);
  expect([result.code, result.stderr]).toEqual([0, result.stderr]);
  return result;
}

async function withBundle(shell: string, bundle: Bundle): Promise<Host> {
  const host = makeHost(shell);
  expect(await host.receive(bundle)).toMatchObject({ code: 0 });
  return host;
}

/** A host with a bundle of one download that is not fetched yet, and the server that has it. */
async function withDownload(shell: string, size: number, faults: readonly Fault[] = []) {
  const bytes = content(size);
  const server = await fileServer({ '/x': bytes });
  server.faults.set('/x', [...faults]);
  const bundle = bundleOf([{ file: 'x', from: `${server.origin}/x`, bytes }]);
  return { bytes, server, bundle, host: await withBundle(shell, bundle) };
}

describe.each(shells())('under %s', { concurrent: true }, (shell) => {
  test('files are fetched into one folder, found right, and switched to; the next time nothing is asked for', async () => {
    const [one, two] = [content(300_000), content(10)];
    const server = await fileServer({ '/one.gguf': one, '/two.gguf': two });
    const bundle = bundleOf([
      { file: 'one.gguf', from: `${server.origin}/one.gguf`, bytes: one },
      { file: 'two.gguf', from: `${server.origin}/two.gguf`, bytes: two },
    ]);
    const host = await withBundle(shell, bundle);
    const plan = async () => (await host.verb(['plan', bundle.name])).stdout;
    const planned = await plan();
    expect(planned.split('\n')[0]).toBe('download\tfetch\ttiny\t2 files, 293.0 KiB');
    const refused = await host.verb(['switch', bundle.name]);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain(
      `this host lacks downloads of ${bundle.name}: tiny/one.gguf, tiny/two.gguf; \`stead-host fetch ${bundle.name}\` fetches them`,
    );
    const result = await fetches(host, bundle);
    expect(result.stdout.split('\n').slice(0, -1).sort()).toEqual([
      `fetched\t${digest}-tiny/one.gguf\t300000`,
      `fetched\t${digest}-tiny/two.gguf\t10`,
    ]);
    expect(result.stderr).toContain('fetching tiny/one.gguf, tiny/two.gguf, 293.0 KiB in all\n');
    expect(fetched(host, 'one.gguf')).toEqual(one);
    expect(fetched(host, 'two.gguf')).toEqual(two);
    expect(statSync(`${downloads(host)}/${digest}-tiny/one.gguf`).mode & 0o777).toBe(0o444);
    expect(await plan()).toBe(planned);
    expect(await host.verb(['switch', bundle.name])).toMatchObject({ code: 0 });
    expect(await plan()).not.toContain('download');
    expect(await host.verb(['fetch', bundle.name])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(server.asked).toHaveLength(2);
  });

  test('a transfer that breaks off is gone on with where it broke off', async () => {
    const { bytes, server, bundle, host } = await withDownload(shell, 500_000, [
      { cut: 200_000 },
      { cut: 100_000 },
    ]);
    await fetches(host, bundle);
    expect(fetched(host, 'x')).toEqual(bytes);
    expect(server.asked.map(({ range }) => range)).toEqual([undefined, 'bytes=200000-', 'bytes=300000-']);
  });

  test('one that is killed at any point leaves nothing half under its name, and the next goes on', async () => {
    const { bytes, server, bundle, host } = await withDownload(shell, 400_000, [{ stall: 131_072 }]);
    const first = await stalled(host, bundle, bytes);
    first.kill('SIGKILL');
    await first.end;
    expect(there(host)).toEqual([`.parts/${sum(bytes)}`]);
    expect((await host.verb(['switch', bundle.name])).stderr).toContain('this host lacks downloads');
    await fetches(host, bundle);
    expect(fetched(host, 'x')).toEqual(bytes);
    // Of what had arrived curl keeps up to a block to itself.
    expect(server.asked.map(({ range }) => range)).toEqual([
      undefined,
      expect.stringMatching(/^bytes=1[23]\d{4}-$/),
    ]);
  });

  test('one that is asked to end takes its transfers along', async () => {
    const { bytes, bundle, host } = await withDownload(shell, 400_000, [{ stall: 131_072 }]);
    const first = await stalled(host, bundle, bytes);
    expect(curlsOf(host)).toHaveLength(1);
    first.child.kill('SIGTERM');
    expect(await first.end).toBe(1);
    await until(() => curlsOf(host).length === 0);
    expect(there(host)).toEqual([`.parts/${sum(bytes)}`]);
  });

  test('a second one waits for the first, and fetches nothing again', async () => {
    const { bytes, server, bundle, host } = await withDownload(shell, 400_000, [{ stall: 131_072 }]);
    const first = await stalled(host, bundle, bytes);
    const second = started(host, ['fetch', bundle.name]);
    const waits = 'downloads are being fetched here already: waiting for that\n';
    await until(() => second.said.join('') === waits);
    expect(await host.verb(['gc'])).toMatchObject({
      code: 0,
      stderr: 'downloads are being fetched: none is removed now\n',
    });
    server.release();
    expect([await first.end, await second.end]).toEqual([0, 0]);
    expect(second.said.join('')).toBe(waits);
    expect(server.asked).toHaveLength(1);
  });

  test('as many as are allowed are fetched at the same time, and what several folders have only once', async () => {
    const all = Array.from({ length: 5 }, (_, index) => ({ path: `/${index}`, bytes: content(50_000) }));
    const server = await fileServer(Object.fromEntries(all.map(({ path, bytes }) => [path, bytes])));
    for (const { path } of all) server.faults.set(path, [{ stall: 10_000 }]);
    const wanted = all.map(({ path, bytes }) => ({
      file: `f${path.slice(1)}`,
      from: server.origin + path,
      bytes,
    }));
    const bundle = bundleOf([...wanted, { ...wanted[0]!, folder: 'other', file: 'again' }], {
      settings: { downloadsAtOnce: '2' },
    });
    const host = await withBundle(shell, bundle);
    const end = fetches(host, bundle);
    const timer = setInterval(() => {
      if (server.stalled === 2 || server.asked.length === 5) server.release();
    }, 20);
    await end.finally(() => clearInterval(timer));
    expect(server.most).toBe(2);
    expect(server.asked).toHaveLength(5);
    expect(fetched(host, 'again', 'other')).toEqual(all[0]!.bytes);
    const inode = (folder: string, file: string) =>
      statSync(`${downloads(host)}/${digest}-${folder}/${file}`).ino;
    expect(inode('other', 'again')).toBe(inode('tiny', 'f0'));
    expect(await host.verb(['switch', bundle.name])).toMatchObject({ code: 0 });
    expect(await host.verb(['verify'])).toMatchObject({ code: 0 });
  });

  test('verify looks at sizes and times, hashes what was touched, and all of it if asked; fetch puts it right', async () => {
    const { bytes, bundle, host } = await withDownload(shell, 1000);
    await fetches(host, bundle);
    expect(await host.verb(['switch', bundle.name])).toMatchObject({ code: 0 });
    const path = `${downloads(host)}/${digest}-tiny/x`;
    const found = async (...more: readonly string[]) => {
      const { code, stdout } = await host.verb(['verify', ...more]);
      return [code, ...stdout.split('\n').filter((line) => line.startsWith('download'))];
    };
    const wrong = (kind: string) => [1, `download\t${digest}-tiny/x\t${kind}`, 'downloads\t1'];
    const right = [0, 'downloads\t1'];
    expect(await found()).toEqual(right);

    chmodSync(path, 0o644);
    utimesSync(path, 1, 1);
    expect(await found()).toEqual(right);
    writeFileSync(path, Buffer.from(bytes).fill(0, 0, 1).fill(1, 1, 2));
    expect(await found()).toEqual(wrong('changed'));
    await fetches(host, bundle);
    expect(await found()).toEqual(right);

    // A byte that flipped on the disk: nothing but its hash tells.
    const flipped = statSync(path, { bigint: true });
    chmodSync(path, 0o644);
    writeFileSync(path, Buffer.from(bytes).fill(bytes[0]! ^ 1, 0, 1));
    execFileSync('touch', [
      '-d',
      `@${flipped.mtimeNs / 1_000_000_000n}.${String(flipped.mtimeNs % 1_000_000_000n).padStart(9, '0')}`,
      path,
    ]);
    expect(await found()).toEqual(right);
    expect(await found('--downloads')).toEqual(wrong('changed'));
    await fetches(host, bundle, '--hash');
    expect(await found('--downloads')).toEqual(right);

    rmSync(path);
    expect(await found()).toEqual(wrong('missing'));
  });

  test('gc drops what no generation names, and leaves what somebody else laid there', async () => {
    const [old, kept] = [content(5000), content(100)];
    const server = await fileServer({ '/old': old, '/kept': kept });
    const keep = { file: 'kept', from: `${server.origin}/kept`, bytes: kept, folder: 'kept' };
    const first = bundleOf([keep, { file: 'old', from: `${server.origin}/old`, bytes: old }]);
    const second = bundleOf([keep], { files: { '/etc/a': 'other' } });
    const third = bundleOf([keep], { files: { '/etc/a': 'third' } });
    const host = await withBundle(shell, first);
    for (const bundle of [first, second, third]) {
      await host.receive(bundle);
      await fetches(host, bundle);
      expect(await host.verb(['switch', bundle.name])).toMatchObject({ code: 0 });
    }
    expect((await host.verb(['gc'])).stdout).toMatch(/^freed\t0\t0\t0\n$/);
    writeFileSync(`${downloads(host)}/.parts/${'0'.repeat(64)}`, 'of a bundle that is gone');
    const result = await host.verb(['gc', '--keep', '2']);
    expect(result.stdout).toContain(`download\t${digest}-tiny\n`);
    expect(Number(/^freed\t1\t\d+\t(\d+)$/m.exec(result.stdout)?.[1])).toBeGreaterThan(5000);
    expect(there(host)).toEqual([`.checked/${digest}-kept/kept`, `${digest}-kept/kept`]);

    writeFileSync(`${downloads(host)}/${digest}-kept/mine`, 'mine');
    const none = bundleOf([], { files: { '/etc/a': 'none' } });
    for (const bundle of [none, bundleOf([], { files: { '/etc/a': 'last' } })]) {
      expect(await host.switchTo(bundle)).toMatchObject({ code: 0 });
    }
    expect(await host.verb(['gc', '--keep', '1'])).toMatchObject({ code: 0 });
    expect(there(host)).toEqual([`${digest}-kept/mine`]);
  });

  test('going back needs no download; where one is gone it says so and goes on', async () => {
    const { server, bundle: first, host } = await withDownload(shell, 100);
    await fetches(host, first);
    expect(await host.verb(['switch', first.name])).toMatchObject({ code: 0 });
    expect(await host.switchTo(bundleOf([], { files: { '/etc/a': 'other' } }))).toMatchObject({ code: 0 });
    expect(await host.verb(['rollback'])).toMatchObject({ code: 0 });
    rmSync(`${downloads(host)}/${digest}-tiny/x`);
    expect(await host.verb(['rollback', '2'])).toMatchObject({ code: 0 });
    const back = await host.verb(['rollback', '1']);
    expect(back).toMatchObject({ code: 0 });
    expect(back.stderr).toContain('downloads are lacking that generation 1 names: tiny/x;');
    expect(server.asked).toHaveLength(1);
  });

  test('a file of the host is linked to where nobody else may write to it, copied where somebody may, and hashed', async () => {
    const [linked, copied] = [content(3000), content(4000)];
    const local = (path: string, bytes: Buffer) => ({ file: path.slice(5), from: path, bytes });
    const bundle = bundleOf([local('/srv/linked', linked), local('/srv/copied', copied)]);
    const host = await withBundle(shell, bundle);
    mkdirSync(`${host.root}/srv`);
    for (const [name, bytes, mode] of [
      ['linked', linked, 0o644],
      ['copied', copied, 0o664],
    ] as const) {
      writeFileSync(`${host.root}/srv/${name}`, bytes);
      chmodSync(`${host.root}/srv/${name}`, mode);
    }
    await fetches(host, bundle);
    const isShared = (name: string) =>
      statSync(`${host.root}/srv/${name}`).ino === statSync(`${downloads(host)}/${digest}-tiny/${name}`).ino;
    expect([isShared('linked'), isShared('copied')]).toEqual([true, false]);
    expect(fetched(host, 'copied')).toEqual(copied);
    expect(statSync(`${host.root}/srv/linked`).mode & 0o777).toBe(0o644);
  });
});

if (available('strace', 'dash')) {
  test('a switch that changes nothing starts no process for what was fetched', async () => {
    const bytes = content(10);
    const cost = async (bundle: Bundle): Promise<number> => {
      const host = await withBundle('dash', bundle);
      await fetches(host, bundle);
      expect(await host.verb(['switch', bundle.name])).toMatchObject({ code: 0 });
      const { processes: count, stdout } = await countProcesses(host, ['switch', bundle.name]);
      expect(stdout).toMatch(/^unchanged/);
      return count;
    };
    const server = await fileServer({ '/x': bytes });
    const all = ['a', 'b', 'c'].map((file) => ({ file, from: `${server.origin}/x`, bytes }));
    expect(await cost(bundleOf(all))).toBe(await cost(bundleOf([])));
  });
}

describe('what a server answers', { concurrent: true }, () => {
  const bytes = content(200_000);
  const meeting = async (faults: readonly Fault[], wanted: Partial<Wanted> = {}, served = bytes) => {
    const server = await fileServer({ '/x': served });
    server.faults.set('/x', [...faults]);
    const bundle = bundleOf([{ file: 'x', from: `${server.origin}/x`, bytes, ...wanted }]);
    const host = await withBundle('dash', bundle);
    return { server, host, result: await host.verb(['fetch', bundle.name]), bundle };
  };
  const lastly =
    'stead-host: downloads could not be had: tiny/x; what has arrived of them is kept, and nothing of the configuration was changed\n';

  test('200 to a request for the rest starts it over', async () => {
    const { server, host, result } = await meeting([{ cut: 50_000 }, 'ignore range', 'ignore range']);
    expect([result.code, result.stderr]).toEqual([0, result.stderr]);
    expect(fetched(host, 'x')).toEqual(bytes);
    expect(server.asked.map(({ range }) => range)).toEqual([undefined, 'bytes=50000-', undefined]);
  });

  test('416, where less is there than has arrived, starts it over, and what comes then is of the wrong size', async () => {
    const { server, host, result, bundle } = await meeting([{ cut: 131_072 }, { status: 404 }]);
    expect(result.code).toBe(1);
    server.files.set('/x', bytes.subarray(0, 100_000));
    const again = await host.verb(['fetch', bundle.name]);
    expect(again.stderr).toContain(`tiny/x: ${server.origin}/x has 100000 bytes, and 200000 are expected\n`);
    expect(again.stderr).toContain(lastly);
    expect(server.asked.map(({ range }) => range).slice(2)).toEqual(['bytes=131072-', undefined]);
    expect(there(host)).toEqual([]);
  });

  test('a file that is larger than it should be is refused, with a length and without one', async () => {
    for (const faults of [[], ['endless'] as const]) {
      const { server, host, result } = await meeting(faults, {}, Buffer.concat([bytes, bytes]));
      expect(result.stderr).toContain(
        `tiny/x: ${server.origin}/x is larger than the 200000 bytes that are expected\n`,
      );
      expect(there(host)).toEqual([]);
    }
  });

  test('another content is refused with both hashes, and nothing of it is kept', async () => {
    const other = content(200_000);
    const { server, host, result } = await meeting([], {}, other);
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain(
      `tiny/x from ${server.origin}/x has the sha256 ${sum(other)}, and ${sum(bytes)} is expected; what was fetched is removed\n`,
    );
    expect(there(host)).toEqual([]);
  });

  test('a server that has too much to do is asked again, when it says so', async () => {
    const busy = { status: 429, headers: { 'retry-after': '1' } };
    const { server, result } = await meeting([{ status: 503 }, busy]);
    expect(result).toMatchObject({ code: 0 });
    expect(server.asked).toHaveLength(3);
  });

  test.each([
    [404, 'is not there (HTTP 404)'],
    [401, 'asks for a token that may read it (HTTP 401)'],
    [403, 'asks for a token that may read it (HTTP 403)'],
  ])('%i is not asked again', async (status, message) => {
    const { server, result } = await meeting([{ status }]);
    expect(result.stderr).toContain(`tiny/x: ${server.origin}/x ${message}\n`);
    expect(server.asked).toHaveLength(1);
  });

  test('what one file lacks does not keep the others from coming', async () => {
    const server = await fileServer({ '/x': bytes });
    const bundle = bundleOf([
      { file: 'gone', from: `${server.origin}/gone`, bytes: content(10) },
      { file: 'x', from: `${server.origin}/x`, bytes },
    ]);
    const host = await withBundle('dash', bundle);
    const result = await host.verb(['fetch', bundle.name]);
    expect(result).toMatchObject({ code: 1, stdout: `fetched\t${digest}-tiny/x\t200000\n` });
    expect(result.stderr).toContain('stead-host: downloads could not be had: tiny/gone; ');
    expect(fetched(host, 'x')).toEqual(bytes);
  });

  test('a disk that is too small is foreseen: what is needed, what is free, and where', async () => {
    const { server, host, result } = await meeting([], { size: 10 ** 15 });
    expect(result.stderr).toMatch(
      new RegExp(
        `^stead-host: downloads need 909\\.5 TiB in ${downloads(host)}, where [0-9.]+ [KMGT]iB are free and 256\\.0 MiB stay so: tiny/x; make room .*; nothing was fetched\n$`,
      ),
    );
    expect(server.asked).toEqual([]);
  });

  test('a local file that is not there, is of another size, or has another content', async () => {
    const bundle = bundleOf([
      { file: 'absent', from: '/srv/absent', bytes },
      { file: 'longer', from: '/srv/longer', bytes: content(10) },
      { file: 'other', from: '/srv/other', bytes: content(10) },
    ]);
    const host = await withBundle('dash', bundle);
    mkdirSync(`${host.root}/srv`);
    writeFileSync(`${host.root}/srv/longer`, 'more than ten bytes');
    writeFileSync(`${host.root}/srv/other`, 'ten bytes.');
    const { stderr } = await host.verb(['fetch', bundle.name]);
    expect(stderr).toContain(
      `there is no file ${host.root}/srv/absent on this host, which tiny/absent is to be taken from\n`,
    );
    expect(stderr).toContain(
      `${host.root}/srv/longer, which tiny/longer is to be taken from, has 19 bytes, and 10 are expected\n`,
    );
    expect(stderr).toContain(`tiny/other from /srv/other has the sha256 ${sha256('ten bytes.')}, and `);
    expect(host.read('/srv/other')).toBe('ten bytes.');
    expect(there(host)).toEqual([]);
  });

  test('rows that lead out of their folder are refused', async () => {
    for (const wanted of [{ file: '../../x' }, { folder: 'a/../../b' }, { from: 'file:///etc/shadow' }]) {
      const bundle = bundleOf([{ file: 'x', from: 'http://127.0.0.1:1/x', bytes, ...wanted }]);
      const host = await withBundle('dash', bundle);
      expect((await host.verb(['fetch', bundle.name])).stderr).toBe(
        'stead-host: a row of downloads.tsv is not of a form that this version knows\n',
      );
    }
  });
});

describe('a token', { concurrent: true }, () => {
  const bytes = content(100_000);
  const secret = 'hf_verySecret0123456789';
  const asking = async (token: string, served: (server: FileServer) => void = () => {}) => {
    const server = await fileServer({ '/x': bytes, '/elsewhere': bytes });
    served(server);
    const bundle = bundleOf([{ file: 'x', from: `${server.origin}/x`, bytes, token: '/root/token' }]);
    const host = await withBundle('dash', bundle);
    host.write('/root/token', token);
    return { server, host, bundle };
  };

  test('is sent to the host that the URL names, and not to the one that it redirects to', async () => {
    const { server, host, bundle } = await asking(`${secret}\n`, ({ faults, port }) =>
      faults.set('/x', [{ redirect: `http://127.0.0.2:${port}/elsewhere` }, { redirect: '/elsewhere' }]),
    );
    await fetches(host, bundle);
    expect(server.asked.map(({ path, host: to, authorization }) => [path, to, authorization])).toEqual([
      ['/x', `127.0.0.1:${server.port}`, `Bearer ${secret}`],
      ['/elsewhere', `127.0.0.2:${server.port}`, undefined],
    ]);
    expect(fetched(host, 'x')).toEqual(bytes);
  });

  test('is in no command line, no environment and no file', async () => {
    const { server, host, bundle } = await asking(`${secret}\n`, ({ faults }) =>
      faults.set('/x', [{ stall: 65_536 }]),
    );
    const run = started(host, ['fetch', bundle.name]);
    await until(() => partSize(host, bytes) > 50_000);
    expect(curlsOf(host)).toHaveLength(1);
    for (const pid of processes()) {
      expect(textOf(`/proc/${pid}/cmdline`)).not.toContain(secret);
      expect(textOf(`/proc/${pid}/environ`)).not.toContain(secret);
    }
    server.release();
    expect(await run.end).toBe(0);
    expect(execFileSync('grep', ['-r', '-l', secret, host.root], { encoding: 'utf8' })).toBe(
      `${host.root}/root/token\n`,
    );
  });

  test('that is none is refused and not repeated, and one that is missing is said to be', async () => {
    const { host, bundle, server } = await asking('two words"\n');
    const { stderr } = await host.verb(['fetch', bundle.name]);
    expect(stderr).toContain(
      'what is in /root/token is no token: letters, digits and any of ._~+/=- on one line\n',
    );
    expect(stderr).not.toContain('two words');
    rmSync(`${host.root}/root/token`);
    expect((await host.verb(['fetch', bundle.name])).stderr).toContain(
      'the token of tiny/x is not in /root/token, which cannot be read here\n',
    );
    expect(server.asked).toEqual([]);
  });

  test('that may not read it is named by its file', async () => {
    const { server, host, bundle } = await asking(secret, ({ faults }) =>
      faults.set('/x', [{ status: 403 }]),
    );
    expect((await host.verb(['fetch', bundle.name])).stderr).toContain(
      `tiny/x: ${server.origin}/x asks for a token that may read it (HTTP 403); the one in /root/token may not\n`,
    );
  });
});

/** A fetch that has got as far as its server lets it go. */
async function stalled(host: Host, bundle: Bundle, bytes: Buffer) {
  const fetching = started(host, ['fetch', bundle.name]);
  await until(() => partSize(host, bytes) > 120_000);
  return fetching;
}

/** A verb that runs in a process group of its own; `said` is what it has written so far. */
function started(host: Host, args: readonly string[]) {
  const base = join(host.root, '..');
  const child = spawn('sh', [join(base, 'stead-host'), '--root', host.root, ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: `${join(base, 'bin')}:${process.env['PATH'] ?? ''}` },
  });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  const end = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, said, end, kill: (signal: NodeJS.Signals) => process.kill(-child.pid!, signal) };
}

async function until(holds: () => boolean): Promise<void> {
  for (const end = performance.now() + 30_000; !holds();) {
    if (performance.now() > end) throw new Error('it does not come to hold');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function partSize(host: Host, bytes: Buffer): number {
  const path = `${downloads(host)}/.parts/${sum(bytes)}`;
  return existsSync(path) ? statSync(path).size : 0;
}

function processes(): string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
}

/** Of a process that may have ended, or be somebody else's. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function curlsOf(host: Host): string[] {
  return processes().filter((pid) => {
    const words = textOf(`/proc/${pid}/cmdline`);
    return words.startsWith('curl\0') && words.includes(host.root);
  });
}
