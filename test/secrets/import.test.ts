// Secrets of other tools: Ansible vaults made by ansible-vault itself, age files by age, and files of sops.
import { execFileSync } from 'node:child_process';
import { createCipheriv, randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { encrypted } from '../../src/secrets/age-file.ts';
import { folder } from '../cli/stead.ts';
import { available } from '../setup/programs.ts';
import { secretFleet, type SecretFleet } from './fleet.ts';
import { sshKey } from './keys.ts';

const plaintext = ({ path, me }: SecretFleet, name: string): string =>
  execFileSync('age', ['-d', '-i', me.file, join(path, 'hosts/secrets', `${name}.age`)]).toString();

function fleetAnd(files: Readonly<Record<string, string>>): {
  fleet: SecretFleet;
  at: (name: string) => string;
} {
  const fleet = secretFleet();
  fleet.host('a', '');
  const place = folder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(place, name), text);
  return { fleet, at: (name) => join(place, name) };
}

describe.runIf(available('ansible-vault', 'age'))('an Ansible vault', () => {
  const vault = (file: string, password: string, ...more: string[]) =>
    execFileSync('ansible-vault', ['encrypt', '--vault-password-file', password, ...more, file], {
      stdio: 'ignore',
    });

  test('is imported whole, or one value of it', async () => {
    const { fleet, at } = fleetAnd({
      whole: 'top secret\n',
      vars: 'db:\n  user: shop\n  password: "p: {w}"\n',
      password: 'open sesame\n',
    });
    vault(at('whole'), at('password'));
    vault(
      at('vars'),
      at('password'),
      '--encrypt-vault-id',
      'default',
      '--vault-id',
      `prod@${at('password')}`,
    );
    const from = (name: string, ...more: string[]) =>
      fleet.secrets(['import', name, '--password-file', at('password'), ...more]);
    expect(await from('whole', '--from', at('whole'))).toMatchObject({ code: 0 });
    expect(await from('db', '--from', at('vars'), '--key', 'db.password')).toMatchObject({ code: 0 });
    expect(plaintext(fleet, 'whole')).toBe('top secret\n');
    expect(plaintext(fleet, 'db')).toBe('p: {w}');
    const missing = await from('x', '--from', at('vars'), '--key', 'db.pasword');
    expect(missing.code).toBe(2);
    expect(missing.stderr).toContain('it has no value db.pasword\n  = Did you mean db.password?');
    expect(missing.stderr).not.toContain('shop');
  });

  test('a value within a file of variables, as encrypt_string makes it', async () => {
    const { fleet, at } = fleetAnd({ password: 'open sesame\n' });
    const value = execFileSync(
      'ansible-vault',
      ['encrypt_string', '--vault-password-file', at('password'), '--name', 'token', 'inner secret'],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    writeFileSync(at('vars.yml'), `plain: 1\n${value.toString()}`);
    expect(
      await fleet.secrets([
        'import',
        'token',
        '--from',
        at('vars.yml'),
        '--key',
        'token',
        '--password-file',
        at('password'),
      ]),
    ).toMatchObject({ code: 0, stderr: '' });
    expect(plaintext(fleet, 'token')).toBe('inner secret');
  });

  test('with another password is refused, and nothing is written', async () => {
    const { fleet, at } = fleetAnd({ whole: 'top secret\n', password: 'right\n', other: 'wrong\n' });
    vault(at('whole'), at('password'));
    const { code, stderr } = await fleet.secrets([
      'import',
      'x',
      '--from',
      at('whole'),
      '--password-file',
      at('other'),
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain('the password of the Ansible vault is another one, or the vault is damaged');
    expect(existsSync(join(fleet.path, 'hosts/secrets'))).toBe(false);
  });
});

describe.runIf(available('age'))('an age file', () => {
  test('of agenix is encrypted again, for those whom this fleet names', async () => {
    const { fleet, at } = fleetAnd({});
    writeFileSync(at('old.age'), execFileSync('age', ['-r', fleet.me.recipient], { input: 'from agenix' }));
    expect(await fleet.secrets(['import', 'x', '--from', at('old.age')])).toMatchObject({ code: 0 });
    expect(plaintext(fleet, 'x')).toBe('from agenix');
    const again = await fleet.secrets(['import', 'x', '--from', at('old.age')]);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('there is a secret x already; nothing was changed');
  });

  test('for somebody else is refused', async () => {
    const { fleet, at } = fleetAnd({});
    writeFileSync(at('old.age'), execFileSync('age', ['-r', sshKey().recipient], { input: 'x' }));
    const { code, stderr } = await fleet.secrets(['import', 'x', '--from', at('old.age')]);
    expect(code).toBe(2);
    expect(stderr).toContain('it does not decrypt with any key that is here');
  });
});

describe.runIf(available('age'))('a file of sops', () => {
  /** As sops writes a value: AES-256-GCM with its path, each part followed by a colon, as additional data. */
  const value = (key: Buffer, path: string, text: string): string => {
    const iv = randomBytes(32);
    const cipher = createCipheriv('aes-256-gcm', key, iv);
    cipher.setAAD(Buffer.from(path));
    const data = Buffer.concat([cipher.update(text), cipher.final()]);
    const [d, i, t] = [data, iv, cipher.getAuthTag()].map((bytes) => bytes.toString('base64'));
    return `ENC[AES256_GCM,data:${d},iv:${i},tag:${t},type:str]`;
  };

  test('gives one value by its path', async () => {
    const { fleet, at } = fleetAnd({});
    const key = randomBytes(32);
    const [other, mine] = await Promise.all(
      [sshKey().recipient, fleet.me.recipient].map((one) => encrypted(key, [one])),
    );
    const indented = (text: string): string => text.replaceAll('\n', '\n        ').trimEnd();
    const file = (moved: boolean): string => `db:
  password: ${value(key, moved ? 'db:user:' : 'db:password:', 'from sops')}
sops:
  age:
    - recipient: one
      enc: |
        ${indented(other!)}
    - recipient: two
      enc: |
        ${indented(mine!)}
`;
    writeFileSync(at('secrets.yaml'), file(false));
    const from = (...more: string[]) => fleet.secrets(['import', 'x', '--from', at('secrets.yaml'), ...more]);
    const unnamed = await from();
    expect(unnamed.code).toBe(2);
    expect(unnamed.stderr).toContain('it has several values: db.password');
    expect(await from('--key', 'db.password')).toMatchObject({ code: 0 });
    expect(plaintext(fleet, 'x')).toBe('from sops');
    writeFileSync(at('secrets.yaml'), file(true));
    const moved = await from('--key', 'db.password', '--replace');
    expect(moved.code).toBe(2);
    expect(moved.stderr).toContain('the value db.password is damaged, or was moved there from another place');
    expect(plaintext(fleet, 'x')).toBe('from sops');
  });
});
