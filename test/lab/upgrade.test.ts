// Upgrades of Debian's packages over several hosts: apt, dpkg, systemd and restarts are real, the packages the test's.
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { repository, write } from '../cli/stead.ts';
import { describeLab, useLab, type Host } from './driver.ts';
import { offerPackages, servicePackage, type TestPackage } from './packages.ts';

const LIMIT = 300_000;
const NAMES = ['one', 'two', 'way'] as const;
const ADDRESSES = { one: '10.42.0.11', two: '10.42.0.12', way: '10.42.0.1' } as const;

const plain = (name: string, version: string): TestPackage => ({
  name,
  version,
  files: { [`/etc/${name}.conf`]: `${name} ${version}\n` },
  conffiles: [`/etc/${name}.conf`],
});
/** One after whose upgrade the host is to be restarted, as a kernel says it. */
const kernel = (version: string): TestPackage => ({
  ...plain('kernel', version),
  scripts: {
    postinst: '#!/bin/sh\ntouch /run/reboot-required\necho kernel >>/run/reboot-required.pkgs\n',
  },
});
/** A service that its upgrade restarts. */
const service = (version: string, command: string): TestPackage => ({
  ...servicePackage('daemon', { command }),
  version,
  scripts: {
    postinst: '#!/bin/sh\nsystemctl daemon-reload\ndeb-systemd-invoke restart daemon.service || :\n',
  },
});

describeLab('upgrades of a fleet', () => {
  const lab = useLab({
    networks: { lan: '10.42.0.254/24' },
    hosts: Object.fromEntries(
      NAMES.map((name) => [
        name,
        { interfaces: { eth0: { network: 'lan', address: `${ADDRESSES[name]}/24` } } },
      ]),
    ),
  });
  const hosts = {} as Record<(typeof NAMES)[number], Host>;
  let path: string;

  const hostFile = (name: (typeof NAMES)[number], use: string): string =>
    `import { checks, files, host, packages, systemd, target } from 'stead';
export default host('${name}', { use: [target({ ssh: { address: '${ADDRESSES[name]}'${name === 'way' ? '' : ", jump: 'way'"} } }), ${use}] });
`;
  const offer = (packages: readonly TestPackage[]): Promise<unknown> =>
    Promise.all(NAMES.map((name) => offerPackages(hosts[name], packages)));
  const upgrade = (...more: string[]) => lab.stead(['upgrade', '--all', '--repo', path, ...more]);
  const rows = (stdout: string) => stdout.split('\n').map((line) => line.split(/ {2,}/));
  const versions = (name: string) =>
    Promise.all(
      NAMES.map((one) => hosts[one].succeed(`dpkg-query -W -f '\${Version}' ${name} 2>/dev/null || :`)),
    );
  const boots = () =>
    Promise.all(NAMES.map((one) => hosts[one].succeed('cat /proc/sys/kernel/random/boot_id')));

  /** Does some work while somebody switches hosts on again: one of a lab that restarts itself goes off. */
  const whileRestarting = async <T>(work: Promise<T>): Promise<T> => {
    let isOver = false;
    const watching = NAMES.map(async (name) => {
      while (!isOver) {
        if (!hosts[name].isOn) {
          await hosts[name].kill();
          await hosts[name].boot();
        }
        await sleep(200);
      }
    });
    try {
      return await work;
    } finally {
      isOver = true;
      await Promise.all(watching);
    }
  };

  beforeAll(async () => {
    for (const name of NAMES) hosts[name] = await lab.host(name);
    await offer([plain('tool', '1.0'), plain('pinned', '1.0'), plain('held', '1.0'), kernel('1.0')]);
    const use = `packages({ install: ['tool', 'kernel'], versions: { pinned: '1.*' }, hold: ['held'] }), files({ etc: { motd: 'x\\n' } })`;
    path = repository(Object.fromEntries(NAMES.map((name) => [`hosts/${name}.ts`, hostFile(name, use)])));
    await Promise.all(NAMES.map((name) => hosts[name].succeed('apt-get install -y -q held')));
    expect(await lab.stead(['switch', '--all', '--repo', path])).toMatchObject({ code: 0 });
    await Promise.all(NAMES.map((name) => hosts[name].succeed('rm -f /run/reboot-required*')));
  }, LIMIT);

  test(
    'packages are upgraded host by host, those that others are reached through last; what is held, pinned or changed by hand stays',
    async () => {
      await hosts.one.succeed('echo by hand >/etc/tool.conf');
      await offer([plain('tool', '2.0'), plain('pinned', '2.0'), plain('held', '2.0'), kernel('1.0')]);
      const result = await upgrade();
      expect(result, result.stderr).toMatchObject({ code: 0 });
      expect(rows(result.stdout)).toEqual(
        NAMES.map((name) => [name, 'upgraded', '1 package', expect.stringContaining('held')]),
      );
      expect(await versions('tool')).toEqual(['2.0', '2.0', '2.0']);
      expect(await versions('pinned')).toEqual(['1.0', '1.0', '1.0']);
      expect(await versions('held')).toEqual(['1.0', '1.0', '1.0']);
      expect(await hosts.one.file('/etc/tool.conf')).toBe('by hand\n');
      const again = await upgrade('--json');
      expect(JSON.parse(again.stdout)).toMatchObject({
        hosts: NAMES.map((host) => ({
          host,
          state: 'unchanged',
          upgraded: { packages: [], keptBack: ['held'] },
        })),
      });
    },
    LIMIT,
  );

  test(
    'a host whose packages ask for it is restarted, and is on its generation when it is back',
    async () => {
      await offer([plain('tool', '2.0'), plain('pinned', '1.0'), plain('held', '1.0'), kernel('2.0')]);
      const [before, generation] = [
        await boots(),
        await hosts.way.succeed('readlink /var/lib/stead/current'),
      ];
      const result = await whileRestarting(upgrade());
      expect(result, result.stderr).toMatchObject({ code: 0 });
      expect(rows(result.stdout)).toEqual(NAMES.map((name) => [name, 'upgraded', '1 package', 'restarted']));
      const after = await boots();
      expect(after.filter((boot, index) => boot === before[index])).toEqual([]);
      expect(await hosts.way.succeed('readlink /var/lib/stead/current')).toBe(generation);
      expect(
        (await lab.stead(['status', '--all', '--repo', path])).stdout.match(/as it should be/g),
      ).toHaveLength(3);
    },
    LIMIT,
  );

  test(
    'the first host that is not well afterwards stops it, and the others are left out',
    async () => {
      write(
        path,
        'hosts/one.ts',
        hostFile(
          'one',
          `packages({ install: ['daemon'] }), systemd({ units: { 'daemon.service': { wantedBy: ['multi-user.target'] } } })`,
        ),
      );
      const working = service('1.0', 'sleep infinity');
      await offer([plain('tool', '2.0'), plain('held', '1.0'), kernel('2.0'), working]);
      expect(await lab.stead(['switch', 'one', '--repo', path])).toMatchObject({ code: 0 });
      await offer([plain('tool', '3.0'), plain('held', '1.0'), kernel('2.0'), service('2.0', '/bin/false')]);
      const result = await upgrade();
      expect(result.code).toBe(3);
      expect(rows(result.stdout).slice(0, 3)).toEqual([
        ['one', 'NOT WELL', '2 packages'],
        ['two', 'left out'],
        ['way', 'left out'],
      ]);
      expect(result.stdout).toContain('error: one: units have failed since: daemon.service');
      expect(await versions('tool')).toEqual(['3.0', '2.0', '2.0']);
    },
    LIMIT,
  );

  test(
    'apt that somebody else runs is waited for, and an archive that cannot be had changes nothing',
    async () => {
      await hosts.two.succeed(
        `systemd-run -q --unit=busy flock /var/lib/dpkg/lock-frontend sh -c 'until [ -e /run/go-on ]; do sleep 0.1; done'`,
      );
      const waiting = lab.stead(['upgrade', 'two', '--repo', path]);
      await hosts.two.waitForProcess('sleep 10$');
      await hosts.two.succeed('touch /run/go-on');
      const waited = await waiting;
      expect(waited, waited.stderr).toMatchObject({ code: 0 });
      expect(waited.stderr).toMatch(/holds apt's lock: waiting/);
      await hosts.two.succeed("echo 'deb [trusted=yes] file:/srv/nowhere ./' >/etc/apt/sources.list");
      const away = await lab.stead(['upgrade', 'two', '--repo', path]);
      expect(away.code).toBe(1);
      expect(away.stdout).toContain('the package lists could not be fetched; nothing was upgraded');
    },
    LIMIT,
  );
});
