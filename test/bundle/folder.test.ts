import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sourceFolder } from '../../src/bundle/index.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'stead-folder-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function put(path: string, text = '', mode = 0o644): void {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), text);
  chmodSync(join(dir, path), mode);
}

const paths = (): string[] => sourceFolder(dir).map(({ path }) => path);

test('files and links are listed by the bytes of their paths, with the one mode bit that git keeps', () => {
  put('b/ä', '', 0o600);
  put('b-c', '', 0o711);
  put('b/\u{1f600}');
  put('b/\ufb33');
  symlinkSync('../none', join(dir, 'b/link'));
  mkdirSync(join(dir, 'empty'));
  expect(sourceFolder(dir)).toEqual([
    { path: 'b-c', kind: 'file', mode: '0755' },
    { path: 'b/link', kind: 'symlink', target: '../none' },
    { path: 'b/ä', kind: 'file', mode: '0644' },
    { path: 'b/\ufb33', kind: 'file', mode: '0644' },
    { path: 'b/\u{1f600}', kind: 'file', mode: '0644' },
  ]);
});

test('.steadignore filters as .dockerignore does, and is not listed itself', () => {
  put('.steadignore', '# comment\nbuild\n**/*.log\n!build/keep.txt\n!important.log\nold/*\n');
  for (const path of [
    'a.txt',
    'a.log',
    'deep/er/b.log',
    'important.log',
    'build/x',
    'build/keep.txt',
    'old/a',
    'old/deep/b',
  ]) {
    put(path);
  }
  expect(paths()).toEqual(['a.txt', 'build/keep.txt', 'important.log']);
});

test('names are told apart by case', () => {
  put('.steadignore', 'Build\n');
  put('build/x');
  expect(paths()).toEqual(['build/x']);
});

test('without a .steadignore everything is listed, hidden files too', () => {
  put('.hidden');
  put('sub/.steadignore', '*');
  put('sub/a');
  expect(paths()).toEqual(['.hidden', 'sub/.steadignore', 'sub/a']);
});

test('a folder that is not there, and what is no file, are errors', async () => {
  expect(() => sourceFolder(join(dir, 'none'))).toThrow(
    expect.objectContaining({ code: 'folder.unreadable' }),
  );
  await execa('mkfifo', [join(dir, 'pipe')]);
  expect(() => sourceFolder(dir)).toThrow(
    expect.objectContaining({
      code: 'folder.kind',
      message: `${join(dir, 'pipe')} is neither a file nor a folder nor a link`,
    }),
  );
});

test('a name that is not UTF-8 is an error', () => {
  writeFileSync(Buffer.concat([Buffer.from(`${dir}/`), Buffer.from([0xff])]), '');
  expect(() => sourceFolder(dir)).toThrow(expect.objectContaining({ code: 'folder.name' }));
});
