// What people change by hand on a host beside its files: told by status, put right by the nightly run.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { folder, repository } from '../cli/stead.ts';
import { describeLab, useLab, type Host } from './driver.ts';

const service = (command: string, more = ''): string =>
  `{ wantedBy: ['multi-user.target'], sections: { Service: { ExecStart: '${command}' ${more} } } }`;

const use = `
  activation({ confirmSeconds: 10, watchdogFor: ['/etc/way'] }),
  files({ etc: { motto: 'as declared\\n', way: 'shut\\n', 'way.sh': \`grep -q open /etc/way || [ ! -e /run/moved ] ||
    nft add table inet cut '{ chain in { type filter hook input priority 0; tcp dport 22 ct state new drop; }; }'\\n\` } }),
  packages({ install: ['logrotate'], hold: ['openssh-server'] }),
  systemd({ units: {
    'web.service': ${service('/bin/sh -c "test ! -e /run/broken && exec sleep infinity"')},
    'wall.service': ${service('/bin/true', ", Type: 'oneshot', RemainAfterExit: true")},
    'once.service': ${service('/bin/true', ", Type: 'oneshot'")},
    'elsewhere.service': { wantedBy: ['multi-user.target'], sections: {
      Unit: { ConditionPathExists: '/nowhere' }, Service: { ExecStart: '/bin/sleep infinity' } } },
    'reader.service': { wantedBy: ['multi-user.target'], readBy: ['/etc/motto'],
      sections: { Service: { ExecStart: '/bin/sleep infinity' } } },
    'way.service': { wantedBy: ['multi-user.target'], readBy: ['/etc/way'], sections: { Service: {
      Type: 'oneshot', RemainAfterExit: true, ExecStart: '/bin/sh /etc/way.sh', ExecStop: '-/usr/sbin/nft delete table inet cut' } } },
    'cron.service': { wantedBy: ['multi-user.target'], dropIns: { nice: { Service: { Nice: 5 } } } },
  } }),`;

describeLab('a host that people work on', () => {
  const lab = useLab({
    networks: { lan: '10.42.0.254/24' },
    hosts: {
      box: { interfaces: { eth0: { network: 'lan', address: '10.42.0.1/24' } }, packages: ['logrotate'] },
      twin: { interfaces: { eth0: { network: 'lan', address: '10.42.0.2/24' } }, packages: ['logrotate'] },
    },
  });
  const source = (name: string, address: string): string =>
    `import { activation, files, host, packages, systemd, target } from 'stead';
export default host('${name}', { use: [target({ ssh: { address: '${address}' } }), ${use}] });
`;
  const repo = repository({
    'hosts/box.ts': source('box', '10.42.0.1'),
    'hosts/twin.ts': source('twin', '10.42.0.2'),
  });
  const stead = (verb: string, ...more: string[]) => lab.stead([verb, ...more, '--repo', repo]);
  const isActive = (unit: string) => box.succeed(`systemctl is-active ${unit} || :`);
  let box: Host;

  beforeAll(async () => {
    box = await lab.host('box');
    const first = await stead('switch', '--all');
    expect(first, first.stderr).toMatchObject({ code: 0 });
  }, 300_000);

  test('a host that nobody has touched has nothing to tell, units that are to end among them', async () => {
    const { stdout } = await stead('status', '--all');
    expect(stdout).toMatch(/^box +yes +1 +- +\S+ \S+ +- +as it should be +-$/m);
    expect(stdout.trimEnd().split('\n')).toHaveLength(3);
  });

  test('the log tells which units a switch touched, and who asked for it', async () => {
    const { stdout } = await stead('log', 'box');
    expect(stdout).toMatch(/^box {2}\* 1 .* confirmed {2}by \S+@\S+ {2}from no commit {2}in \d+ s\n/);
    expect(stdout).toContain(`
      stop cron.service
      start cron.service, elsewhere.service, once.service, reader.service, wall.service, way.service, web.service`);
    const { hosts } = JSON.parse((await stead('log', 'box', '--json')).stdout) as {
      hosts: { entries: { units: { step: string; unit: string }[] }[] }[];
    };
    expect(hosts[0]!.entries[0]!.units).toContainEqual({ step: 'stop', unit: 'cron.service' });
  });

  test('files edited by hand, units stopped or masked, packages held or removed: each is told', async () => {
    await box.succeed(`systemctl stop web wall
      systemctl mask --now cron
      apt-mark hold sudo
      apt-mark unhold openssh-server
      dpkg --remove logrotate
      rm /etc/motto; echo mine >/etc/motto`);
    const said = await stead('status', '--all');
    expect(said.stdout).toMatch(/^box +yes +1 +- .* 1 path, 3 units, 3 packages +3 units stopped +-$/m);
    expect(said.stdout).toContain(`
  /etc/motto was replaced by something else
  cron.service was masked by hand
  wall.service is to run, and was stopped
  web.service is to run, and was stopped
  the package logrotate is not installed
  the package openssh-server is not held any more
  the package sudo is held by hand, so that upgrades leave it out`);
    const { hosts } = JSON.parse((await stead('status', 'box', '--json')).stdout) as { hosts: object[] };
    expect(hosts).toMatchObject([
      {
        drift: [{ path: '/etc/motto', kind: 'replaced' }],
        idleUnits: [
          { unit: 'cron.service', state: 'masked' },
          { unit: 'wall.service', state: 'stopped' },
          { unit: 'web.service', state: 'stopped' },
        ],
        packages: [
          { name: 'logrotate', state: 'missing' },
          { name: 'openssh-server', state: 'unheld' },
          { name: 'sudo', state: 'held' },
        ],
      },
    ]);
    const page = join(folder(), 'status.html');
    await stead('status', '--all', '--html', page);
    expect(readFileSync(page, 'utf8')).toContain('web.service is to run, and was stopped');
  });

  test('a switch by hand puts files and packages right, and leaves units stopped', async () => {
    const { code, stderr } = await stead('switch', 'box');
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('skipped web.service: it was stopped, and stays so');
    expect(stderr).toContain('restart reader.service');
    expect(await box.file('/etc/motto')).toBe('as declared\n');
    expect(await box.succeed('apt-mark showhold')).toBe('openssh-server\nsudo');
    await box.succeed('test -x /usr/sbin/logrotate');
    expect(await isActive('web')).toBe('inactive');
  });

  test('the nightly run starts what was stopped; what was masked or held stays so, and is told', async () => {
    const night = await stead('reconcile', '--no-pull');
    expect(night.code, night.stderr).toBe(0);
    expect(night.stdout).toContain('nothing to do on 1 host');
    expect(night.stdout).toContain('put right: box');
    expect(night.stderr).toMatch(/start .*web\.service/);
    expect([await isActive('web'), await isActive('wall'), await isActive('cron')]).toEqual([
      'active',
      'active',
      'inactive',
    ]);
    expect((await stead('reconcile', '--no-pull')).stdout).toMatch(/UTC: nothing to do on 2 hosts$/m);
    const { stdout } = await stead('status', 'box');
    expect(stdout.trimEnd().split('\n').slice(1)).toEqual([
      '  cron.service was masked by hand',
      '  the package sudo is held by hand, so that upgrades leave it out',
    ]);
  });

  test('what has failed is started as well, and where it fails again the night says so', async () => {
    await box.succeed(
      'touch /run/broken; systemctl restart web; while systemctl -q is-active web; do sleep 0.1; done',
    );
    const failed = await stead('reconcile', '--no-pull');
    expect(failed.code).toBe(3);
    expect(failed.stdout).toContain('FAILED: box');
    expect(failed.stdout).toContain('did not come up: web.service');
    await box.succeed('rm /run/broken');
    expect((await stead('reconcile', '--no-pull')).stdout).toContain('put right: box');
    expect(await isActive('web')).toBe('active');
  });

  test('what the way to the host hangs on is put right under the watchdog, and is as it was where that cuts the way', async () => {
    await box.succeed('rm /etc/way; echo open >/etc/way; systemctl restart way; touch /run/moved');
    const unwatched = await stead('switch', 'box', '--no-watchdog');
    expect(unwatched.code).toBe(1);
    expect(unwatched.stderr).toContain('is not done without the watchdog');
    const night = await stead('reconcile', '--no-pull');
    expect(night.stdout).toContain('ROLLED BACK: box');
    expect(night.stdout).toContain('could not be confirmed in time');
    expect(await box.file('/etc/way')).toBe('open\n');
    await box.fail('nft list table inet cut');
    await box.succeed('cd /var/lib/stead && test ! -e watch && test ! -e ways.tsv && test ! -e ways');
    await box.succeed('rm /run/moved');
    expect((await stead('reconcile', '--no-pull')).stdout).toContain('put right: box');
    expect(await box.file('/etc/way')).toBe('shut\n');
    await box.succeed('cd /var/lib/stead && test ! -e watch && test ! -e ways.tsv && test ! -e ways');
  });
});
