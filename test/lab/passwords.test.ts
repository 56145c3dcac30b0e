// Secrets of users on a real host: the passwords of their accounts, and what services of their own read.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { describeLab, useLab, type Host } from './driver.ts';
import { BOX } from './fleet.ts';
import { layTraps, runToPoint } from './interrupt.ts';
import { plaintext } from './leaks.ts';
import { hostKeyOf, sealedBox, type SealedBox } from './secrets.ts';

const [ONE, TWO, BEFORE] = ['open-one-sesame-Kd83', 'open-two-sesame-Pw27', 'before-stead-Zx11'].map(
  plaintext,
) as [string, string, string];
const hashOf = (password: string): string =>
  execFileSync('openssl', ['passwd', '-6', '-stdin'], { input: password }).toString();
const [HASH_ONE, HASH_TWO] = [hashOf(ONE), hashOf(TWO)];

/** Eva is made by the switch, and has a secret of her own besides; Pi was there before. */
const EVA = `
  users({ users: { eva: { system: false, linger: true, hashedPasswordFile: secretPath('eva/password') } } }),
  secrets({ files: {
    'eva/password': { neededFor: 'users' },
    'eva/token': { owner: 'eva', group: 'eva' },
  } }),
  systemd({ user: { units: {
    'app.service': {
      sections: { Unit: { ConditionUser: 'eva' }, Service: { ExecStart: '/bin/sh -c "cat ' + secretPath('eva/token') + ' >%t/app; exec sleep inf"' } },
      wantedBy: ['default.target'],
    },
  } } }),`;
const PI = `users({ users: { pi: { hashedPasswordFile: '/root/pi.hash' } } }),`;

describeLab('the users of a host', () => {
  const lab = useLab(BOX);
  let host: Host;
  let box: SealedBox;
  let key: string;

  /** Whether somebody without rights becomes a user by a password. */
  const logsIn = async (user: string, password: string): Promise<boolean> => {
    const su = `su ${user} -s /bin/sh -c 'id -un'`;
    const { stdout } = await host.run(
      `printf '%s\\n' '${password}' | setpriv --reuid=nobody --regid=nogroup --clear-groups ${su} 2>/dev/null`,
    );
    return stdout.trim() === user;
  };
  const field = (user: string): Promise<string> => host.succeed(`getent shadow ${user} | cut -d : -f 2`);
  const set = async (name: string, text: string): Promise<void> => {
    expect(await box.secrets(['set', name], text)).toMatchObject({ code: 0 });
  };

  beforeAll(async () => {
    host = await lab.host('box');
    key = await hostKeyOf(host);
    box = sealedBox(lab);
    await host.succeed(`useradd --create-home pi; printf 'pi:%s\\n' '${BEFORE}' | chpasswd`);
    box.declare(EVA, key);
    await set('eva/password', HASH_ONE);
    await set('eva/token', 'token-of-eva-one-Jq55');
  }, 900_000);

  test('log in with the password that a secret has the hash of, which nothing shows on its way', async () => {
    await host.succeed(
      `while [ ! -e /tmp/enough ]; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ; sleep 0.02; done >/run/seen 2>/dev/null </dev/null &`,
    );
    const said = [await box.stead('dry-activate'), await box.stead('switch', '--json')];
    await host.succeed('touch /tmp/enough; sleep 0.1');
    expect(said).toMatchObject([{ code: 0 }, { code: 0 }]);
    expect(said[0]!.stdout).toContain('account password eva');
    const seen = await host.succeed('cat /run/seen; rm /run/seen /tmp/enough; journalctl --no-pager');
    expect(seen).not.toContain(HASH_ONE.trim());
    expect(await field('eva')).toBe(HASH_ONE.trim());
    expect(await logsIn('eva', ONE)).toBe(true);
    expect(await logsIn('eva', TWO)).toBe(false);
    expect(
      await host.succeed('stat -c "%a %U %n" /run/stead/secrets/eva/*; ls -A /run/stead/secrets.d | wc -l'),
    ).toBe('400 root /run/stead/secrets/eva/password\n400 eva /run/stead/secrets/eva/token\n1');
  });

  test('keep it untouched where nothing has changed, or it was merely encrypted again', async () => {
    const file = await host.succeed('stat -c %i /etc/shadow');
    expect((await box.stead('switch')).stdout).toContain('nothing to do');
    await set('eva/password', HASH_ONE);
    await box.succeeds('switch');
    expect(await host.succeed('stat -c %i /etc/shadow')).toBe(file);
  });

  test('get another one, and back what was theirs at a rollback; after a reboot as well', async () => {
    await set('eva/password', HASH_TWO);
    await box.succeeds('switch');
    expect([await logsIn('eva', ONE), await logsIn('eva', TWO)]).toEqual([false, true]);
    await box.succeeds('rollback');
    expect([await logsIn('eva', ONE), await logsIn('eva', TWO)]).toEqual([true, false]);
    await box.succeeds('switch');
    await host.crash();
    await host.boot();
    expect([await logsIn('eva', ONE), await logsIn('eva', TWO)]).toEqual([false, true]);
    await host.waitUntilSucceeds('test -s /run/user/$(id -u eva)/app');
  });

  test('keep it where the secret holds no hash, of which the message shows nothing', async () => {
    const generation = await host.succeed('readlink /var/lib/stead/current');
    const text = plaintext('a-password-in-its-place-Vr90');
    const recipients = [key, box.administrator.publicKey].flatMap((one) => ['--recipient', one]);
    // Not by stead, which refuses it.
    writeFileSync(
      join(box.path, 'hosts/secrets/eva/password.age'),
      execFileSync('age', ['--encrypt', '--armor', ...recipients], { input: text }),
    );
    box.declare(`${EVA} users({ users: { late: {} } }),`, key);
    const refused = await box.stead('switch');
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain('is to hold for eva is one line with the hash of a password');
    expect(refused.stderr + refused.stdout).not.toContain(text);
    await host.fail('getent passwd late');
    expect(await host.succeed('readlink /var/lib/stead/current; ls -A /run/stead/secrets.d | wc -l')).toBe(
      `${generation}\n1`,
    );
    expect(await logsIn('eva', TWO)).toBe(true);
    box.declare(EVA, key);
    await set('eva/password', HASH_TWO);
  });

  test('have a service of theirs restarted when the secret that it reads has another content', async () => {
    const app = (verb: string): string =>
      `runuser -u eva -- env XDG_RUNTIME_DIR=/run/user/$(id -u eva) systemctl --user ${verb} app.service`;
    const pid = (): Promise<string> => host.succeed(app('show --value --property=MainPID'));
    const before = await pid();
    await set('eva/token', 'token-of-eva-one-Jq55');
    await box.succeeds('switch');
    expect(await pid()).toBe(before);
    await set('eva/token', 'token-of-eva-two-Jq55');
    const plan = await box.stead('dry-activate');
    expect(plan.stdout).toContain('where its content has changed, so have user/app.service');
    await box.succeeds('switch');
    expect(await pid()).not.toBe(before);
    await host.waitUntilSucceeds('grep -q two /run/user/$(id -u eva)/app');
  });

  test('have what one whole generation says after a power cut around the moment that it is set', async () => {
    await box.succeeds('switch');
    await host.succeed('ln -s /usr/sbin/chpasswd /usr/bin/chpasswd');
    await layTraps(host, ['chpasswd']);
    const now = (): Promise<string> => host.succeed('basename "$(readlink -f /var/lib/stead/current)"');
    const wanted = new Map([[await now(), HASH_TWO]]);
    const [two] = wanted.keys();
    await set('eva/password', HASH_ONE);
    await box.succeeds('switch');
    wanted.set(await now(), HASH_ONE);
    const command = `sh /var/lib/stead/current/runtime/stead-host switch ${two!}`;
    expect(await runToPoint(host, 1, command)).toBe('stopped');
    await host.crash();
    await host.boot();
    expect(await field('eva')).toBe(wanted.get(await now())?.trim());
    expect(await host.succeed('systemctl is-failed stead-boot.service || :')).toBe('active');
  });

  test('that were there before get theirs back when the option leaves; others are locked', async () => {
    const pi = await host.succeed('getent shadow pi');
    await host.succeed(
      `umask 077; printf '%s\\n' '${HASH_TWO.trim()}' >/run/pi.hash; ln -s /run/pi.hash /root/`,
    );
    box.declare(`${EVA} ${PI}`, key);
    await box.succeeds('switch');
    expect([await logsIn('pi', TWO), await logsIn('pi', BEFORE)]).toEqual([true, false]);
    box.declare(`users({ users: { eva: { system: false }, pi: {} } }),`, key);
    await box.succeeds('switch');
    expect(await host.succeed('getent shadow pi')).toBe(pi);
    expect(await field('eva')).toBe('!');
    expect([await logsIn('pi', BEFORE), await logsIn('eva', ONE)]).toEqual([true, false]);
    // Managers of those who were logged in are on their way out.
    await host.waitUntilSucceeds('! test -e /run/user/$(id -u eva) && ! test -e /run/user/$(id -u pi)');
    await box.succeeds('rollback');
    expect([await logsIn('pi', TWO), await logsIn('eva', ONE)]).toEqual([true, true]);
    await box.succeeds('remove', '--yes');
    expect(await host.succeed('getent shadow pi')).toBe(pi);
    // Her manager may still be on its way out, and keeps the account.
    expect(await logsIn('eva', ONE)).toBe(false);
  });
});
