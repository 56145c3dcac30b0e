// What a real host's file systems refuse is said before anything is changed.
import { expect, test } from 'vitest';
import { repository } from '../cli/stead.ts';
import { describeLab, useLab, type Host } from './driver.ts';

const address = '198.51.100.1';

/** A repository with one host that has these definitions. */
function fleet(definitions: string): string {
  return repository({
    'hosts/alpha.ts': `import { files, host, systemd, target } from 'stead';
export default host('alpha', { use: [target({ ssh: { address: '${address}' } }), ${definitions}] });
`,
  });
}

/** A unit that a switch would restart where the seconds differ. */
const service = (seconds: number): string => `systemd({ units: { 'stead-example.service': {
  sections: { Service: { ExecStart: '/bin/sleep ${seconds}' } }, wantedBy: ['multi-user.target'] } } })`;

/** What a refused switch must leave as it is. */
const standing =
  'readlink /var/lib/stead/current; systemctl show -p MainPID -p NRestarts stead-example; ls -l /etc /etc/systemd/system; getent passwd';

describeLab('a host of Debian 12', () => {
  const lab = useLab({
    networks: { wan: '198.51.100.254/24' },
    hosts: {
      alpha: { interfaces: { eth0: { network: 'wan', address: `${address}/24` } } },
      beta: { interfaces: { eth0: { network: 'wan', address: '198.51.100.2/24' } } },
    },
  });

  async function refusal(alpha: Host, definitions: string): Promise<string> {
    const before = await alpha.succeed(standing);
    const refused = await lab.stead(['switch', 'alpha', '--repo', fleet(definitions)]);
    expect(refused.code, refused.stderr).toBe(1);
    expect(await alpha.succeed(standing)).toBe(before);
    return refused.stderr;
  }

  test('`/etc` read-only or an overlay (Raspberry Pi’s overlay mode): refused with the reason before any unit stops', async () => {
    const alpha = await lab.host('alpha');
    const first = await lab.stead(['switch', 'alpha', '--repo', fleet(service(1000))]);
    expect(first, first.stderr).toMatchObject({ code: 0 });
    await alpha.waitForUnit('stead-example.service');
    const next = `${service(2000)}, files({ etc: { motd: 'new\\n' } })`;

    await alpha.succeed('mount --bind /etc /etc && mount -o remount,bind,ro /etc');
    const readOnly = await refusal(alpha, next);
    await alpha.succeed('umount /etc');
    expect(readOnly).toContain('/etc is on a file system that is mounted read-only (/etc)');

    await alpha.succeed(
      'mkdir -p /run/over && mount -t tmpfs over /run/over && mkdir /run/over/up /run/over/work && mount -t overlay -o lowerdir=/etc,upperdir=/run/over/up,workdir=/run/over/work over /etc',
    );
    const overlay = await refusal(alpha, next);
    await alpha.succeed('umount /etc && umount /run/over');
    expect(overlay).toContain('/etc is an overlay whose changes are lost at the next start');
  });

  test('Owner or group that does not exist yet: made first, else a failure before the commit point; never silently root', async () => {
    const alpha = await lab.host('alpha');
    const stderr = await refusal(
      alpha,
      `${service(2000)}, files({ etc: { 'nobodys': { kind: 'directory', owner: 'missing', group: 'absent' } } })`,
    );
    expect(stderr).toContain('belong to the user missing, which is not on this host');
    expect(stderr).toContain('belong to the group absent, which is not on this host');
  });

  test('where the store is on a file system of its own, a generation with units is refused with that advice', async () => {
    const alpha = await lab.host('alpha');
    await alpha.succeed(
      'cp -a /var/lib/stead /root/stead && mount -t tmpfs own /var/lib/stead && cp -a /root/stead/. /var/lib/stead',
    );
    const stderr = await refusal(alpha, service(3000));
    await alpha.succeed('umount /var/lib/stead');
    expect(stderr).toContain('is on a file system of its own (/var/lib/stead)');
    expect(stderr).toContain('activation({ storeDir: "/stead" })');
  });

  test('a store that the fleet puts into the root file system serves a host whose /var is mounted late', async () => {
    const beta = await lab.host('beta');
    // Another file system at each boot, as late as any of /etc/fstab.
    await beta.succeed(
      'mkdir /srv/var && cp -a /var/. /srv/var && echo "/srv/var /var none bind 0 0" >>/etc/fstab && mount -t tmpfs own /var/lib && cp -a /srv/var/lib/. /var/lib',
    );
    const source = (text: string, more = '') => ({
      'hosts/beta.ts': `import { activation, files, host, systemd, target } from 'stead';
export default host('beta', { use: [target({ ssh: { address: '198.51.100.2' } }), files({ etc: { motd: '${text}\\n' } }), ${service(1000)}, ${more}] });
`,
    });
    const refused = await lab.stead(['switch', 'beta', '--repo', repository(source('one'))]);
    expect(refused).toMatchObject({ code: 1 });
    const placed = `activation({ storeDir: '/stead' })`;
    expect(await lab.stead(['switch', 'beta', '--repo', repository(source('one', placed))])).toMatchObject({
      code: 0,
    });
    expect(await beta.succeed('readlink /var/lib/stead /etc/motd')).toBe(
      '/stead\n/stead/current/root/etc/motd',
    );
    expect(await lab.stead(['switch', 'beta', '--repo', repository(source('two', placed))])).toMatchObject({
      code: 0,
    });
    await beta.succeed('rm -rf /srv/var/lib/stead; cp -a /var/lib/stead /srv/var/lib/; umount /var/lib');
    await beta.reboot();
    expect(await beta.file('/etc/motd')).toBe('two\n');
    await beta.waitForUnit('stead-example.service');
    await beta.succeed('stead-host rollback');
    expect(await beta.file('/etc/motd')).toBe('one\n');
    const moved = await lab.stead([
      'switch',
      'beta',
      '--repo',
      repository(source('one', `activation({ storeDir: '/other' })`)),
    ]);
    expect(moved).toMatchObject({ code: 1 });
    expect(moved.stderr).toContain('its store is /stead, which the links of its generations lead through');
    expect(
      await lab.stead(['remove', 'beta', '--yes', '--repo', repository(source('one', placed))]),
    ).toMatchObject({ code: 0 });
    await beta.fail('ls -d /stead /var/lib/stead');
  }, 180_000);
});
