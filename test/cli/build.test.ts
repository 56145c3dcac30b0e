// Building: what it prints and writes, and that nothing of the machine gets into it.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { available } from '../setup/programs.ts';
import { edit, folder, rack, repository, run, snapshot, stead, tellingOf, write } from './stead.ts';

describe.concurrent('stead build', () => {
  test('prints a line a host and writes its bundle and fleet.json', async () => {
    const path = rack();
    const { code, stdout, stderr } = await run(['build', '--all', '--repo', path]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.split('\n').map((line) => line.split(' '));
    expect(lines.map(([host]) => host)).toEqual([
      'framework',
      'gateway',
      'jetson',
      'pi5-0',
      'pi5-1',
      'pi5-2',
      'pi5-3',
      'vps',
    ]);
    const fleet = JSON.parse(readFileSync(join(path, 'out/fleet.json'), 'utf8')) as object;
    expect(fleet).toEqual(
      Object.fromEntries(lines.map(([host, hash]) => [host, { hash, path: `out/${host}` }])),
    );
    const manifest = JSON.parse(readFileSync(join(path, 'out/vps/manifest.json'), 'utf8')) as {
      hash: string;
    };
    expect(manifest.hash).toBe(lines.at(-1)![1]);
  });

  test('parses no source unless there is something to show in one', async () => {
    const parser = '/oxc-parser/src-js/index.js';
    const path = repository({
      'hosts/box.ts': `import { host, packages } from 'stead';
export default host('box', { use: [packages({ install: ['client'] })] });
`,
      'overlays/names.ts': `export default () => ({ client: { kind: 'debian', name: 'curl' } });
`,
    });
    const build = () => run(['build', '--repo', path], { env: tellingOf(parser) });
    expect(await build()).toMatchObject({ code: 0, stderr: '' });
    write(path, 'hosts/box.ts', "import { host } from 'stead';\nexport default host('box', { use: [1] });\n");
    expect((await build()).stderr).toContain(`${parser} is loaded`);
  });

  test('builds the hosts and tags that are named, and keeps the lines of the others', async () => {
    const path = rack();
    await run(['build', '--all', '--repo', path]);
    const { stdout } = await run(['build', 'vps', '@games', '--repo', path]);
    expect(stdout.split('\n').map((line) => line.split(' ')[0])).toEqual([
      'pi5-0',
      'pi5-1',
      'pi5-2',
      'pi5-3',
      'vps',
    ]);
    expect(
      Object.keys(JSON.parse(readFileSync(join(path, 'out/fleet.json'), 'utf8')) as object),
    ).toHaveLength(8);
  });

  test('a second build changes nothing and prints the same', async () => {
    const path = rack();
    const first = await run(['build', '--all', '--repo', path]);
    const before = snapshot(join(path, 'out'));
    expect(await run(['build', '--all', '--repo', path])).toEqual(first);
    expect(snapshot(join(path, 'out'))).toEqual(before);
    const { stdout } = await run(['build', '--all', '--json', '--repo', path]);
    const { hosts } = JSON.parse(stdout) as { hosts: { changed: boolean }[] };
    expect(hosts.map(({ changed }) => changed)).toEqual(Array.from({ length: 8 }, () => false));
  });

  test('a change, or damage to what was built, is noticed after an unchanged build', async () => {
    const path = rack();
    const build = () => run(['build', '--all', '--repo', path]);
    const first = await build();
    await build();
    rmSync(join(path, 'out/vps/root/etc/wireguard/wg0.conf'));
    expect(await build()).toEqual(first);
    expect(readFileSync(join(path, 'out/vps/root/etc/wireguard/wg0.conf'), 'utf8')).toContain(
      'ListenPort = 51820',
    );
    edit(path, 'hosts/vps.ts', "endpoint: 'vpn.wildelab.com',", "endpoint: 'vpn.wildelab.com', port: 443,");
    expect((await build()).stdout).not.toBe(first.stdout);
    expect(readFileSync(join(path, 'out/gateway/root/etc/wireguard/wg0.conf'), 'utf8')).toContain(
      'Endpoint: vpn.wildelab.com:443',
    );
    write(
      path,
      'hosts/extra.ts',
      "import { host } from 'stead';\nexport default host('extra', { use: [] });\n",
    );
    expect((await build()).stdout).toContain('extra ');
  });

  test('warnings are printed at every build, beside the result', async () => {
    const path = repository({
      'hosts/a.ts':
        "import { host, warn } from 'stead';\nexport default host('a', { use: [warn(false, 'old disk')] });\n",
    });
    for (const _ of [1, 2]) {
      const { code, stdout, stderr } = await run(['build', '--all', '--repo', path]);
      expect({ code, line: stdout.split(' ')[0] }).toEqual({ code: 0, line: 'a' });
      expect(stderr).toContain('warning: a: old disk\n --> hosts/a.ts:2:34\n');
    }
    // Every build writes its record anew: the second found that there was nothing to build.
    const record = () => statSync(join(path, 'out/.last-build.json')).ino;
    const before = record();
    const { stdout } = await run(['build', '--all', '--json', '--repo', path]);
    expect(JSON.parse(stdout)).toMatchObject({
      warnings: [
        {
          code: expect.any(String),
          host: 'a',
          message: 'old disk',
          places: [{ file: join(path, 'hosts/a.ts'), line: 2, column: 34 }],
        },
      ],
    });
    expect(record()).toBe(before);
  });

  test('records the commit it was built from, and whether anything differed from that', async () => {
    const path = rack();
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', path, '-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
        encoding: 'utf8',
      });
    const built = async () => {
      await run(['build', 'vps', '--repo', path]);
      const { provenance, hash } = JSON.parse(readFileSync(join(path, 'out/vps/manifest.json'), 'utf8')) as {
        provenance: { commit: string | null; dirty: boolean };
        hash: string;
      };
      return { ...provenance, hash };
    };
    const before = await built();
    expect(before).toMatchObject({ commit: null, dirty: false });
    write(path, '.gitignore', 'out/\n');
    git('init', '-q');
    git('add', '-A');
    git('commit', '-qm', 'one');
    const commit = git('rev-parse', 'HEAD').trim();
    expect(await built()).toMatchObject({ commit, dirty: false, hash: before.hash });
    write(path, 'notes.txt', 'x');
    expect(await built()).toMatchObject({ commit, dirty: true, hash: before.hash });
  });

  test('two builds in two folders under different TZ, LANG, umask and user are equal to the byte', async () => {
    const [one, other] = [rack(), rack()];
    const build = (path: string, umask: string, env: Record<string, string>, user?: string) =>
      execa(
        'sh',
        [
          '-c',
          `umask ${umask}; exec "$@"`,
          'sh',
          ...asUser(user),
          process.execPath,
          join(stead, 'src/cli/stead.mjs'),
          'build',
          '--all',
          '--repo',
          path,
        ],
        { env },
      );
    await build(one, '022', { TZ: 'Asia/Tokyo', LANG: 'C', LC_ALL: 'C' });
    const stranger = available('root') ? 'nobody' : undefined;
    if (stranger !== undefined) execFileSync('chown', ['-R', stranger, other]);
    await build(
      other,
      '077',
      { TZ: 'America/Los_Angeles', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8', HOME: '/' },
      stranger,
    );
    const [first, second] = [one, other].map((path) => {
      const { '/.last-build.json': _, ...rest } = snapshot(join(path, 'out'));
      return rest;
    });
    expect(Object.keys(first!).length).toBeGreaterThan(100);
    expect(second).toEqual(first);
  });
});

/** The words that run a command as another user, where root runs the tests. */
function asUser(user: string | undefined): string[] {
  return user === undefined ? [] : ['setpriv', `--reuid=${user}`, '--clear-groups', '--'];
}

test('a content from outside the repository is refused', async () => {
  const path = repository({
    'hosts/a.ts':
      "import { files, host } from 'stead';\nexport default host('a', { use: [files({ etc: { shadow: { source: '/etc/hostname' } } })] });\n",
  });
  const { code, stderr } = await run(['build', '--all', '--repo', path]);
  expect(code).toBe(2);
  expect(stderr).toContain(
    'error: files.etc.shadow.source on a: /etc/shadow is made from /etc/hostname, which is outside the repository\n --> hosts/a.ts:2:',
  );
});

describe('an older Node', () => {
  test('is told what it lacks, in words rather than by a syntax error', () => {
    const text = readFileSync(join(stead, 'src/cli/stead.mjs'), 'utf8');
    // No older Node is here for sure; the entry is run with its version pretended.
    const pretended = text.replace(
      /^#!.*/,
      "Object.defineProperty(process, 'versions', { value: { node: '20.1.0' } });",
    );
    const file = join(folder(), 'stead.mjs');
    execFileSync('sh', ['-c', 'cat >"$1"', 'sh', file], { input: pretended });
    const result = execFileSync(
      'sh',
      ['-c', '"$1" "$2" 2>&1; echo "exit $?"', 'sh', process.execPath, file],
      { encoding: 'utf8' },
    );
    expect(result).toMatch(
      /^error: stead needs Node 24\.12 or newer, and this is v[\d.]+\.\n {3}= Run `npm ci`.*\nexit 2\n$/,
    );
  });
});
