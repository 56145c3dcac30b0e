// Files and folders of any name, from the repository to a host.
import {
  chmodSync,
  lstatSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folder, repository, run } from './stead.ts';

const hostWith = (definitions: string): string => `import { files, host, sourceFolder } from 'stead';
export default host('a', {
  use: [
    ${definitions}
  ],
});
`;

/** A repository with one host, switched into a folder. */
async function switched(
  files: Readonly<Record<string, string>>,
  prepare: (repo: string) => void = () => {},
): Promise<{ readonly root: string; readonly repo: string; readonly again: () => ReturnType<typeof run> }> {
  const repo = repository(files);
  prepare(repo);
  const target = folder();
  const again = () => run(['switch', '--all', '--repo', repo, '--target-root', target]);
  const { code, stderr } = await again();
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return { root: join(target, 'a'), repo, again };
}

describe.concurrent('paths', () => {
  test('any name arrives: spaces, unicode, backslashes, quotes, 255 bytes, empty files, copies', async () => {
    const names = [
      'with space',
      ' ',
      'ünï-\u{1f600}',
      'back\\slash\\n',
      `'"$(x)\`;&|`,
      '-rf',
      '*?[a]{b}',
      `${'ä'.repeat(127)}x`,
      '.hidden',
      '#~',
    ];
    const definitions = Object.fromEntries(
      names.flatMap((name, index) => [
        [`/etc/dir ${[...name].slice(0, 5).join('')}/${name}`, { text: `content ${index}\n` }],
        [`/boot/firmware/${name}`, { text: `copied ${index}`, kind: 'copy', mode: '0600' }],
      ]),
    );
    const paths = {
      ...definitions,
      '/usr/local/bin/tool': { text: '', mode: '0755' },
      '/root/.ssh/config': { text: '\0\u0001' },
    };
    const { root, again } = await switched({
      'hosts/a.ts': hostWith(`files({ paths: ${JSON.stringify(paths)} }),`),
    });
    for (const [path, file] of Object.entries(paths))
      expect(readFileSync(root + path, 'utf8')).toBe(file.text);
    for (const name of names) {
      const facts = lstatSync(`${root}/boot/firmware/${name}`);
      expect([facts.isFile(), facts.mode & 0o777]).toEqual([true, 0o600]);
    }
    expect(lstatSync(realpathSync(`${root}/usr/local/bin/tool`)).mode & 0o777).toBe(0o755);
    expect((await again()).stdout).toContain('nothing to do');
  });

  test('a folder of the repository comes as it is: links, executables, bytes, less what .steadignore names', async () => {
    const binary = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const { root } = await switched(
      {
        'hosts/a.ts': hostWith(
          `files({ trees: { '/opt/site': { source: sourceFolder('../site'), mode: '0640' }, '/boot/site': { source: sourceFolder('../site'), kind: 'copy' } } }),`,
        ),
        'site/index.html': '<p>hello</p>',
        'site/deep/er/a b.txt': 'deep',
        'site/run.sh': '#!/bin/sh\n',
        'site/notes.tmp': '',
        'site/deep/keep.tmp': 'kept',
        'site/.steadignore': '**/*.tmp\n!deep/keep.tmp\n',
      },
      (repo) => {
        writeFileSync(join(repo, 'site/all-bytes'), binary);
        chmodSync(join(repo, 'site/run.sh'), 0o755);
        symlinkSync('../index.html', join(repo, 'site/deep/up'));
      },
    );
    for (const top of [`${root}/opt/site`, `${root}/boot/site`]) {
      expect(readFileSync(`${top}/all-bytes`).equals(binary)).toBe(true);
      expect(readFileSync(`${top}/deep/er/a b.txt`, 'utf8')).toBe('deep');
      expect(readFileSync(`${top}/deep/keep.tmp`, 'utf8')).toBe('kept');
      expect(lstatSync(`${top}/notes.tmp`, { throwIfNoEntry: false })).toBeUndefined();
      expect(lstatSync(`${top}/.steadignore`, { throwIfNoEntry: false })).toBeUndefined();
    }
    const modes = ['/opt/site/run.sh', '/opt/site/index.html', '/boot/site/run.sh', '/boot/site/index.html'];
    expect(modes.map((path) => (lstatSync(realpathSync(root + path)).mode & 0o777).toString(8))).toEqual([
      '750',
      '640',
      '755',
      '644',
    ]);
    expect(readlinkSync(`${root}/var/lib/stead/current/root/opt/site/deep/up`)).toBe('../index.html');
    expect(readFileSync(`${root}/opt/site/deep/up`, 'utf8')).toBe('<p>hello</p>');
    expect(lstatSync(`${root}/boot/site/index.html`).isFile()).toBe(true);
  });

  test.each([
    ["files({ paths: { '/opt/site/index.html': 'x' } }),", '/opt/site/index.html is defined twice'],
    [
      "files({ paths: { '/opt/site/deep': 'x' } }),",
      '/opt/site/deep is a file, and /opt/site/deep/a needs a folder there',
    ],
  ])('a path of a tree that %s defines too is an error with both places', async (definition, message) => {
    const repo = repository({
      'hosts/a.ts': hostWith(
        `files({ trees: { '/opt/site': { source: sourceFolder('../site') } } }),\n    ${definition}`,
      ),
      'site/index.html': '',
      'site/deep/a': '',
    });
    const { code, stderr } = await run(['build', '--all', '--repo', repo]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).toContain('hosts/a.ts:4:');
    expect(stderr).toContain('hosts/a.ts:5:');
  });

  test.each([
    ["sourceFolder('../siet')", "there is no folder '../siet' to read", "Did you mean '../site'?"],
    ["sourceFolder('../site/a')", "'../site/a' is no folder", 'readSource reads a single file'],
    ["sourceFolder('/etc')", "'/etc' is outside the repository", 'Copy the folder into the repository'],
    ["'/etc/ssl'", 'which is outside the repository', 'Put the file into the repository'],
  ])('a tree from %s is refused with its place', async (source, message, hint) => {
    const repo = repository({
      'hosts/a.ts': hostWith(`files({ trees: { '/opt/site': { source: ${source} } } }),`),
      'site/a': '',
    });
    const { code, stderr } = await run(['build', '--all', '--repo', repo]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
    expect(stderr).toContain('hosts/a.ts:4:');
  });
});
