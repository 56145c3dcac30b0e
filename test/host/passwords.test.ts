// Passwords of accounts, by the programs of this machine, whose /etc nobody else sees changed. Needs root.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { available } from '../setup/programs.ts';
import { base32, makeBundle, sha256, type Bundle, type BundleInput } from './bundle.ts';
import { makeFaults, momentsOf } from './faults.ts';
import { writeScript } from './host.ts';
import { makeMachine, type Machine } from './machine.ts';

const hashOf = (password: string): string =>
  execFileSync('openssl', ['passwd', '-6', '-salt', 'saltsalt', '-stdin'], { input: password })
    .toString()
    .trim();
const [ONE, TWO, HAND] = ['first-Kd83', 'second-Pw27', 'by-hand-Zx11'].map(hashOf) as [
  string,
  string,
  string,
];

const prepared = (): Promise<Machine> =>
  makeMachine(`userdel old-hand 2>/dev/null || :
useradd --no-create-home old-hand
echo 'old-hand:${HAND}' | chpasswd --encrypted
chage --lastday 12345 old-hand`);

const user = (name: string, file: string): string[] =>
  `${name} - ${name} - /var/lib/${name} /usr/sbin/nologin yes no - ${file}`.split(' ');
const group = (name: string): string[] => [name, '-', 'yes'];
const of = (name: string, file: string, more: BundleInput = {}): Bundle =>
  makeBundle({ groups: [group(name)], users: [user(name, file)], ...more });

/** A bundle with the password of `eva` in a secret. */
const secretly = (machine: Machine, content: string): Bundle => {
  const source = '/etc/stead/secrets/eva/password.age';
  const sealed = machine.sealed(content);
  const row = ['eva/password', 'secret', '0400', 'root', 'root', source, sha256(sealed), '-', '-', 'users'];
  return of('eva', '/run/stead/secrets/eva/password', {
    files: { [source]: { link: sealed, mode: '0400' } },
    secrets: [row],
    settings: { secrets: base32(sha256(row.join())) },
  });
};

const today = (): number => Math.floor(Date.now() / 86_400_000);

describe.runIf(available('root', 'age', 'openssl', 'ssh-keygen'))('the password of an account', () => {
  test('is what a secret says, is changed, put back and locked again', async () => {
    const machine = await prepared();
    const [one, two] = [secretly(machine, `${ONE}\n`), secretly(machine, TWO)];
    expect(await machine.switchTo(one)).toMatchObject({ code: 0 });
    expect(await machine.shadow('eva')).toBe(`${ONE} ${today()}`);
    expect(await machine.stead(`switch ${one.name}`)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('unchanged') as string,
    });
    expect(await machine.switchTo(two)).toMatchObject({ code: 0 });
    expect(await machine.shadow('eva')).toContain(TWO);
    expect(await machine.stead('rollback')).toMatchObject({ code: 0 });
    expect(await machine.shadow('eva')).toContain(ONE);
    expect(await machine.switchTo(of('eva', '-'))).toMatchObject({ code: 0 });
    expect(await machine.shadow('eva')).toMatch(/^! /);
    expect(await machine.succeed('ls -A /run; cat /var/lib/stead/passwords.tsv')).toBe('');
  });

  test('is in no file but those in memory, and what it was before is root’s alone to read', async () => {
    const machine = await prepared();
    await machine.succeed(`echo '${ONE}' >/etc/hash`);
    expect(await machine.switchTo(of('old-hand', '/etc/hash'))).toMatchObject({ code: 0 });
    expect(await machine.succeed('stat -c %a /var/lib/stead/passwords.tsv')).toBe('600');
    expect(await machine.switchTo(secretly(machine, `${TWO}\n`))).toMatchObject({ code: 0 });
    expect(await machine.succeed(`grep -rlF -e '${TWO}' /etc /var/lib/stead /run | sort`)).toMatch(
      /^\/etc\/shadow\n(\/etc\/shadow-\n)?\/run\/stead\/secrets\.d\/[0-9a-z]{32}\/eva\/password$/,
    );
  });

  test('of an account that was there comes back, with the day that it was changed on', async () => {
    const machine = await prepared();
    const before = await machine.shadow('old-hand');
    expect(before).toBe(`${HAND} 12345`);
    await machine.succeed(`echo '${ONE}' >/etc/hash`);
    expect(await machine.switchTo(of('old-hand', '/etc/hash'))).toMatchObject({ code: 0 });
    expect(await machine.shadow('old-hand')).toBe(`${ONE} ${today()}`);
    expect(await machine.switchTo(of('old-hand', '-'))).toMatchObject({ code: 0 });
    expect(await machine.shadow('old-hand')).toBe(before);
    expect(await machine.stead('rollback')).toMatchObject({ code: 0 });
    expect(await machine.shadow('old-hand')).toContain(ONE);
    expect(await machine.stead('remove')).toMatchObject({ code: 0 });
    expect(await machine.shadow('old-hand')).toBe(before);
  });

  test('that somebody changed by hand is set again at the next switch, which says so before', async () => {
    const machine = await prepared();
    await machine.succeed(`echo '${ONE}' >/etc/hash`);
    const bundle = of('old-hand', '/etc/hash');
    expect(await machine.switchTo(bundle)).toMatchObject({ code: 0 });
    await machine.succeed(`echo 'old-hand:${TWO}' | chpasswd --encrypted`);
    const plan = await machine.stead(`plan ${bundle.name}`);
    expect(plan.stdout).toContain('account\tpassword\told-hand\tis not what its file says\n');
    expect(plan.stdout + plan.stderr).not.toMatch(/\$6\$/);
    expect(await machine.stead(`switch ${bundle.name}`)).toMatchObject({ code: 0 });
    expect(await machine.shadow('old-hand')).toContain(ONE);
    // The file is the host's own to change.
    await machine.succeed(`echo '!' >/etc/hash`);
    expect(await machine.stead(`switch ${bundle.name}`)).toMatchObject({ code: 0 });
    expect(await machine.shadow('old-hand')).toMatch(/^! /);
  });

  test('is taken as it is from every kind of hash that is strong', async () => {
    const machine = await prepared();
    const salted = '.'.repeat(43);
    for (const hash of [
      `$y$j9T$F5Jx5fExrKuPp53xLKQ..1$${salted}`,
      `$gy$j9T$F5Jx5fExrKuPp53xLKQ..1$${salted}`,
      `$7$CU..../....BU8hMVqPJd0jmNjjLgo4$${salted}`,
      `$2b$12$${'a'.repeat(53)}`,
      `$5$rounds=10000$salt$${salted}`,
      `$6$salt$${salted}${salted}`,
      '*',
    ]) {
      await machine.succeed(`printf '%s\\n' '${hash}' >/etc/hash`);
      const result = await machine.switchTo(of('old-hand', '/etc/hash'));
      expect(result, hash).toMatchObject({ code: 0 });
      expect((await machine.shadow('old-hand')).split(' ')[0]).toBe(hash);
    }
  });

  test.each([
    ['nothing', ''],
    ['an empty line', '\n'],
    ['a password', 'not-a-hash-Qm58\n'],
    ['a password of as many letters as an old hash', 'abcdefghijklm\n'],
    ['a line of /etc/shadow', `eva:${ONE}:19000:0:99999:7:::\n`],
    ['two lines', `${ONE}\n${TWO}\n`],
    ['a hash and what follows it', `${ONE} x\n`],
    ['half a hash', `${ONE.slice(0, 60)}\n`],
    ['a hash that is broken easily', '$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/\n'],
    ['the end of a line of Windows', `${ONE}\r\n`],
  ])('is refused for %s, before any account is made, without a word of it', async (_what, content) => {
    const machine = await prepared();
    expect(await machine.switchTo(makeBundle({ files: { '/etc/kept': 'kept' } }))).toMatchObject({ code: 0 });
    const { code, stdout, stderr } = await machine.switchTo(secretly(machine, content));
    expect(code).toBe(1);
    expect(stderr).toContain(
      'what /run/stead/secrets/eva/password is to hold for eva is one line with the hash of a password, as crypt(5) has it (yescrypt, scrypt, bcrypt, SHA-2), or `!`; it does not\n' +
        'stead-host: no password can be set from that; of the configuration nothing was changed',
    );
    for (const line of content.split(/\s+/).filter((word) => word.length > 3)) {
      expect(stdout + stderr).not.toContain(line);
    }
    expect((await machine.host.run('getent passwd eva')).code).not.toBe(0);
    expect(await machine.succeed('readlink /var/lib/stead/current; ls -A /run/stead/secrets.d')).toBe(
      'generations/1',
    );
  });

  test('is refused for a file that is not there, and for an account whose password is kept elsewhere', async () => {
    const machine = await prepared();
    const absent = await machine.switchTo(of('old-hand', '/etc/hash'));
    expect(absent).toMatchObject({ code: 1 });
    expect(absent.stderr).toContain('what /etc/hash is to hold for old-hand is one line');
    await machine.succeed(`echo '${ONE}' >/etc/hash; sed -i '/^old-hand:/d' /etc/shadow`);
    const elsewhere = await machine.switchTo(of('old-hand', '/etc/hash'));
    expect(elsewhere).toMatchObject({ code: 1 });
    expect(elsewhere.stderr).toContain('old-hand has no line in /etc/shadow here');
  });

  test('is that of the generation that runs, wherever a switch or a rollback was killed', async () => {
    const machine = await prepared();
    await machine.succeed(`echo '${ONE}' >/etc/one; echo '${TWO}' >/etc/two`);
    const bundles = { [ONE]: of('old-hand', '/etc/one'), [TWO]: of('old-hand', '/etc/two') };
    const plain = makeBundle({ files: { '/etc/kept': 'kept' } });
    for (const bundle of [...Object.values(bundles), plain]) await machine.switchTo(bundle);
    const wanted = new Map([
      [bundles[ONE]!.name, ONE],
      [bundles[TWO]!.name, TWO],
      [plain.name, HAND],
    ]);
    const faults = makeFaults('kill -9 0');
    const end = `${faults.path}/end`;
    writeScript(
      `${faults.path}/chpasswd`,
      `#!/bin/sh\n[ "$(cat ${end})" != before ] || kill -9 0\n/usr/sbin/chpasswd "$@"\n[ "$(cat ${end})" != after ] || kill -9 0\n`,
    );
    writeFileSync(end, 'never');
    for (const [from, to] of [
      [plain, bundles[ONE]!],
      [bundles[ONE]!, bundles[TWO]!],
      [bundles[TWO]!, plain],
    ] as const) {
      await machine.stead(`switch ${from.name}`);
      faults.aim();
      await machine.stead(`switch ${to.name}`, faults.path);
      for (const moment of [...momentsOf(faults.calls(), 11), 'before', 'after'] as const) {
        await machine.stead(`switch ${from.name}`);
        faults.aim(typeof moment === 'string' ? undefined : moment);
        writeFileSync(end, typeof moment === 'string' ? moment : 'never');
        await machine.stead(`switch ${to.name}`, faults.path);
        expect(await machine.stead('recover')).toMatchObject({ code: 0 });
        const current = await machine.succeed('basename "$(readlink -f /var/lib/stead/current)"');
        expect((await machine.shadow('old-hand')).split(' ')[0], JSON.stringify(moment)).toBe(
          wanted.get(current),
        );
      }
    }
  }, 300_000);
});
