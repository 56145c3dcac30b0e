import { expect, test } from 'vitest';
import type { FileSource } from '../../src/bundle/index.ts';
import { checkTree } from '../../src/bundle/tree.ts';
import { linked, origin } from './example.ts';

/** Each error as a line: code, message, hint, places. */
function complaints(files: readonly FileSource[]): string[] {
  return checkTree('gateway', files).map(
    (error) =>
      `${error.code} | ${error.message} | ${error.hint} | ${error.places
        .map(({ place, label }) => `${place.file}:${place.line}:${place.column} ${label}`)
        .join(', ')}`,
  );
}

const directory = (path: string): FileSource => ({
  path,
  kind: 'directory',
  mode: '0755',
  owner: 'root',
  group: 'root',
});
const symlink = (path: string, target: string): FileSource => ({
  path,
  kind: 'symlink',
  target,
  origin: origin(9),
});

test('files, folders that are named, and links make a tree', () => {
  const files = [
    linked('/etc/a', 'x'),
    linked('/srv/games/a b\\ä', 'x'),
    directory('/srv/games'),
    directory('/var/lib'),
    symlink('/etc/b', '../c'),
    linked('/var/lib/steady', 'x'),
    linked('/etc/...', 'x'),
    linked('/etc/a.b', 'x'),
  ];
  expect(complaints(files)).toEqual([]);
});

test('two definitions of one path are an error at both places', () => {
  expect(complaints([linked('/etc/a', 'x'), linked('/etc/a', 'xx')])).toEqual([
    'tree.duplicate | /etc/a is defined twice | Remove one of the definitions. | hosts/gateway.ts:1:3 /etc/a is defined here, hosts/gateway.ts:2:3 /etc/a is defined here',
  ]);
});

test('a file or a link where another path needs a folder is an error at both places', () => {
  expect(complaints([linked('/etc/a/b/c', 'xx'), linked('/etc/a', 'x')])).toEqual([
    'tree.blocked | /etc/a is a file, and /etc/a/b/c needs a folder there | Remove one of them, or move it. | hosts/gateway.ts:1:3 /etc/a is defined here, hosts/gateway.ts:2:3 /etc/a/b/c is defined here',
  ]);
  expect(complaints([linked('/etc/a/b', 'xx'), symlink('/etc/a', '/srv')])).toEqual([
    'tree.blocked | /etc/a is a symbolic link, and /etc/a/b needs a folder there | Remove one of them, or move it. | hosts/gateway.ts:9:3 /etc/a is defined here, hosts/gateway.ts:2:3 /etc/a/b is defined here',
  ]);
});

test.each([
  ['etc/a', '"etc/a" is not an absolute path | Begin it with "/".'],
  ['', '"" is not an absolute path | Begin it with "/".'],
  ['/', '"/" has an empty name in it | Write one "/" between names, and none at the end.'],
  ['/etc//a', '"/etc//a" has an empty name in it | Write one "/" between names, and none at the end.'],
  ['/etc/a/', '"/etc/a/" has an empty name in it | Write one "/" between names, and none at the end.'],
  ['/etc/../a', '"/etc/../a" has "." or ".." in it | Write the path that is meant.'],
  ['/etc/./a', '"/etc/./a" has "." or ".." in it | Write the path that is meant.'],
  ['/etc/a\nb', '"/etc/a\\nb" holds a control character or broken text | Use printable characters in paths.'],
  [
    '/etc/a\u007f',
    '"/etc/a\u007f" holds a control character or broken text | Use printable characters in paths.',
  ],
  [
    '/etc/a\ud800',
    '"/etc/a\\ud800" holds a control character or broken text | Use printable characters in paths.',
  ],
  [
    `/etc/${'ä'.repeat(128)}`,
    `"/etc/${'ä'.repeat(128)}" is too long | A name has at most 255 bytes, a path 4095.`,
  ],
  ...['/var/lib/stead', '/run/stead', '/proc', '/sys', '/dev'].flatMap((reserved) =>
    [reserved, `${reserved}/a`].map((path) => [
      path,
      `"${path}" is not a path that a configuration may own: ${reserved} belongs to the kernel or to stead | Choose another path.`,
    ]),
  ),
  [
    '/usr/local/bin/stead-host',
    '"/usr/local/bin/stead-host" is not a path that a configuration may own: /usr/local/bin/stead-host belongs to the kernel or to stead | Choose another path.',
  ],
  ['/var/lib', '"/var/lib" must stay a folder: /var/lib/stead is below it | Choose another path.'],
  ['/usr', '"/usr" must stay a folder: /usr/local/bin/stead-host is below it | Choose another path.'],
])('the path %j is refused', (path, text) => {
  expect(complaints([linked(path, 'xxx')])).toEqual([
    `tree.path | ${text} | hosts/gateway.ts:3:3 ${/\p{Cc}/u.test(path) ? JSON.stringify(path) : path} is defined here`,
  ]);
});

test.each([[''], ['a\tb'], ['x'.repeat(4096)]])('the link target %j is refused', (target) => {
  expect(complaints([symlink('/etc/a', target)])).toEqual([
    'tree.path | "/etc/a" has a target that no link can have | Give the target as a path of printable characters. | hosts/gateway.ts:9:3 /etc/a is defined here',
  ]);
});

test('all that is wrong with a tree is reported at once', () => {
  expect(
    complaints([linked('a', 'x'), linked('/proc/x', 'x'), linked('/b', 'x'), linked('/b', 'x')]),
  ).toHaveLength(3);
});
