// The longer story of a real host: going back, failing to, switching itself, and keeping the door open.
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import { hostScript } from '../../src/host/index.ts';
import { repository, write } from '../cli/stead.ts';
import { describeLab, useLab, type Host } from './driver.ts';

const ADDRESS = '198.51.100.1';

/** A host whose /etc/motd says `text`, and that waits ten seconds to be confirmed. */
function source(text: string, more = '', name = 'alpha'): string {
  return `import { activation, checks, files, host, systemd, target, users } from 'stead';
export default host('${name}', {
  use: [
    target({ ssh: { address: '${ADDRESS}' } }),
    activation({ confirmSeconds: 10 }),
    files({ etc: { motd: '${text}\\n' } }),
    ${more}
  ],
});
`;
}

/** A unit that runs these commands when it comes, and when it goes. */
function unit(name: string, start: string, stop = '/bin/true'): string {
  return `systemd({ units: { '${name}.service': { wantedBy: ['multi-user.target'], sections: {
    Service: { Type: 'oneshot', RemainAfterExit: true, ExecStart: '${start}', ExecStop: '${stop}' } } } } }),`;
}

describeLab('the life of a real host', () => {
  const lab = useLab({
    networks: { wan: '198.51.100.254/24' },
    hosts: { alpha: { interfaces: { eth0: { network: 'wan', address: `${ADDRESS}/24` } } } },
  });
  const repo = repository({ 'hosts/alpha.ts': source('first') });
  const stead = (...args: string[]) => lab.stead([...args, '--repo', repo]);
  const switchTo = (text: string, more = '') => {
    write(repo, 'hosts/alpha.ts', source(text, more));
    return stead('switch', 'alpha');
  };
  const states = async (): Promise<string[]> =>
    (await alpha.succeed('stead-host generations')).split('\n').map((line) => line.split('\t')[3] ?? '');
  const motd = () => alpha.file('/etc/motd');
  let alpha: Host;

  beforeEach(async () => {
    alpha = await lab.host('alpha');
    await alpha.succeed('test ! -e /var/lib/stead/lock || flock /var/lib/stead/lock true');
    expect(await switchTo('first')).toMatchObject({ code: 0 });
  }, 120_000);

  test('The host’s own address that the deployer uses changes: no confirmation, rollback within the deadline. Exit code after any rollback is not 0', async () => {
    const moves = unit(
      'moves',
      `/bin/sh -c "ip address add 198.51.100.9/24 dev eth0; ip address delete ${ADDRESS}/24 dev eth0"`,
      `/bin/sh -c "ip address add ${ADDRESS}/24 dev eth0; ip address delete 198.51.100.9/24 dev eth0"`,
    );
    const result = await switchTo('moved', moves);
    expect(result).toMatchObject({ code: 4 });
    expect(await motd()).toBe('first\n');
    expect((await states()).at(-1)).toBe('rolled-back');
    expect((await stead('status', 'alpha')).stdout).toContain('was rolled back');
  }, 180_000);

  test('what is left for a person to do is said by the switch, which goes on, and by status until it is done', async () => {
    const step = `checks({ manual: { delegation: {
      instruction: 'Add the record to the zone.',
      command: ['sh', '-c', 'test -e /etc/done || { echo acme IN NS vps; exit 1; }'] } } }),`;
    const said = 'to do by hand (delegation): Add the record to the zone.';
    const first = await switchTo('second', step);
    expect(first).toMatchObject({ code: 0 });
    expect(first.stdout).toMatch(
      new RegExp(`^alpha {2}switched .*\\nalpha: ${said.replace(/[()]/g, '.')}\\nalpha: {3}acme IN NS vps$`),
    );
    expect((await switchTo('second', step)).stdout).toContain(said);
    expect((await stead('status', 'alpha')).stdout).toContain(`  ${said}\n    acme IN NS vps`);
    await alpha.succeed('touch /etc/done');
    expect((await switchTo('third', step)).stdout).not.toContain('by hand');
    expect((await stead('status', 'alpha')).stdout).not.toContain('by hand');
    await alpha.succeed('rm /etc/done');
  }, 60_000);

  test('Rollback goes to the generation recorded before the switch, never to "the last one listed" or "minus one"; it needs no network, evaluator or package', async () => {
    const generation = async () => (await alpha.succeed('readlink /var/lib/stead/current')).split('/').at(-1);
    const first = await generation();
    await switchTo('second');
    await switchTo('third');
    const third = await generation();
    await alpha.unplug();
    await alpha.succeed(`stead-host switch ${first}`);
    expect(await motd()).toBe('first\n');
    await alpha.succeed(`stead-host switch ${third}`);
    await alpha.succeed('stead-host rollback');
    expect(await motd()).toBe('second\n');
    await alpha.plug();
    expect(await switchTo('fourth')).toMatchObject({ code: 0 });
    await alpha.succeed('stead-host rollback');
    expect(await motd()).toBe('second\n');
  }, 120_000);

  test('Rollback itself fails: the state says "partial", loudly; the next switch repairs it', async () => {
    // What the new generation puts there cannot be taken away any more, and it fails.
    const sealed = `files({ paths: { '/srv/sealed/file': { kind: 'copy', text: 'x' } } }),
      ${unit('seals', '/bin/sh -c "mount --bind /srv/sealed /srv/sealed && mount -o remount,bind,ro /srv/sealed; exit 1"')}`;
    const result = await switchTo('sealed', sealed);
    expect(result).toMatchObject({ code: 6 });
    expect(result.stderr).toContain('PARTIAL: the host could neither be switched nor put back');
    const status = await stead('status', 'alpha');
    expect(status.stdout).toContain('a switch was interrupted');
    expect((await states()).at(-1)).toBe('partial');
    await alpha.succeed('umount /srv/sealed');
    expect(await switchTo('repaired')).toMatchObject({ code: 0 });
    await alpha.fail('test -e /srv/sealed');
    expect(await stead('verify', 'alpha')).toMatchObject({ code: 0 });
  }, 120_000);

  test('The tool’s own cron job, unit or runtime changes in the switch: it is not killed half way', async () => {
    const nightly = (what: string) => `systemd({ units: { 'nightly.service': { sections: { Service: {
      Type: 'oneshot', Environment: 'WHAT=${what}', KillMode: 'control-group',
      ExecStart: '/bin/sh -c "/usr/local/bin/stead-host switch $(cat /root/bundle) --watchdog no"' } } } } }),`;
    expect(await switchTo('before', nightly('before'))).toMatchObject({ code: 0 });
    write(repo, 'hosts/alpha.ts', source('after', nightly('after') + unit('late', '/bin/sleep 2')));
    // Brings the bundle there without switching to it.
    expect(await stead('boot', 'alpha')).toMatchObject({ code: 0 });
    await alpha.succeed(
      'readlink /var/lib/stead/staged | sed "s|^|/var/lib/stead/|" | xargs readlink | sed "s|.*/||" >/root/bundle',
    );
    await alpha.run('systemctl start nightly.service');
    await alpha.waitUntilSucceeds('flock -n /var/lib/stead/lock true && grep -q after /etc/motd', 30);
    await alpha.waitForUnit('late.service');
    expect((await states()).at(-1)).toBe('confirmed');
    expect(await stead('verify', 'alpha')).toMatchObject({ code: 0 });
  }, 120_000);

  test('sudoers, sshd_config or authorized_keys that lock the deployer out: caught by `visudo -c`, `sshd -t` and the reconnect', async () => {
    const sshd = await switchTo(
      'sshd',
      `files({ etc: { 'ssh/sshd_config.d/broken.conf': 'PermitRootLogin perhaps\\n' } }),
       checks({ preflight: { sshd: ['/usr/sbin/sshd', '-t'] } }),`,
    );
    expect(sshd).toMatchObject({ code: 1 });
    expect(sshd.stderr).toContain('broken.conf');
    const sudoers = await switchTo(
      'sudo',
      `files({ etc: { 'sudoers.d/broken': { kind: 'copy', mode: '0440', text: 'deploy ALL=(ALL NOPASSWD\\n' } } }),
       checks({ preflight: { sudo: ['visudo', '-c'] } }),`,
    );
    expect(sudoers).toMatchObject({ code: 1 });
    expect(sudoers.stderr).toContain('sudoers.d/broken');
    const keys = await switchTo(
      'keys',
      `files({ paths: { '/root/.ssh/authorized_keys': { kind: 'copy', mode: '0600', text: '# nobody\\n' } } }),`,
    );
    expect(keys).toMatchObject({ code: 4 });
    expect(keys.stderr).toContain('lets root not log in');
    expect(await motd()).toBe('first\n');
    expect(await switchTo('first')).toMatchObject({ code: 0 });
  }, 180_000);

  test('`systemctl enable` and `disable` on linked units refuse, or delete the link: stead makes its own wants links and never calls them. A unit link into a folder outside the search path loads; one into a SUBfolder of the search path does not', async () => {
    expect(hostScript()).not.toMatch(/systemctl\b[^\n]* (enable|disable|preset|reenable)\b/);
    expect(await switchTo('linked', unit('linked', '/bin/true'))).toMatchObject({ code: 0 });
    const file = '/etc/systemd/system/linked.service';
    const wants = '/etc/systemd/system/multi-user.target.wants/linked.service';
    expect(await alpha.succeed(`readlink ${file}`)).toBe(`/var/lib/stead/current/root${file}`);
    expect(await alpha.succeed(`readlink ${wants}`)).toBe(file);
    await alpha.waitForUnit('linked.service');
    await alpha.succeed('systemctl daemon-reload && systemctl cat linked.service');
    expect(await switchTo('first')).toMatchObject({ code: 0 });
    await alpha.fail(`ls ${file} ${wants}`);
  }, 120_000);

  test('State names the truth: applied, confirmed, failed, rolled back, partial; each with its own exit code', async () => {
    const seen: Record<string, number> = {};
    write(repo, 'hosts/alpha.ts', source('failed', unit('fails', '/bin/false')));
    seen['failed'] = (await stead('switch', 'alpha')).code;
    expect((await states()).at(-1)).toBe('failed');
    write(repo, 'hosts/alpha.ts', source('applied'));
    // Nobody confirms what is switched to by hand at the host, as long as it is watched.
    await stead('boot', 'alpha');
    const bundle = (await alpha.succeed('readlink "/var/lib/stead/$(readlink /var/lib/stead/staged)"'))
      .split('/')
      .at(-1);
    await alpha.succeed(`stead-host switch ${bundle}`);
    expect((await states()).at(-1)).toBe('applied');
    expect((await stead('status', 'alpha')).stdout).toMatch(/waits to be confirmed, for \d+ seconds more/);
    await sleep(10_000);
    await alpha.waitUntilSucceeds('test ! -e /var/lib/stead/watch');
    expect((await states()).at(-1)).toBe('unconfirmed');
    seen['confirmed'] = (await switchTo('confirmed')).code;
    expect((await states()).at(-1)).toBe('confirmed');
    seen['failed before the commit'] = (
      await switchTo('refused', `checks({ preflight: { no: ['/bin/false'] } }),`)
    ).code;
    expect((await states()).at(-1)).toBe('confirmed');
    // `partial` is 6, and `rolled-back` 4: above.
    expect(seen).toEqual({ confirmed: 0, failed: 4, 'failed before the commit': 1 });
  }, 180_000);
});
