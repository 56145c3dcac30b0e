// Ciphertexts against the age program itself, both ways, for each kind of key.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decrypted, encrypted, headerOf, isFor, recipientCount } from '../../src/secrets/age-file.ts';
import { identities } from '../../src/secrets/index.ts';
import { folder } from '../cli/stead.ts';
import { available } from '../setup/programs.ts';
import { ageKey, sshKey, type TestKey } from './keys.ts';

const keys: readonly (readonly [string, () => TestKey | Promise<TestKey>])[] = [
  ['SSH Ed25519', () => sshKey()],
  ['age', ageKey],
];
const ours = (key: TestKey) => identities({ files: [key.file], homeDirectory: '/' });

describe.runIf(available('age', 'ssh-keygen'))('age and stead', () => {
  test.each(keys)('what stead encrypts for a key of the kind %s, age decrypts', async (_kind, make) => {
    const [key, other] = [await make(), sshKey()];
    const path = join(folder(), 'secret.age');
    const content = 'a line\nand öther bytes\0\n';
    writeFileSync(path, await encrypted(Buffer.from(content), [other.recipient, key.recipient]));
    expect(execFileSync('age', ['--decrypt', '--identity', key.file, path]).toString()).toBe(content);
  });

  test.each(keys)('what age encrypts for a key of the kind %s, stead decrypts', async (_kind, make) => {
    const [key, other] = [await make(), sshKey()];
    for (const armor of [[], ['--armor']]) {
      const file = execFileSync(
        'age',
        ['--encrypt', ...armor, '--recipient', other.recipient, '--recipient', key.recipient],
        { input: 'hello' },
      );
      expect(Buffer.from(await decrypted(file, ours(key))).toString()).toBe('hello');
      expect(isFor((await headerOf(file))!, other.recipient)).toBe(true);
    }
  });

  test('a large secret, of more than one chunk', async () => {
    const key = sshKey();
    const content = Buffer.alloc(200_000, 'abc');
    const path = join(folder(), 'secret.age');
    writeFileSync(path, await encrypted(content, [key.recipient]));
    expect(execFileSync('age', ['--decrypt', '--identity', key.file, path]).equals(content)).toBe(true);
  });
});

test('whom a file is encrypted for is told without any private key', async () => {
  const [host, me, other] = [sshKey(), await ageKey(), await ageKey()];
  const header = (await headerOf(
    Buffer.from(await encrypted(Buffer.from('x'), [host.recipient, me.recipient])),
  ))!;
  expect([host, me, other, sshKey()].map(({ recipient }) => isFor(header, recipient))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(recipientCount(header)).toBe(2);
});

test('no file that was damaged anywhere decrypts', async () => {
  const key = sshKey();
  const text = await encrypted(Buffer.from('a secret'), [key.recipient]);
  await fc.assert(
    fc.asyncProperty(fc.nat(text.length - 1), fc.integer({ min: 33, max: 126 }), async (at, code) => {
      const letter = String.fromCharCode(code);
      fc.pre(!/\s/.test(text[at]!) && text[at] !== letter && letter !== '=');
      const changed = Buffer.from(text.slice(0, at) + letter + text.slice(at + 1));
      await expect(decrypted(changed, ours(key))).rejects.toThrow();
    }),
    { numRuns: 300 },
  );
});

test('an SSH key with a passphrase is asked for, for a file that is encrypted for it alone', async () => {
  const [mine, other] = [sshKey('open sesame'), sshKey()];
  const questions: string[] = [];
  const asked = (answer: string) =>
    identities({
      files: [mine.file],
      homeDirectory: '/',
      ask: (question) => {
        questions.push(question);
        return Promise.resolve(answer);
      },
    });
  const forMe = Buffer.from(await encrypted(Buffer.from('x'), [mine.recipient]));
  const forOther = Buffer.from(await encrypted(Buffer.from('x'), [other.recipient]));
  await expect(decrypted(forOther, asked('open sesame'))).rejects.toThrow(/no identity matched/);
  expect(questions).toEqual([]);
  expect(Buffer.from(await decrypted(forMe, asked('open sesame'))).toString()).toBe('x');
  expect(questions).toEqual([`Passphrase of ${mine.file}: `]);
  await expect(decrypted(forMe, asked('wrong'))).rejects.toThrow(
    `${mine.file} cannot be used to decrypt secrets: the passphrase is wrong`,
  );
});

test('a ciphertext is text that a diff can show', async () => {
  const path = join(folder(), 'secret.age');
  writeFileSync(path, await encrypted(Buffer.from('x'), [sshKey().recipient]));
  expect(readFileSync(path, 'utf8')).toMatch(
    /^-----BEGIN AGE ENCRYPTED FILE-----\n[A-Za-z0-9+/=\n]+-----END AGE ENCRYPTED FILE-----\n$/,
  );
});
