import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  compareBytes,
  digest,
  hashFile,
  isDigest,
  objectId,
  sha256Hex,
  storeName,
} from '../../src/bundle/index.ts';

test('a digest is the first 160 bits of the sha256, most significant bits first, in 32 digits of base 32', () => {
  const alphabet = '0123456789abcdfghijklmnpqrsvwxyz';
  fc.assert(
    fc.property(fc.uint8Array(), (data) => {
      const bits = BigInt(`0x${sha256Hex(data).slice(0, 40)}`);
      const expected = Array.from(
        { length: 32 },
        (_, place) => alphabet[Number((bits >> BigInt(155 - 5 * place)) & 31n)],
      );
      expect(digest(data)).toBe(expected.join(''));
      expect(isDigest(digest(data))).toBe(true);
    }),
  );
});

test('a known digest stays what it is', () => {
  expect(sha256Hex('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  expect(digest('')).toBe('wfqc8hlqzhf196pvyk49jvxr4hkswhg4');
});

test('what is no digest is told apart', () => {
  for (const text of ['', 'e'.repeat(32), '0'.repeat(31), '0'.repeat(33), 'A'.repeat(32)])
    expect(isDigest(text)).toBe(false);
});

test('an object id is the digest of the text that the format gives', () => {
  const facts = { mode: '0440', owner: 'root', group: 'adm', sha256: sha256Hex('x') };
  expect(objectId(facts)).toBe(digest(`stead object 1\n0440\nroot\nadm\n${sha256Hex('x')}\n`));
});

test('every fact of an object changes its id', () => {
  const facts = { mode: '0440', owner: 'root', group: 'adm', sha256: sha256Hex('x') };
  const others = [{ mode: '0441' }, { owner: 'adm' }, { group: 'root' }, { sha256: sha256Hex('y') }];
  expect(new Set([facts, ...others.map((other) => ({ ...facts, ...other }))].map(objectId)).size).toBe(5);
});

test.each([
  ['/etc/a.conf', 'a.conf'],
  ['/etc/..hidden', 'hidden'],
  ['/etc/a b\\c@d', 'a_b_c_d'],
  ['/etc/ä😀', '______'],
  [`/etc/${'x'.repeat(120)}`, 'x'.repeat(100)],
])('the store name of %s ends in %s', (path, name) => {
  const id = objectId({ mode: '0644', owner: 'root', group: 'root', sha256: sha256Hex('') });
  expect(storeName(id, path)).toBe(`${id}-${name}`);
});

test('a file is hashed as its content is, in pieces', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stead-hash-'));
  try {
    for (const bytes of [0, 1, 1024 * 1024, 2_500_001]) {
      const content = Buffer.alloc(bytes, 'stead');
      writeFileSync(join(folder, 'file'), content);
      expect(await hashFile(join(folder, 'file'))).toEqual({ size: bytes, sha256: sha256Hex(content) });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a file of 300 MiB is hashed in a heap and buffers of far less', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stead-hash-'));
  try {
    execFileSync('truncate', ['-s', '300M', join(folder, 'large')]);
    const program = `
      const { hashFile } = await import(${JSON.stringify(new URL('../../src/bundle/hash.ts', import.meta.url).href)});
      const { size } = await hashFile(process.argv[1]);
      console.log(size, process.resourceUsage().maxRSS < 200 * 1024);`;
    const text = execFileSync(
      process.execPath,
      ['--input-type=module', '-e', program, join(folder, 'large')],
      { encoding: 'utf8' },
    );
    expect(text).toBe(`${300 * 1024 * 1024} true\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('texts are ordered by their UTF-8 bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (left, right) => {
      expect(Math.sign(compareBytes(left, right))).toBe(
        Buffer.compare(Buffer.from(left), Buffer.from(right)),
      );
    }),
  );
});
