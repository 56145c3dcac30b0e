// `stead secrets`, and what a build refuses of secrets; over a fleet of two hosts.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { snapshot, write } from '../cli/stead.ts';
import { runWith, secretFleet, type SecretFleet } from './fleet.ts';
import { ageKey, sshKey } from './keys.ts';

const read = (fleet: SecretFleet, name: string): string =>
  readFileSync(join(fleet.path, 'hosts/secrets', name), 'utf8');
const plaintext = (fleet: SecretFleet, name: string, identity = fleet.me.file): string =>
  execFileSync('age', ['-d', '-i', identity, join(fleet.path, 'hosts/secrets', `${name}.age`)]).toString();

describe.concurrent('set', () => {
  test('encrypts standard input for the hosts that use it, and for their administrators', async () => {
    const fleet = secretFleet();
    fleet.host('a', `secrets({ files: { 'db/password': {} } })`);
    fleet.host('b', '');
    expect(await fleet.secrets(['set', 'db/password'], 'hunter22\n')).toEqual({
      code: 0,
      stdout: 'hosts/secrets/db/password.age for me, host a',
      stderr: '',
    });
    expect(plaintext(fleet, 'db/password')).toBe('hunter22\n');
    expect(plaintext(fleet, 'db/password', fleet.keys.a.file)).toBe('hunter22\n');
    expect(() => plaintext(fleet, 'db/password', fleet.keys.b.file)).toThrow();
    expect(read(fleet, 'db/password.age')).not.toContain('hunter22');
  });

  test('writes nothing where nothing is piped in, or for a name that is none', async () => {
    const fleet = secretFleet();
    fleet.host('a', '');
    for (const [name, message] of [
      ['x', 'there is nothing on standard input for x; nothing was written'],
      ['../x', '"../x" is no name of a secret'],
    ] as const) {
      const { code, stderr } = await fleet.secrets(['set', name], name === 'x' ? '' : 'content-7Yq');
      expect(code).toBe(2);
      expect(stderr).toContain(message);
      expect(stderr).not.toContain('content-7Yq');
    }
    expect(readdirSync(join(fleet.path, 'hosts'))).toEqual(['a.ts']);
  });

  test('takes nothing but the hash of a password for users, and shows none of what it refuses', async () => {
    const fleet = secretFleet();
    fleet.host('a', `secrets({ files: { eva: { neededFor: 'users' } } })`);
    for (const text of ['open-sesame-Tq7\n', '$1$salt$qjXMvbEw8oaL.CzflDtaK/', '$6$salt$short\n']) {
      const { code, stdout, stderr } = await fleet.secrets(['set', 'eva'], text);
      expect(code).toBe(2);
      expect(stderr).toContain(
        'eva is needed for users of a, and this is not the hash of a password, one line as crypt(5) has it; nothing was written',
      );
      expect(stdout + stderr).not.toContain(text.trim());
    }
    const generated = await fleet.secrets(['generate', 'eva', '--kind', 'password']);
    expect(generated).toMatchObject({ code: 2, stdout: '' });
    expect(existsSync(join(fleet.path, 'hosts/secrets'))).toBe(false);
    const hash = execFileSync('openssl', ['passwd', '-6', '-stdin'], { input: 'open-sesame-Tq7' });
    expect(await fleet.secrets(['set', 'eva'], hash)).toMatchObject({ code: 0 });
    expect(plaintext(fleet, 'eva')).toBe(hash.toString());
  });

  test('says who is missing where nobody could read it', async () => {
    const fleet = secretFleet();
    write(
      fleet.path,
      'hosts/a.ts',
      `import { host } from 'stead';\nexport default host('a', { use: [] });\n`,
    );
    const { code, stderr } = await fleet.secrets(['set', 'x'], 'y');
    expect(code).toBe(2);
    expect(stderr).toContain(
      'nobody is to be able to read x: no host uses it, and the fleet names no administrator',
    );
  });
});

describe.concurrent('edit', () => {
  test('shows the plaintext to an editor in memory alone, and leaves nothing of it', async () => {
    const fleet = secretFleet();
    fleet.host('a', `secrets({ files: { x: {} } })`);
    await fleet.secrets(['set', 'x'], 'before');
    const before = readdirSync('/dev/shm');
    const edit = (editor: string) =>
      runWith('', ['secrets', 'edit', 'x', '--repo', fleet.path, '--identity', fleet.me.file], {
        EDITOR: editor,
        VISUAL: '',
        XDG_RUNTIME_DIR: '/dev/shm',
      });
    const seen = join(fleet.path, 'seen');
    expect(
      await edit(
        `sh -c 'stat -c "%a %n" "$0"; stat -f -c %T "$0"; cat "$0"; printf after >"$0"' >${seen} 2>&1`,
      ),
    ).toMatchObject({ code: 0 });
    expect(readFileSync(seen, 'utf8')).toMatch(/^600 \/dev\/shm\/stead-\w+\/x\ntmpfs\nbefore$/);
    expect(plaintext(fleet, 'x')).toBe('after');
    const sealed = read(fleet, 'x.age');
    expect(await edit('true')).toMatchObject({ code: 0, stdout: 'x stays as it is' });
    const failed = await edit(`sh -c 'printf lost >"$0"; exit 3'`);
    expect(failed.code).toBe(2);
    expect(failed.stderr).toContain('ended with 3; nothing was changed');
    expect(read(fleet, 'x.age')).toBe(sealed);
    expect(
      readdirSync('/dev/shm').filter(
        (name) => name.startsWith('stead-') && !before.includes(name) && name.length === 12,
      ),
    ).toEqual([]);
  });
});

describe.concurrent('generate', () => {
  test('a WireGuard pair, whose public half is a plain file that evaluation reads', async () => {
    const fleet = secretFleet();
    fleet.host(
      'a',
      `secrets({ files: { 'wg/a': {} } }), files({ etc: { key: () => readSource('./secrets/wg/a.pub').text } })`,
    );
    const text = readFileSync(join(fleet.path, 'hosts/a.ts'), 'utf8');
    write(fleet.path, 'hosts/a.ts', text.replace('import { files', 'import { readSource, files'));
    expect(await fleet.secrets(['generate', 'wg/a', '--kind', 'wireguard'])).toMatchObject({ code: 0 });
    const secret = plaintext(fleet, 'wg/a');
    expect(secret).toMatch(/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=\n$/);
    expect(execFileSync('wg', ['pubkey'], { input: secret }).toString()).toBe(read(fleet, 'wg/a.pub'));
    expect(await fleet.build('a')).toMatchObject({ code: 0 });
    expect(readFileSync(join(fleet.path, 'out/a/root/etc/key'), 'utf8')).toBe(read(fleet, 'wg/a.pub'));
  });

  test('an SSH key pair that ssh-keygen takes; a preshared key, a password, a token', async () => {
    const fleet = secretFleet();
    fleet.host('a', '');
    for (const kind of ['ssh', 'preshared', 'password', 'token']) {
      expect(await fleet.secrets(['generate', kind, '--kind', kind])).toMatchObject({ code: 0 });
    }
    const file = join(fleet.path, 'key');
    write(fleet.path, 'key', plaintext(fleet, 'ssh'));
    execFileSync('chmod', ['0600', file]);
    const [type, key] = execFileSync('ssh-keygen', ['-y', '-f', file]).toString().trim().split(' ');
    expect(read(fleet, 'ssh.pub')).toBe(`${type} ${key} ssh\n`);
    expect(plaintext(fleet, 'preshared')).toMatch(/^[A-Za-z0-9+/]{43}=\n$/);
    expect(plaintext(fleet, 'password')).toMatch(/^[A-Za-z2-9]{32}$/);
    expect(plaintext(fleet, 'token')).toMatch(/^[0-9a-f]{64}$/);
  });

  test('never replaces a secret unless it is told to', async () => {
    const fleet = secretFleet();
    fleet.host('a', '');
    await fleet.secrets(['set', 'x'], 'mine');
    const { code, stderr } = await fleet.secrets(['generate', 'x', '--kind', 'token']);
    expect(code).toBe(2);
    expect(stderr).toContain('there is a secret x already; nothing was changed');
    expect(plaintext(fleet, 'x')).toBe('mine');
    expect(await fleet.secrets(['generate', 'x', '--kind', 'token', '--replace'])).toMatchObject({ code: 0 });
    expect(plaintext(fleet, 'x')).toHaveLength(64);
  });
});

describe.concurrent('check and rekey', () => {
  test('a new host, one that was installed again, and somebody who left: only what they change is encrypted again', async () => {
    const fleet = secretFleet();
    const former = await ageKey();
    const one = (more: string): string => `secrets({ ${more} files: { shared: {} } })`;
    fleet.host('a', one(`administrators: { former: '${former.recipient}' },`));
    fleet.host('b', `secrets({ files: { own: {} } })`);
    await fleet.secrets(['set', 'shared'], 'for all');
    await fleet.secrets(['set', 'own'], 'for b');
    expect(await fleet.secrets(['check'])).toMatchObject({ code: 0 });
    const own = read(fleet, 'own.age');

    fleet.host('b', `secrets({ files: { own: {}, shared: {} } })`);
    fleet.keys.a satisfies object;
    const reinstalled = sshKey();
    fleet.host('a', one(''), reinstalled.recipient);
    const checked = await fleet.secrets(['check']);
    expect(checked.code).toBe(2);
    expect(checked.stdout.split('\n')).toEqual(
      [
        'own     as it should be                                                             b',
        'shared  WRONG RECIPIENTS: not for host a, host b; for 2 who should not read it      a, b',
      ].map((line) => expect.stringMatching(new RegExp(line.trim().replaceAll(/ {2,}/g, ' +'))) as string),
    );
    expect(await fleet.secrets(['rekey'])).toMatchObject({
      code: 0,
      stdout: 'hosts/secrets/shared.age for me, host a, host b',
    });
    expect(read(fleet, 'own.age')).toBe(own);
    expect(plaintext(fleet, 'shared', reinstalled.file)).toBe('for all');
    expect(() => plaintext(fleet, 'shared', former.file)).toThrow();
    expect(() => plaintext(fleet, 'shared', fleet.keys.a.file)).toThrow();
    expect(await fleet.secrets(['check'])).toMatchObject({ code: 0 });
    expect(await fleet.secrets(['rekey'])).toMatchObject({ code: 0, stdout: 'nothing to do' });
  });

  test('one that no host uses is told of, and fails nothing', async () => {
    const fleet = secretFleet();
    fleet.host('a', '');
    await fleet.secrets(['set', 'old'], 'x');
    expect(await fleet.secrets(['check'])).toMatchObject({ code: 0, stdout: 'old  no host uses it' });
    const { stdout } = await fleet.secrets(['check', '--json']);
    expect(JSON.parse(stdout)).toEqual({
      secrets: [{ name: 'old', hosts: [], lacking: [], tooMany: 0, state: 'unused' }],
    });
  });

  test('an administrator in the place of another is noticed, though the number is the same', async () => {
    const fleet = secretFleet();
    const [first, second] = [await ageKey(), await ageKey()];
    fleet.host('a', `secrets({ administrators: { other: '${first.recipient}' }, files: { x: {} } })`);
    await fleet.secrets(['set', 'x'], 'y');
    fleet.host('a', `secrets({ administrators: { other: '${second.recipient}' }, files: { x: {} } })`);
    const { code, stdout } = await fleet.secrets(['check']);
    expect(code).toBe(2);
    expect(stdout).toContain('not for other; for 1 who should not read it');
  });

  test('without a key that fits nothing is written, and it is said why', async () => {
    const fleet = secretFleet();
    fleet.host('a', `secrets({ files: { x: {} } })`);
    await fleet.secrets(['set', 'x'], 'content-3Fh');
    fleet.host('a', `secrets({ files: { x: {} } })`, sshKey().recipient);
    const before = snapshot(fleet.path);
    const stranger = sshKey();
    const { code, stderr } = await runWith('', [
      'secrets',
      'rekey',
      '--repo',
      fleet.path,
      '--identity',
      stranger.file,
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain('hosts/secrets/x.age is not encrypted for any key that is here');
    expect(snapshot(fleet.path)).toEqual(before);
  });
});

describe.concurrent('a build refuses', () => {
  const refused = async (
    prepare: (fleet: SecretFleet) => Promise<void> | void,
  ): Promise<{ readonly code: number; readonly stderr: string }> => {
    const fleet = secretFleet();
    await prepare(fleet);
    const { code, stderr } = await fleet.build('a');
    expect(existsSync(join(fleet.path, 'out/a'))).toBe(false);
    return { code, stderr };
  };

  test('a secret that is not encrypted for a host that uses it', async () => {
    const { code, stderr } = await refused(async (fleet) => {
      fleet.host('a', '');
      await fleet.secrets(['set', 'db/password'], 'hunter22');
      fleet.host('a', `secrets({ files: { 'db/password': {} } })`);
    });
    expect(code).toBe(2);
    expect(stderr)
      .toBe(`error: secrets.files.db/password on a: the secret db/password is not encrypted for a, which uses it
 --> hosts/a.ts:5:22
  |
5 |   secrets({ files: { 'db/password': {} } })
  |                      ^^^^^^^^^^^^^
  = Encrypt it again for all who use it: stead secrets rekey db/password`);
  });

  test('a secret that is not there, with the name that was meant', async () => {
    const { code, stderr } = await refused(async (fleet) => {
      fleet.host('a', '');
      await fleet.secrets(['set', 'db/password'], 'hunter22');
      fleet.host('a', `secrets({ files: { 'db/pasword': {} } })`);
    });
    expect(code).toBe(2);
    expect(stderr).toContain('there is no secret db/pasword: hosts/secrets/db/pasword.age does not exist');
    expect(stderr).toContain('Did you mean db/password?');
  });

  test('a plaintext where a ciphertext belongs, without showing it', async () => {
    const { code, stderr } = await refused((fleet) => {
      fleet.host('a', `secrets({ files: { x: {} } })`);
      write(fleet.path, 'hosts/secrets/x.age', 'plain-text-9Kd\n');
    });
    expect(code).toBe(2);
    expect(stderr).toContain('hosts/secrets/x.age is not encrypted, or its header is damaged');
    expect(stderr).not.toContain('plain-text-9Kd');
  });

  test('a host whose key nobody knows, or that has another kind of key', async () => {
    const missing = await refused((fleet) => fleet.host('a', `secrets({ files: { x: {} } })`, ''));
    expect(missing.code).toBe(2);
    expect(missing.stderr).toContain(
      'a uses secrets, and its SSH Ed25519 host key, which they are encrypted for, is not known',
    );
    const ecdsa =
      'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEmKSENjQEezOmxkZMy7opKgwFB9nkt5YRrYMjNuG5N87uRgg6CLrbo5wAdT/y6v0mKV0U2w0WZ2YB/++Tpockg=';
    const other = await refused((fleet) =>
      fleet.host('a', `secrets({ hostKey: '${ecdsa}', files: { x: {} } })`),
    );
    expect(other.stderr).toContain('which they are encrypted for, is no Ed25519 key');
  });

  test('two secrets at one path, and a secret in the place of a folder of secrets', async () => {
    const { code, stderr } = await refused((fleet) =>
      fleet.host('a', `secrets({ files: { x: { path: '/etc/key' }, y: { path: '/etc/key' }, 'x/z': {} } })`),
    );
    expect(code).toBe(2);
    expect(stderr).toContain('the secrets x and y have the same path, /etc/key');
    expect(stderr).toContain('the secret x is a file, so that x/z cannot be in a folder of that name');
  });

  test('a path or a content of a secret that the host does not declare', async () => {
    const { code, stderr } = await refused(async (fleet) => {
      fleet.host('a', `secrets({ files: { 'db/password': {} } })`);
      await fleet.secrets(['set', 'db/password'], 'hunter22');
      fleet.host(
        'a',
        `secrets({ files: { 'db/password': {} }, templates: { t: { text: secretContent('db/pass') } } }),
  files({ etc: { one: { text: secretPath('db/pasword') }, two: { text: secretContent('db/password') } } })`,
      );
    });
    expect(code).toBe(2);
    expect(stderr).toContain('/etc/one speaks of the secret db/pasword, which this host does not declare');
    expect(stderr).toContain('Did you mean db/password?');
    expect(stderr).toContain(
      '/etc/two is to hold the content of the secret db/password, but it is a plain file',
    );
    expect(stderr).toContain('the template t speaks of the secret db/pass, which this host does not declare');
  });

  test('recipients that are none', async () => {
    const { code, stderr } = await refused((fleet) =>
      fleet.host('a', `secrets({ administrators: { you: 'age1nothing' } })`),
    );
    expect(code).toBe(2);
    expect(stderr).toContain('secrets.administrators.you on a');
  });
});

test('a folder that stands for a host gets ciphertexts, and says so', async () => {
  const fleet = secretFleet();
  fleet.host('a', `secrets({ files: { x: {} } })`);
  await fleet.secrets(['set', 'x'], 'content-8Lm');
  const { code, stderr } = await runWith('', [
    'switch',
    'a',
    '--repo',
    fleet.path,
    '--target-root',
    join(fleet.path, 'hosts-here'),
  ]);
  expect(stderr).toContain('there is no host key here: secrets stay encrypted');
  expect(code).toBe(0);
  expect(readFileSync(join(fleet.path, 'hosts-here/a/etc/stead/secrets/x.age'), 'utf8')).toBe(
    read(fleet, 'x.age'),
  );
});
