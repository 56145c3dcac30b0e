// What a Debian archive says, and which packages follow from a name: against dpkg, apt, gpgv and the real archive.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aptSources } from '../../src/lab/apt.ts';
import { suiteIndex } from '../../src/recipes/debian/archive.ts';
import { parseIndex, relations } from '../../src/recipes/debian/control.ts';
import { aptMirrors, mirrorsOf } from '../../src/recipes/debian/mirrors.ts';
import { packageIndex, resolveSuite } from '../../src/recipes/debian/resolve.ts';
import { compareVersions } from '../../src/recipes/debian/version.ts';
import { aptArchives } from '../../src/recipes/fetch/apt.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stead-debian-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const INDEX = `\
Package: dash
Essential: yes
Version: 0.5
Pre-Depends: libc6 (>= 2.30)
Filename: pool/dash_0.5.deb
Size: 5
SHA256: ${'1'.repeat(64)}

Package: libc6
Version: 2.36
Filename: pool/libc6_2.36.deb
Size: 6
SHA256: ${'2'.repeat(64)}

Package: cmake
Version: 3.25
Depends: libc6 (>= 2.34), procps | busybox, awk, libjson (>= 2) | libjson-old, python3:any
Description: a tool
 that makes
 .
 other tools
Filename: pool/cmake_3.25.deb
Size: 7
SHA256: ${'3'.repeat(64)}

Package: busybox
Version: 1.35
Filename: pool/busybox_1.35.deb
Size: 8
SHA256: ${'4'.repeat(64)}

Package: gawk
Version: 5
Priority: optional
Provides: awk
Filename: pool/gawk_5.deb
Size: 8
SHA256: ${'5'.repeat(64)}

Package: mawk
Version: 1
Priority: required
Provides: awk
Filename: pool/mawk_1.deb
Size: 8
SHA256: ${'6'.repeat(64)}

Package: libjson
Version: 1.9
Filename: pool/libjson_1.9.deb
Size: 8
SHA256: ${'7'.repeat(64)}

Package: libjson-old
Version: 1:0.1
Filename: pool/libjson-old_0.1.deb
Size: 8
SHA256: ${'8'.repeat(64)}

Package: python3
Version: 3.11
Filename: pool/python3_3.11.deb
Size: 8
SHA256: ${'9'.repeat(64)}
`;

const index = packageIndex('bookworm/amd64', 'Sat, 11 Jul 2026 10:16:37 UTC', parseIndex(INDEX));

function message(code: () => unknown): string {
  try {
    code();
  } catch (error) {
    const { message: text, hint } = error as { message: string; hint?: string };
    return [text, hint].join('\n');
  }
  return '';
}

describe('versions', () => {
  const parts = fc.stringMatching(/^[0-9][0-9a-z+~.]{0,5}$/);
  const version = fc
    .tuple(fc.option(fc.nat(2)), parts, fc.option(parts))
    .map(([epoch, upstream, revision]) =>
      [epoch === null ? '' : `${epoch}:`, upstream, revision === null ? '' : `-${revision}`].join(''),
    );

  test('are ordered as dpkg orders them', () => {
    const pairs = fc.sample(fc.tuple(version, version), { numRuns: 300, seed: 9 });
    const sames = pairs.map(([one]) => [one, one] as const);
    const known = [
      ['1.0~rc1', '1.0'],
      ['1.0', '1.0a'],
      ['1.0-1', '1.0-1+deb12u1'],
      ['2.36-9+deb12u10', '2.36-9+deb12u9'],
      ['1:0.1', '9'],
      ['1.0+b1', '1.0.1'],
      ['0010', '10'],
    ] as const;
    const all = [...pairs, ...sames.slice(0, 20), ...known];
    const script = all
      .map(
        ([one, other]) =>
          `if dpkg --compare-versions '${one}' lt '${other}'; then echo -1; elif dpkg --compare-versions '${one}' eq '${other}'; then echo 0; else echo 1; fi`,
      )
      .join('\n');
    const said = execFileSync('sh', { input: script, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] });
    expect(all.map(([one, other]) => [one, other, Math.sign(compareVersions(one, other))])).toEqual(
      said
        .trimEnd()
        .split('\n')
        .map((order, at) => [all[at]![0], all[at]![1], Number(order)]),
    );
  });
});

describe('the packages of a suite', () => {
  test('are read with versions, alternatives and architectures of relations', () => {
    expect(relations('libc6 (>= 2.34), a | b:any (<< 1:2~), c')).toEqual([
      [{ name: 'libc6', version: { relation: '>=', bound: '2.34' } }],
      [{ name: 'a' }, { name: 'b', version: { relation: '<<', bound: '1:2~' } }],
      [{ name: 'c' }],
    ]);
  });

  test('bring what they depend on: of alternatives the first that fits, of providers the one with the highest priority', () => {
    const { packages, essential } = resolveSuite(index, ['cmake']);
    expect(packages['cmake']?.depends).toEqual(['busybox', 'libc6', 'libjson-old', 'mawk', 'python3']);
    expect(essential).toEqual([]);
    expect(Object.keys(packages).sort()).toEqual([
      'busybox',
      'cmake',
      'libc6',
      'libjson-old',
      'mawk',
      'python3',
    ]);
  });

  test('bring what is essential where a whole system is asked for', () => {
    const { packages, essential } = resolveSuite(index, ['', 'gawk']);
    expect(essential).toEqual(['dash']);
    expect(Object.keys(packages).sort()).toEqual(['dash', 'gawk', 'libc6']);
  });

  test('are the same for one name, whatever else is asked for', () => {
    const alone = resolveSuite(index, ['cmake']).packages['cmake'];
    expect(resolveSuite(index, ['cmake', 'gawk', 'libjson', '']).packages['cmake']).toEqual(alone);
  });

  test('a name that there is not is refused with the nearest, a virtual one with those who provide it', () => {
    expect(message(() => resolveSuite(index, ['cmkae']))).toBe(
      'there is no package cmkae in bookworm/amd64\nDid you mean `cmake`?'.replaceAll('`', ''),
    );
    expect(message(() => resolveSuite(index, ['awk']))).toBe(
      'awk of bookworm/amd64 is a virtual package\nName one that provides it: gawk, mawk.',
    );
    const broken = packageIndex(
      'sid/amd64',
      '',
      parseIndex(INDEX.replace('Package: python3', 'Package: python4')),
    );
    expect(message(() => resolveSuite(broken, ['cmake']))).toMatch(
      /^the package cmake of sid\/amd64 depends on python3, which is not there\n/,
    );
  });
});

describe('an archive', () => {
  /** An archive with a key of its own, at a file: URL. */
  function archive(change: (files: Map<string, string | Buffer>) => void = () => {}): {
    url: string;
    keyring: string;
  } {
    const root = mkdtempSync(join(folder, 'archive-'));
    const packed = gzipSync(INDEX);
    const sum = createHash('sha256').update(packed).digest('hex');
    const release = `Codename: bookworm\nDate: Sat, 11 Jul 2026 10:16:37 UTC\nSHA256:\n ${sum} ${packed.length} main/binary-amd64/Packages.gz\n`;
    const files = new Map<string, string | Buffer>([
      ['InRelease', signed(release)],
      ['main/binary-amd64/Packages.gz', packed],
    ]);
    change(files);
    for (const [name, content] of files) {
      const path = join(root, 'dists/bookworm', name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }
    return { url: pathToFileURL(root).href, keyring: join(folder, 'keyring.gpg') };
  }

  let home: string;
  function gpg(words: readonly string[], input = ''): string {
    return execFileSync('gpg', ['--homedir', home, '--batch', '--quiet', '--no-tty', ...words], {
      input,
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'ignore'],
    });
  }
  const signed = (text: string): string => gpg(['--clear-sign', '--digest-algo', 'SHA256'], text);

  beforeAll(() => {
    home = join(folder, 'gnupg');
    mkdirSync(home, { mode: 0o700 });
    gpg(['--passphrase', '', '--quick-generate-key', 'archive@example.org', 'ed25519', 'sign', 'never']);
    gpg(['--output', join(folder, 'keyring.gpg'), '--export']);
  });
  afterAll(() => {
    spawnSync('gpgconf', ['--homedir', home, '--kill', 'all']);
  });

  const read = async ({ url, keyring }: { url: string; keyring: string }, mirrors = [url]) => {
    const notes: string[] = [];
    const note = (text: string) => void notes.push(text);
    const found = await suiteIndex({ suite: 'bookworm', architecture: 'amd64', mirrors, note, keyring });
    return { found, notes };
  };

  test('is read where its signature and its sums hold, from the first mirror that has it', async () => {
    const good = archive();
    const { found, notes } = await read(good, [`${good.url}/nowhere`, good.url]);
    expect([found.archive, found.date, found.packages.size]).toEqual([
      'bookworm/amd64',
      'Sat, 11 Jul 2026 10:16:37 UTC',
      index.packages.size,
    ]);
    expect(notes).toEqual([]);
  });

  test('is refused where its release file was changed, or is signed by somebody else', async () => {
    const changed = archive((files) =>
      files.set(
        'InRelease',
        String(files.get('InRelease')).replace('Codename: bookworm', 'Codename: trixie'),
      ),
    );
    await expect(read(changed)).rejects.toMatchObject({
      code: 'debian.signature',
      message: expect.stringMatching(
        /^the release file of bookworm at file:.* has no good signature:\n[^]*BAD signature/,
      ) as string,
    });
    const { url } = archive();
    const others = { url, keyring: '/usr/share/keyrings/debian-archive-keyring.gpg' };
    await expect(read(others)).rejects.toMatchObject({ code: 'debian.signature' });
  });

  test('is refused where the index is not what the release file says', async () => {
    const changed = archive((files) => files.set('main/binary-amd64/Packages.gz', gzipSync(`${INDEX}\n`)));
    await expect(read(changed)).rejects.toMatchObject({
      code: 'debian.index',
      message: `${changed.url}/dists/bookworm/main/binary-amd64/Packages.gz is not what its release file says`,
    });
  });

  test('without keys to check it with is read, and that is said', async () => {
    const { url } = archive();
    const { notes } = await read({ url, keyring: join(folder, 'none.gpg') });
    expect(notes).toEqual([
      `the signature of bookworm is not checked: install debian-archive-keyring for ${folder}/none.gpg`,
    ]);
  });

  test('that no mirror has is refused with what each said', async () => {
    const { url, keyring } = archive();
    await expect(read({ url: `${url}/a`, keyring }, [`${url}/a`, `${url}/b`])).rejects.toMatchObject({
      code: 'debian.archive',
      message: expect.stringMatching(
        /^no archive has the suite bookworm:\n {2}file:.*\/a\/dists\/bookworm\/InRelease cannot be fetched: ENOENT.*\n {2}file:.*\/b\/dists/,
      ) as string,
    });
  });
});

describe('mirrors', () => {
  test("are the fleet's own, then this machine's, then everybody's", () => {
    const apt = aptMirrors(
      'Debian bookworm main http://mirror.example.org/debian/\nDebian bookworm-security main http://security.example.org/debian-security/\nNode nodistro main https://deb.example.org/node\n',
    );
    expect(mirrorsOf('trixie', 'amd64', ['http://cache.example.org/debian'], apt)).toEqual([
      'http://cache.example.org/debian',
      'http://mirror.example.org/debian',
      'http://deb.debian.org/debian',
    ]);
    expect(mirrorsOf('jammy', 'arm64', [], apt)).toEqual(['http://ports.ubuntu.com/ubuntu-ports']);
  });
});

describe('the real archive', () => {
  test('gives for compilers just what apt would install on a machine without any package', async () => {
    const mirrors = mirrorsOf('bookworm', 'amd64', [], await aptArchives());
    const notes: string[] = [];
    const found = await suiteIndex({
      suite: 'bookworm',
      architecture: 'amd64',
      mirrors,
      note: (text) => void notes.push(text),
    });
    expect(notes).toEqual([]);
    const roots = ['ccache', 'cmake', 'g++', 'ninja-build', 'pkgconf'];
    const ours = resolveSuite(found, roots).packages;
    const sources = (await aptSources('bookworm'))
      .split('\n')
      .filter((line) => line.endsWith(' bookworm main'));
    const state = join(folder, 'apt');
    mkdirSync(join(state, 'lists/partial'), { recursive: true });
    mkdirSync(join(state, 'cache/archives/partial'), { recursive: true });
    writeFileSync(join(state, 'sources.list'), `${sources.join('\n')}\n`);
    writeFileSync(join(state, 'status'), '');
    const settings = [
      `Dir::State=${state}`,
      `Dir::State::lists=${state}/lists`,
      `Dir::State::status=${state}/status`,
      `Dir::Cache=${state}/cache`,
      `Dir::Etc::sourcelist=${state}/sources.list`,
      'Dir::Etc::sourceparts=/dev/null',
      'Dir::Etc::preferencesparts=/dev/null',
      'APT::Sandbox::User=root',
      'APT::Architectures::=amd64',
      'Acquire::Languages=none',
    ].flatMap((setting) => ['-o', setting]);
    execFileSync('apt-get', [...settings, 'update'], { stdio: 'ignore' });
    const plan = execFileSync(
      'apt-get',
      [...settings, '--simulate', '--no-install-recommends', 'install', ...roots],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    );
    const theirs = [...plan.matchAll(/^Inst (\S+) \((\S+) /gm)].map(
      ([, name, version]) => `${name} ${version}`,
    );
    expect(
      Object.entries(ours)
        .map(([name, { version }]) => `${name} ${version}`)
        .sort(),
    ).toEqual(theirs.sort());
    expect(readFileSync(join(state, 'status'), 'utf8')).toBe('');
  }, 120_000);
});
