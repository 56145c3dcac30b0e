// Users, groups and settings of the system on a real Debian.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeLab, useLab, type Host } from './driver.ts';
import { BOX, BOX_ADDRESS, boxIn, type Box } from './fleet.ts';

describeLab('a host', () => {
  const lab = useLab(BOX);
  let box: Host;
  let fleet: Box;
  const keys = mkdtempSync(join(tmpdir(), 'stead-keys-'));
  const key = join(keys, 'eva');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'eva', '-f', key]);
  const publicKey = readFileSync(`${key}.pub`, 'utf8').trim();
  afterAll(() => rmSync(keys, { recursive: true, force: true }));

  const empty = (): ReturnType<Box['switchTo']> => fleet.switchTo(`files({ etc: { motd: 'x' } })`);

  beforeAll(async () => {
    box = await lab.host('box');
    fleet = boxIn(lab);
    expect(await empty()).toMatchObject({ code: 0 });
  }, 900_000);

  describe('with users', () => {
    const passwd = (name: string): Promise<string> => box.succeed(`getent passwd ${name}`);

    test('gets them with shell, home, groups and keys, and they can log in', async () => {
      const use = `users({
        groups: { makers: { gid: 4000 } },
        users: {
          eva: { system: false, uid: 4001, groups: ['makers', 'sudo'], authorizedKeys: ['${publicKey}'], linger: true },
          worker: { groups: ['makers'], home: '/srv/worker' },
        },
      }), files({ etc: { 'for-worker': { text: 'x', owner: 'worker', group: 'makers', mode: '0640' } } })`;
      expect(await fleet.switchTo(use)).toMatchObject({ code: 0 });
      expect(await passwd('eva')).toMatch(/^eva:x:4001:\d+::\/home\/eva:\/bin\/bash$/);
      expect(await passwd('worker')).toMatch(/^worker:x:\d+:\d+::\/srv\/worker:\/usr\/sbin\/nologin$/);
      expect(await box.succeed('id -nG eva')).toBe('eva sudo makers');
      expect(await box.succeed('stat -c "%a %U %G" /home/eva/.ssh /home/eva/.ssh/authorized_keys')).toBe(
        '700 eva eva\n600 eva eva',
      );
      expect(await box.succeed('stat -L -c "%a %U %G" /etc/for-worker')).toBe('640 worker makers');
      const login = await lab.operator(
        `ssh -F none -i ${key} -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null eva@${BOX_ADDRESS} id -un`.split(
          ' ',
        ),
      );
      expect(login).toMatchObject({ stdout: 'eva' });
      await box.waitForUnit('user@4001.service');
      expect((await fleet.switchTo(use)).stdout).toContain('nothing to do');
    });

    test('leaves a user that goes with its number and files, without keys, groups and lingering, and gives all back when it returns', async () => {
      expect(await empty()).toMatchObject({ code: 0 });
      expect(await passwd('eva')).toMatch(/^eva:x:4001:/);
      expect(await box.succeed('id -nG eva')).toBe('eva');
      await box.fail('test -e /home/eva/.ssh/authorized_keys');
      await box.fail('test -e /var/lib/systemd/linger/eva');
      await box.succeed('test -d /home/eva');
      const number = await box.succeed('id -u worker');
      expect(await fleet.stead('rollback')).toMatchObject({ code: 0 });
      expect(await box.succeed('id -nG eva')).toBe('eva sudo makers');
      await box.succeed('test -e /home/eva/.ssh/authorized_keys && test -e /var/lib/systemd/linger/eva');
      expect(await empty()).toMatchObject({ code: 0 });
      expect(await fleet.switchTo(`users({ users: { worker: {} } })`)).toMatchObject({ code: 0 });
      expect(await box.succeed('id -u worker')).toBe(number);
      expect(await passwd('worker')).toContain(':/var/lib/worker:');
    });

    test('refuses numbers that are another’s before anything has changed, with both names', async () => {
      await box.succeed('groupadd --gid 4100 taken && useradd --uid 4100 --gid 4100 taken');
      const result = await fleet.switchTo(
        `users({ users: { new: { uid: 4100 }, eva: { uid: 4002 } }, groups: { other: { gid: 4100 } } }), files({ etc: { new: 'x' } })`,
      );
      expect(result.code).toBe(1);
      expect(result.stderr).toContain('the number 4100 of the user new belongs to the user taken here');
      expect(result.stderr).toContain('the number 4100 of the group other belongs to the group taken here');
      expect(result.stderr).toContain('the user eva has the number 4001 here and is to have 4002');
      await box.fail('getent passwd new || getent group other || test -e /etc/new');
    });

    test('owner or group that does not exist yet: made first, else a failure before the commit point; never silently root', async () => {
      const file = (owner: string, group: string): string =>
        `files({ etc: { owned: { kind: 'copy', text: 'x', owner: '${owner}', group: '${group}' } }, paths: { '/srv/owned': { kind: 'directory', owner: '${owner}', group: '${group}' } } })`;
      const nobody = await fleet.switchTo(file('nobody-yet', 'root'));
      expect(nobody.code).toBe(1);
      expect(nobody.stderr).toContain(
        '/etc/owned is to belong to the user nobody-yet, which is not on this host',
      );
      const group = await fleet.switchTo(`users({ users: { late: { groups: ['no-group'] } } })`);
      expect(group.code).toBe(1);
      expect(group.stderr).toContain('there is no group no-group for the user late');
      await box.fail('test -e /etc/owned');
      expect(
        await fleet.switchTo(
          `${file('owner', 'owners')}, users({ users: { owner: {} }, groups: { owners: {} } })`,
        ),
      ).toMatchObject({ code: 0 });
      expect(await box.succeed('stat -c "%U %G" /etc/owned /srv/owned')).toBe('owner owners\nowner owners');
    });

    test('changes what the configuration says of a user that was there, and gives it back', async () => {
      await box.succeed(
        'useradd --create-home --home-dir /srv/pi --shell /bin/sh pi && usermod --append --groups video pi',
      );
      const before = await passwd('pi');
      expect(
        await fleet.switchTo(`users({ users: { pi: { shell: '/bin/bash', groups: ['adm'] } } })`),
      ).toMatchObject({ code: 0 });
      expect(await passwd('pi')).toBe(before.replace('/bin/sh', '/bin/bash'));
      expect(await box.succeed('id -nG pi')).toBe('pi adm video');
      expect(await fleet.stead('rollback')).toMatchObject({ code: 0 });
      expect(await passwd('pi')).toBe(before);
      expect(await box.succeed('id -nG pi')).toBe('pi video');
      const keysElsewhere = await fleet.switchTo(
        `users({ users: { pi: { system: false, authorizedKeys: ['${publicKey}'] } } })`,
      );
      expect(keysElsewhere.code).toBe(1);
      expect(keysElsewhere.stderr).toContain(
        'the keys of pi are to be in /home/pi/.ssh/authorized_keys, but its home is /srv/pi here',
      );
    });
  });

  describe('sudoers, sshd_config or authorized_keys that lock the deployer out: caught by `visudo -c`, `sshd -t` and the reconnect', () => {
    test('a mistake in sudoers or sshd_config is found before anything has changed', async () => {
      const wrong = await fleet.switchTo(
        `files({ etc: { 'sudoers.d/eva': { kind: 'copy', mode: '0440', text: 'eva ALL=(ALL NOPASSWD\\n' }, 'ssh/sshd_config.d/x.conf': 'PermitRootLogin perhaps\\n' } })`,
      );
      expect(wrong.code).toBe(1);
      expect(wrong.stderr).toContain('check sudoers failed');
      expect(wrong.stderr).toContain('check sshd failed');
      await box.fail('test -e /etc/sudoers.d/eva || test -e /etc/ssh/sshd_config.d/x.conf');
      const right = await fleet.switchTo(
        `files({ etc: { 'sudoers.d/eva': { kind: 'copy', mode: '0440', text: 'eva ALL=(ALL) NOPASSWD: ALL\\n' }, 'ssh/sshd_config.d/x.conf': 'PermitRootLogin prohibit-password\\n' } })`,
      );
      expect(right).toMatchObject({ code: 0 });
    });

    test('keys that do not let the deployer in again are taken back', async () => {
      const before = await box.file('/root/.ssh/authorized_keys');
      const result = await fleet.switchTo(
        `activation({ confirmSeconds: 10 }), users({ users: { root: { authorizedKeys: ['${publicKey}'] } } })`,
      );
      expect(result.code, result.stderr).toBe(4);
      await box.waitUntilSucceeds(`test "$(cat /root/.ssh/authorized_keys)" = '${before.trim()}'`);
      expect(await fleet.stead('status')).toMatchObject({ code: 0 });
    });
  });

  describe('with settings of the system', () => {
    const value = (name: string): Promise<string> => box.succeed(`sysctl -n ${name}`);

    test('gets those of the kernel at once, and their old values when they leave', async () => {
      const set = (settings: string): ReturnType<Box['switchTo']> =>
        fleet.switchTo(`sysctl({ settings: { ${settings} } })`);
      await box.succeed('sysctl -w net.ipv4.ip_forward=0 net.ipv4.conf.lo.rp_filter=2');
      const range = (await value('net.ipv4.ip_local_port_range')).replace('\t', ' ');
      const many = `'net.ipv4.ip_forward': 1, 'net/ipv4/conf/lo/rp_filter': 1, 'net.ipv4.ip_local_port_range': '20000 30000'`;
      const first = await set(`${many}, 'kernel.panic': 7, 'net.no.such': 1`);
      expect(first).toMatchObject({ code: 0 });
      expect(first.stderr).toContain('the setting kernel/panic is read-only here: left out');
      expect(first.stderr).toContain('the setting net/no/such does not exist on this kernel: left out');
      expect(await value('net.ipv4.ip_forward')).toBe('1');
      expect(await value('net.ipv4.conf.lo.rp_filter')).toBe('1');
      expect(await value('net.ipv4.ip_local_port_range')).toBe('20000\t30000');
      expect(await set(`'net.ipv4.ip_forward': 0`)).toMatchObject({ code: 0 });
      expect(await value('net.ipv4.ip_forward')).toBe('0');
      expect(await value('net.ipv4.conf.lo.rp_filter')).toBe('2');
      expect((await value('net.ipv4.ip_local_port_range')).replace('\t', ' ')).toBe(range);
      expect(await fleet.stead('rollback')).toMatchObject({ code: 0 });
      expect(await value('net.ipv4.ip_forward')).toBe('1');
      await box.reboot();
      expect(await value('net.ipv4.ip_forward')).toBe('1');
      const refused = await set(`'net.ipv4.ip_forward': 'perhaps'`);
      expect(refused.code).toBe(4);
      expect(refused.stderr).toContain('the kernel does not take the values of: net/ipv4/ip_forward');
      expect(await value('net.ipv4.ip_forward')).toBe('1');
    });

    test('makes what files of tmpfiles.d say, and goes back when they cannot be made', async () => {
      const rules = (text: string): ReturnType<Box['switchTo']> =>
        fleet.switchTo(`files({ etc: { 'tmpfiles.d/x.conf': '${text}\\n' } })`);
      expect(await rules('d /run/made 0750 root adm')).toMatchObject({ code: 0 });
      expect(await box.succeed('stat -c "%a %G" /run/made')).toBe('750 adm');
      expect(await rules('d /run/made 0700 no-user root')).toMatchObject({ code: 4 });
      expect(await box.file('/etc/tmpfiles.d/x.conf')).toBe('d /run/made 0750 root adm\n');
    });

    test('leaves modules out in a container, and says so', async () => {
      const result = await fleet.switchTo(`kernel({ modules: ['loop'] })`);
      expect(result).toMatchObject({ code: 0 });
      expect(result.stderr).toContain(
        'modules are not loaded here, in a container or before a reboot into the new kernel: loop',
      );
    });

    test('is refused kernel parameters where nobody reads them', async () => {
      const result = await fleet.switchTo(`kernel({ parameters: { add: ['a=1'] } })`);
      expect(result.code).toBe(1);
      expect(result.stderr).toContain("neither GRUB (update-grub) nor a Raspberry Pi's cmdline.txt");
      expect(await empty()).toMatchObject({ code: 0 });
    });

    test('gets words of the kernel command line of a Raspberry Pi, with the rest of it kept, and its original back', async () => {
      const original = 'console=serial0,115200  root=PARTUUID=1-02 quiet rootwait\n';
      const words = (add: string, remove: string): ReturnType<Box['switchTo']> =>
        fleet.switchTo(`kernel({ parameters: { add: [${add}], remove: [${remove}] } })`);
      await box.succeed(`mkdir -p /boot/firmware; printf '${original}' >/boot/firmware/cmdline.txt`);
      const first = await words(`'cgroup_enable=memory', 'rootwait'`, `'quiet'`);
      expect(first).toMatchObject({ code: 0 });
      expect(first.stderr).toContain('a restart of this host is needed: the kernel command line has changed');
      const changed = 'console=serial0,115200 root=PARTUUID=1-02 rootwait cgroup_enable=memory\n';
      expect(await box.file('/boot/firmware/cmdline.txt')).toBe(changed);
      expect(await box.file('/boot/firmware/cmdline.txt.stead-original')).toBe(original);
      expect((await fleet.stead('status')).stdout).toContain(
        'a restart is needed: the kernel command line has changed',
      );
      expect(await fleet.stead('rollback')).toMatchObject({ code: 0 });
      expect(await box.file('/boot/firmware/cmdline.txt')).toBe(original);
      await box.fail('test -e /boot/firmware/cmdline.txt.stead-original');
      expect((await fleet.stead('status')).stdout).not.toContain('restart');
      expect(await words(`'a=1'`, `'quiet'`)).toMatchObject({ code: 0 });
      await box.succeed(`sed -i 's/rootwait/rootwait by-hand/' /boot/firmware/cmdline.txt`);
      expect(await words(`'b=1'`, '')).toMatchObject({ code: 0 });
      expect(await box.file('/boot/firmware/cmdline.txt')).toBe(
        'console=serial0,115200 root=PARTUUID=1-02 rootwait by-hand quiet b=1\n',
      );
      await box.reboot();
      expect((await fleet.stead('status')).stdout).not.toContain('restart');
      expect(await empty()).toMatchObject({ code: 0 });
      expect((await box.file('/boot/firmware/cmdline.txt')).trim().split(' ').sort()).toEqual([
        'by-hand',
        'console=serial0,115200',
        'quiet',
        'root=PARTUUID=1-02',
        'rootwait',
      ]);
      await box.succeed('rm -r /boot/firmware');
    });

    test('has GRUB read its configuration again when that changes, and is told when that fails', async () => {
      const grub = `. /etc/default/grub; for f in /etc/default/grub.d/*.cfg; do [ ! -e "$f" ] || . "$f"; done
        case $GRUB_CMDLINE_LINUX in *wrong*) echo "no such thing" >&2; exit 1 ;; esac; echo "$GRUB_CMDLINE_LINUX" >/run/grub`;
      await box.succeed(
        `cat >/usr/sbin/update-grub <<'END'\n#!/bin/sh\n${grub}\nEND\nchmod 755 /usr/sbin/update-grub; echo 'GRUB_CMDLINE_LINUX=quiet' >/etc/default/grub`,
      );
      const add = (word: string): ReturnType<Box['switchTo']> =>
        fleet.switchTo(`kernel({ parameters: { add: ['${word}'] } })`);
      expect(await add('a=1')).toMatchObject({ code: 0 });
      expect(await box.file('/run/grub')).toBe('quiet a=1\n');
      const failed = await add('wrong');
      expect(failed.code).toBe(4);
      expect(failed.stderr).toContain('no such thing');
      expect(await box.file('/run/grub')).toBe('quiet a=1\n');
      expect(await empty()).toMatchObject({ code: 0 });
      expect(await box.file('/run/grub')).toBe('quiet\n');
    });

    test('kernel or libc wants a reboot: reported as such, not a failure', async () => {
      await box.succeed('touch /run/reboot-required; echo libc6 >/run/reboot-required.pkgs');
      const result = await fleet.switchTo(`files({ etc: { motd: 'y' } })`);
      expect(result).toMatchObject({ code: 0 });
      expect(result.stderr).toMatch(/a restart of this host is needed: .*packages were upgraded: libc6/);
      expect((await fleet.stead('status')).stdout).toContain(
        'a restart is needed: packages were upgraded: libc6',
      );
    });
  });
});
