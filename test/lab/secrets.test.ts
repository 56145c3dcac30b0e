// Secrets on real hosts: when they are there, who can read them, and what follows from a change of one.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { run } from '../cli/stead.ts';
import { describeLab, useLab, type Host } from './driver.ts';
import { BOX } from './fleet.ts';
import { leaks } from './leaks.ts';
import { damage, hostKeyOf, sealedBox, type SealedBox } from './secrets.ts';

const PASSWORD = 'plaintext-one-J7qk2';
const CHANGED = 'plaintext-two-Wm4tz';
const DIRECT = 'plaintext-three-Xp9vd';

/** A service that names a template with a password in it; one that names a secret in a file that it reads. */
const APP = `
  secrets({
    files: { 'app/password': {} },
    templates: { 'app/config': { text: 'password = "' + secretContent('app/password') + '"; # 100%% sure\\n' } },
  }),
  systemd({ units: {
    'app.service': {
      sections: { Service: { ExecStart: '/bin/sh -c "cat ' + secretPath('app/config') + ' >/run/app; exec sleep inf"' } },
      wantedBy: ['multi-user.target'],
    },
    'other.service': {
      sections: { Service: { ExecStart: '/bin/sleep inf', ExecReload: '/bin/true' } },
      wantedBy: ['multi-user.target'],
    },
    'early.service': {
      sections: {
        Unit: { DefaultDependencies: 'no', Before: 'sysinit.target' },
        Service: { Type: 'oneshot', RemainAfterExit: 'yes', ExecStart: '/bin/cp ' + secretPath('early') + ' /run/early' },
      },
      wantedBy: ['sysinit.target'],
    },
  } }),
  secrets({ files: { early: { neededFor: 'boot' } } }),`;

const TOKEN = `
  secrets({ files: { token: { owner: 'www-data', mode: '0440', path: '/etc/app/token' } } }),
  files({ etc: { 'app/other.conf': { text: 'tokenFile = ' + secretPath('token') + '\\n' } } }),
  systemd({ units: { 'other.service': { readBy: ['/etc/app/other.conf'] } } }),`;

const USES = `${APP}${TOKEN}`;

describeLab('secrets of a host', () => {
  const lab = useLab(BOX);
  let host: Host;
  let box: SealedBox;
  let key: string;

  beforeAll(async () => {
    host = await lab.host('box');
    key = await hostKeyOf(host);
    box = sealedBox(lab);
    box.declare(USES, key);
    for (const [name, text] of [
      ['app/password', `${PASSWORD}\n`],
      ['token', DIRECT],
      ['early', DIRECT],
    ] as const) {
      expect(await box.secrets(['set', name], text)).toMatchObject({ code: 0 });
    }
  }, 900_000);

  test('A secret is never readable between its creation and its mode; never in argv, logs, diffs', async () => {
    await host.succeed(`cat >/root/watch <<'END'
while [ ! -e /tmp/enough ]; do
  cat /run/stead/secrets.d/.new/token /run/stead/secrets.d/*/app/password /run/stead/secrets/token /run/stead/secrets/app/*
  cat /proc/[0-9]*/cmdline
done >/tmp/seen 2>/dev/null
END
chmod 0755 /root; setpriv --reuid=nobody --regid=nogroup --clear-groups sh /root/watch </dev/null >/dev/null 2>&1 &
while [ ! -e /tmp/enough ]; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ; sleep 0.02; done >/root/seen 2>/dev/null </dev/null &`);
    const diff = await box.stead('diff');
    const plan = await box.stead('dry-activate');
    const switched = await box.stead('switch', '--json');
    expect(switched).toMatchObject({ code: 0 });
    await host.succeed('touch /tmp/enough; sleep 0.5');
    const said = [diff, plan, switched].map(({ stdout, stderr }) => stdout + stderr).join('');
    const logs = await host.succeed(
      'cat /tmp/seen /root/seen; journalctl --no-pager; cat /var/lib/stead/switch/*',
    );
    for (const text of [PASSWORD, DIRECT]) {
      expect(said).not.toContain(text);
      expect(logs.includes(text)).toBe(false);
    }
    expect(plan.stdout).toContain('secret decrypt app/password (is new');
    expect(
      await host.succeed(
        'rm /tmp/enough; stat -c "%a %U %G %n" /run/stead/secrets/token /run/stead/secrets/app/*',
      ),
    ).toBe(
      [
        '440 www-data root /run/stead/secrets/token',
        '400 root root /run/stead/secrets/app/config',
        '400 root root /run/stead/secrets/app/password',
      ].join('\n'),
    );
    expect(await host.file('/run/app')).toBe(`password = "${PASSWORD}"; # 100%% sure\n`);
    expect(await host.file('/etc/app/token')).toBe(DIRECT);
    expect(
      await host.succeed(
        'setpriv --reuid=www-data --regid=www-data --clear-groups cat /run/stead/secrets/token',
      ),
    ).toBe(DIRECT);
    await host.fail('setpriv --reuid=www-data --regid=www-data --clear-groups ls /run/stead/secrets');
    await host.fail(
      'setpriv --reuid=nobody --regid=nogroup --clear-groups cat /run/stead/secrets/app/password',
    );
    expect(await host.succeed('stat -f -c %T /run/stead/secrets/')).toBe('tmpfs');
  });

  test('a scan would find a plaintext on the disk, in the journal, in an output or in a process list', async () => {
    const planted = (letter: string): string => `planted-${letter.repeat(8)}`;
    await host.succeed(
      `echo ${planted('a')} >/root/file; rm /root/file; echo ${planted('a')} >/root/other; sync`,
    );
    await host.succeed(`echo ${planted('b')} | systemd-cat; journalctl --sync`);
    await host.succeed(`sh -c 'sleep 300; true' ${planted('c')} >/dev/null 2>&1 &`);
    const remains = { folder: lab.folder, hosts: [host], since: new Date(), said: ['x', planted('d')] };
    const found = await leaks(remains, ['a', 'b', 'c', 'd'].map(planted));
    expect(found).toContain('the journal of box');
    expect(found).toContain('what the command line said');
    expect(found.filter((path) => path.startsWith(lab.folder))).toHaveLength(1);
    expect(found.filter((path) => /^\/proc\/\d+\/cmdline$/.test(path))).not.toEqual([]);
  });

  test('nothing is done where nothing has changed', async () => {
    expect(await box.stead('switch')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('nothing to do') as string,
    });
  });

  test('Secrets that an early unit needs after a reboot, tmpfs empty: ordered before it', async () => {
    await host.crash();
    await host.boot();
    expect(await host.file('/run/early')).toBe(DIRECT);
    await host.waitForUnit('app.service');
    expect(await host.file('/run/app')).toContain(PASSWORD);
    expect(await host.succeed('systemctl is-failed stead-boot.service || :')).toBe('active');
  });

  test('a secret that is damaged on the host keeps the others from nobody at boot, and is there again after a switch', async () => {
    const sealed = '/var/lib/stead/current/root/etc/stead/secrets/token.age';
    await host.succeed(`cp ${sealed} /root/sealed; tr A-Z B-ZA </root/sealed >${sealed}`);
    await host.reboot();
    expect(await host.succeed('systemctl is-failed stead-boot.service || :')).toBe('failed');
    expect(await host.journal('stead-boot.service')).toContain(
      "token cannot be decrypted with this host's key",
    );
    expect(await host.file('/run/app')).toContain(PASSWORD);
    expect(await host.file('/run/early')).toBe(DIRECT);
    await host.fail('test -e /run/stead/secrets/token');
    await host.succeed(`cat /root/sealed >${sealed}`);
    await box.succeeds('switch');
    expect(await host.file('/etc/app/token')).toBe(DIRECT);
  });

  test('a unit restarts when what it reads has another content, and not for another encryption', async () => {
    const pids = (): Promise<string[]> =>
      Promise.all(['app.service', 'other.service'].map((unit) => host.pid(unit)));
    const [app, other] = await pids();
    const before = readFileSync(join(box.path, 'hosts/secrets/token.age'), 'utf8');
    expect(await box.secrets(['set', 'app/password'], CHANGED)).toMatchObject({ code: 0 });
    expect(await box.secrets(['set', 'token'], DIRECT)).toMatchObject({ code: 0 });
    expect(readFileSync(join(box.path, 'hosts/secrets/token.age'), 'utf8')).not.toBe(before);
    const plan = await box.stead('dry-activate');
    expect(plan.stdout).toContain(
      'secret decrypt token (is encrypted anew; where its content has changed, so have other.service)',
    );
    const [, hash] = /^\s*plan (\S+)$/m.exec(plan.stdout) ?? [];
    await box.succeeds('switch', '--plan', hash!);
    const after = await pids();
    expect(after[0]).not.toBe(app);
    expect(after[1]).toBe(other);
    expect(await host.file('/run/app')).toContain(CHANGED);
  });

  test('a rollback brings back the secrets of its generation, and restarts what reads them', async () => {
    await box.succeeds('rollback');
    expect(await host.file('/run/app')).toContain(PASSWORD);
    expect(await host.succeed('ls /run/stead/secrets.d | wc -l')).toBe('1');
    await box.succeeds('switch');
    expect(await host.file('/run/app')).toContain(CHANGED);
  });

  test('One secret fails to decrypt: none is swapped, the old generation lives', async () => {
    const generation = await host.succeed('readlink /var/lib/stead/current');
    const folder = await host.succeed('readlink /run/stead/secrets');
    expect(await box.secrets(['set', 'app/password'], 'never to be seen')).toMatchObject({ code: 0 });
    damage(box.path, 'token');
    const switched = await box.stead('switch');
    expect(switched).toMatchObject({ code: 1 });
    expect(switched.stderr).toContain("token cannot be decrypted with this host's key");
    expect(switched.stderr).toContain('secrets that cannot be had here: token; nothing was changed');
    expect(await host.succeed('readlink /var/lib/stead/current')).toBe(generation);
    expect(await host.succeed('readlink /run/stead/secrets')).toBe(folder);
    expect(await host.succeed('ls -A /run/stead/secrets.d | wc -l')).toBe('1');
    expect(await host.file('/run/app')).toContain(CHANGED);
    expect(await box.secrets(['set', 'token'], DIRECT)).toMatchObject({ code: 0 });
    expect(await box.secrets(['set', 'app/password'], CHANGED)).toMatchObject({ code: 0 });
  });

  test('an owner who does not exist is refused, and made first where the fleet declares it', async () => {
    const owned = `${USES} secrets({ files: { token: { owner: 'nobody-here' } } }),`.replace(
      "owner: 'www-data', ",
      '',
    );
    box.declare(owned, key);
    const refused = await box.stead('switch');
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain(
      'token is to belong to nobody-here:root, which this host does not have; declare it in `users`',
    );
    box.declare(`${owned} users({ users: { 'nobody-here': {} } }),`, key);
    await box.succeeds('switch');
    expect(await host.succeed('stat -L -c %U /etc/app/token')).toBe('nobody-here');
  });

  test('a switch that is taken back leaves the secrets of before', async () => {
    expect(await box.secrets(['set', 'app/password'], 'not for long')).toMatchObject({ code: 0 });
    box.declare(`${USES} checks({ health: { never: { command: ['false'], tries: 1 } } }),`, key);
    expect(await box.stead('switch')).toMatchObject({ code: 4 });
    expect(await host.file('/run/app')).toContain(CHANGED);
    expect(await host.file('/run/stead/secrets/app/password')).toBe(CHANGED);
    expect(await host.succeed('ls -A /run/stead/secrets.d | wc -l')).toBe('1');
    expect(await box.secrets(['set', 'app/password'], CHANGED)).toMatchObject({ code: 0 });
  });

  test('after a new installation of the host: its new key, rekey, switch', async () => {
    await host.succeed(
      'rm /etc/ssh/ssh_host_ed25519_key*; ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key; systemctl restart ssh',
    );
    const fresh = await hostKeyOf(host);
    box.declare(USES, fresh);
    writeFileSync(join(lab.folder, 'known_hosts'), `box ${fresh}\n`);
    const unsealed = await run(['build', 'box', '--repo', box.path]);
    expect(unsealed).toMatchObject({ code: 2 });
    expect(unsealed.stderr).toContain('the secret app/password is not encrypted for box, which uses it');
    expect(await box.secrets(['rekey'])).toMatchObject({ code: 0 });
    await box.succeeds('switch');
    expect(await host.file('/etc/app/token')).toBe(DIRECT);
    key = fresh;
  });

  test('A removed secret is gone', async () => {
    box.declare(APP, key);
    await box.succeeds('switch');
    await host.fail('test -e /run/stead/secrets/token');
    await host.fail('test -L /etc/app/token');
    expect(await host.succeed(`grep -rlF '${DIRECT}' /run/stead /etc || :`)).toBe(
      '/run/stead/secrets.d/'.concat(await host.succeed('ls /run/stead/secrets.d'), '/early'),
    );
    box.declare('', key);
    await box.succeeds('switch');
    await host.fail('test -e /run/stead');
  });
});
