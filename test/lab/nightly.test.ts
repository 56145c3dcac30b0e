// The nights of a rack: cron on the gateway brings what was pushed to all hosts, the gateway among them.
import { beforeAll, expect, test } from 'vitest';
import { repository, write } from '../cli/stead.ts';
import { describeLab, useLab, type Host } from './driver.ts';
import { putStead, STEAD_FILES } from './stead-on-host.ts';

const LIMIT = 300_000;
const ADDRESSES = { gateway: '10.42.0.1', alpha: '10.42.0.11', beta: '10.42.0.12' } as const;
const NAMES = ['alpha', 'beta', 'gateway'] as const;
const JOB = '/usr/local/lib/stead/fleet run /etc/stead/stead-reconcile.job';

describeLab('a gateway that keeps the rack', () => {
  const lab = useLab({
    networks: { rack: '10.42.0.254/24' },
    hosts: Object.fromEntries(
      Object.entries(ADDRESSES).map(([name, address]) => [
        name,
        {
          interfaces: { eth0: { network: 'rack', address: `${address}/24` } },
          packages: name === 'beta' ? [] : ['git', 'logrotate'],
        },
      ]),
    ),
  });
  const hosts = {} as Record<(typeof NAMES)[number], Host>;
  /** What a person has at their desk. */
  let desk: string;
  let publicKey: string;
  let hostKeys: Record<string, string>;

  /** Commits these files and pushes them; gives the commit. */
  const push = async (files: Readonly<Record<string, string>>, subject: string): Promise<string> => {
    for (const [name, text] of Object.entries(files)) write(desk, name, text);
    await hosts.alpha.succeed('rm -rf /srv/desk');
    await hosts.alpha.put(desk, '/srv/desk');
    return hosts.alpha.succeed(`cd /srv/desk
chown -R git:git .
as() { runuser -u git -- git -c user.name=Anna -c user.email=anna@example.com "$@"; }
as init -q -b main; as remote add origin /srv/git/fleet.git
as fetch -q; ! as rev-parse -q --verify origin/main >/dev/null || as reset -q --soft origin/main
as add -A; as commit -q -m '${subject}'; as push -q origin main; as rev-parse --short=12 HEAD`);
  };
  const common = (motd: string): Record<string, string> => ({
    'common.ts': `import { files, packages, target, users } from 'stead';
import { serviceAccount } from 'stead/modules/serviceAccount';
export const common = (address: string, key: string) => [
  target({ ssh: { address, user: 'runner', hostKeys: [key] } }),
  serviceAccount({ publicKey: '${publicKey}', runsFrom: 'gateway' }),
  files({ etc: { motd: '${motd}\\n' } }),
];
`,
  });
  const hostFile = (name: keyof typeof ADDRESSES, use: string): Record<string, string> => ({
    [`hosts/${name}.ts`]: `import { checks, files, host, packages, systemd, users } from 'stead';
import { aptUpgrade } from 'stead/modules/aptUpgrade';
import { reconcile } from 'stead/modules/reconcile';
import { common } from '../common.ts';
export default host('${name}', { use: [...common('${ADDRESSES[name]}', '${hostKeys[name]}'), ${use}] });
`,
  });
  const alpha = (use = ''): Record<string, string> =>
    hostFile(
      'alpha',
      `packages({ install: ['git'] }), users({ users: { git: { home: '/srv/git', shell: '/bin/bash', authorizedKeys: ['${publicKey}'] } } }), ${use}`,
    );
  const gateway = (settings: string, use = ''): Record<string, string> =>
    hostFile(
      'gateway',
      `files({ etc: { 'ssh/ssh_known_hosts': '${ADDRESSES.alpha} ${hostKeys['alpha']}\\n' } }),
  reconcile({
    repository: 'ssh://git@${ADDRESSES.alpha}/srv/git/fleet.git', npm: [], jitterSeconds: 0, retries: 30, retrySeconds: 1,
    notify: { onChange: true, webhook: { url: 'http://127.0.0.1:8099/' } }, ${settings} }), ${use}`,
    );
  const everyMinute = `scheduler: 'cron', cron: '* * * * *'`;
  const atFour = `scheduler: 'cron', cron: '0 4 * * *'`;

  const log = (): Promise<string> => hosts.gateway.succeed('cat /var/log/stead/stead-reconcile.log');
  /** A night that begins now. */
  const night = () => hosts.gateway.run(`runuser -u runner -- ${JOB} 2>&1`, 120);
  /** Reports that the webhook has got since it was last asked. */
  const told = async (): Promise<{ result: string; headline: string; text: string }[]> => {
    const lines = await hosts.gateway.succeed('touch /run/told; cat /run/told; : >/run/told');
    return lines === '' ? [] : lines.split('\n').map((line) => JSON.parse(line) as never);
  };
  const motd = (name: (typeof NAMES)[number]): Promise<string> => hosts[name].succeed('cat /etc/motd');

  beforeAll(async () => {
    for (const name of NAMES) hosts[name] = await lab.host(name);
    await putStead(hosts.gateway);
    await hosts.gateway.succeed(
      `systemd-run -q --unit=hook /opt/stead/node -e "require('http').createServer((q, r) => { let b = ''; q.on('data', (d) => b += d).on('end', () => { require('fs').appendFileSync('/run/told', b + '\\n'); r.end() }) }).listen(8099, '127.0.0.1')"`,
    );
    publicKey = await hosts.gateway.succeed(
      `ssh-keygen -q -t ed25519 -N '' -C '' -f /root/runner.key && cut -d ' ' -f 1,2 /root/runner.key.pub`,
    );
    hostKeys = Object.fromEntries(
      await Promise.all(
        NAMES.map(async (name) => [
          name,
          await hosts[name].succeed("cut -d ' ' -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub"),
        ]),
      ),
    );
    desk = repository({
      ...STEAD_FILES,
      ...common('one'),
      ...alpha(),
      ...hostFile('beta', ''),
      ...gateway(atFour),
    });
  }, LIMIT);

  test(
    'a first switch from bare Debian says what only a person can do, and when that is done a night makes its own clone',
    async () => {
      const first = await lab.stead(['switch', '--all', '--repo', desk]);
      expect(first, first.stderr).toMatchObject({ code: 0 });
      expect(first.stdout).toContain('gateway: to do by hand (private key of runner): ');
      expect(first.stdout).toContain(
        'gateway: to do by hand (deploy key): Let runner on gateway read ssh://git@10.42.0.11/srv/git/fleet.git',
      );
      await hosts.gateway.succeed(
        'install -o runner -g runner -m 0600 /root/runner.key /var/lib/runner/.ssh/id_ed25519',
      );
      await hosts.alpha.succeed(
        'chown git:git /srv/git && runuser -u git -- git init -q --bare -b main /srv/git/fleet.git',
      );
      await push({}, 'Begin');
      const status = await lab.steadSucceeds(['status', 'gateway', '--repo', desk]);
      expect(status).not.toContain('to do by hand');
      const { stdout } = await night();
      expect(stdout).toMatch(
        /UTC: nothing to do on 3 hosts; commit [0-9a-f]{12} "Begin" by Anna <anna@example.com>$/,
      );
      expect(await hosts.gateway.file('/var/lib/runner/npm-was-here')).toBe('ci\n');
      expect(await told()).toEqual([]);
    },
    LIMIT,
  );

  test(
    'cron switches a pushed commit on all hosts, its own among them; its own line of cron changes in that, and it is not killed half way',
    async () => {
      await push(gateway(everyMinute), 'Every minute');
      expect(await night()).toMatchObject({ code: 0 });
      await told();
      const commit = await push(
        {
          ...common('two'),
          ...gateway(atFour),
          'package-lock.json': STEAD_FILES['package-lock.json'].replace('"fleet"', '"the-fleet"'),
        },
        'Greet anew, and at four',
      );
      await hosts.gateway.waitUntilSucceeds(
        `grep -q 'switched: .*${commit}' /var/log/stead/stead-reconcile.log`,
        150,
      );
      expect(await Promise.all(NAMES.map(motd))).toEqual(['two', 'two', 'two']);
      expect(await hosts.gateway.file('/etc/cron.d/stead-reconcile')).toContain('\n0 4 * * * runner ');
      expect(await hosts.gateway.succeed('stead-host generations | tail -n 1')).toMatch(
        /\tconfirmed\t.*\tcurrent$/,
      );
      // The packages that this commit asks for came before it was built, by a process of its own.
      expect(await hosts.gateway.file('/var/lib/runner/npm-was-here')).toBe('ci\nci\n');
      expect(await log()).toContain(
        'To take back what was switched:\n  cd /var/lib/runner/fleet && npx stead rollback alpha beta gateway',
      );
      await hosts.gateway.waitUntilSucceeds('test -s /run/told');
      expect(await told()).toMatchObject([
        { result: 'changed', headline: expect.stringContaining('"Greet anew, and at four" by Anna') },
      ]);
    },
    LIMIT,
  );

  test(
    'what was changed by hand is put right, and a host that is away is tried again until it is back',
    async () => {
      await hosts.beta.succeed('rm /etc/motd && echo stray >/etc/motd');
      await push(common('three'), 'Greet again');
      await hosts.beta.unplug();
      const running = night();
      await hosts.alpha.waitUntilSucceeds('[ "$(cat /etc/motd)" = three ]', 90);
      await hosts.beta.plug();
      const { code, stdout } = await running;
      expect(code, stdout).toBe(0);
      expect(stdout).toContain('switched: alpha, beta, gateway');
      expect(await Promise.all(NAMES.map(motd))).toEqual(['three', 'three', 'three']);
      await hosts.beta.succeed('rm /etc/motd && echo stray >/etc/motd');
      await told();
      const repaired = await night();
      expect(repaired.stdout).toContain('nothing to do on 2 hosts; put right: beta');
      expect(await motd('beta')).toBe('three');
      expect(await told()).toMatchObject([{ result: 'changed' }]);
    },
    LIMIT,
  );

  test(
    'a commit that fails its checks on one host changes nothing on any, and is reported with its author',
    async () => {
      const commit = await push(
        {
          ...common('four'),
          ...hostFile(
            'beta',
            `files({ etc: { 'nginx/conf.d/new.conf': 'listn 80;\\n' } }), checks({ preflight: { nginx: ['nginx', '-t'] } })`,
          ),
        },
        'Serve pages',
      );
      for (const _ of ['the night it comes', 'the next one']) {
        const { code, stdout } = await night();
        expect(code).toBe(1);
        expect(stdout).toContain(
          `REFUSED commit ${commit} "Serve pages" by Anna <anna@example.com>: it fails its checks on beta; nothing has changed`,
        );
        expect(stdout).toContain('unknown directive "listn"');
        expect(await Promise.all(NAMES.map(motd))).toEqual(['three', 'three', 'three']);
        expect(await told()).toMatchObject([{ result: 'failed', text: expect.stringContaining('by Anna') }]);
      }
    },
    LIMIT,
  );

  test(
    'a commit that a host takes back is not tried there again before it changes',
    async () => {
      const sick = (motto: string) =>
        hostFile(
          'beta',
          `files({ etc: { motto: '${motto}\\n' } }), checks({ health: { sick: { command: ['false'], tries: 1 } } })`,
        );
      await push({ ...common('five'), ...sick('first') }, 'Get sick');
      const failed = await night();
      expect(failed.code).toBe(3);
      expect(failed.stdout).toContain('switched: alpha, gateway; ROLLED BACK: beta');
      expect(await Promise.all(NAMES.map(motd))).toEqual(['five', 'three', 'five']);
      const generations = () => hosts.beta.succeed('stead-host generations | wc -l');
      const before = await generations();
      const held = await night();
      expect(held.code).toBe(0);
      expect(held.stdout).toMatch(/UTC: nothing to do on 2 hosts; held back: beta; commit [^\n]*$/);
      expect(await generations()).toBe(before);
      await push(hostFile('beta', ''), 'Get well');
      expect((await night()).stdout).toContain('switched: beta');
      expect(await motd('beta')).toBe('five');
    },
    LIMIT,
  );

  test(
    'a timer in the place of cron; its own unit changes while it runs, and it is not killed half way',
    async () => {
      await push(gateway(`scheduler: 'timer'`), 'Use a timer');
      expect((await night()).code).toBe(0);
      await hosts.gateway.fail('test -e /etc/cron.d/stead-reconcile');
      expect(await hosts.gateway.succeed('systemctl is-active stead-reconcile.timer')).toBe('active');
      const nice = `systemd({ units: { 'stead-reconcile.service': { dropIns: { nice: { Service: { Nice: 5 } } } } } })`;
      await push({ ...gateway(`scheduler: 'timer'`, nice), ...common('six') }, 'Be nice');
      await hosts.gateway.succeed('systemctl start stead-reconcile.service', 120);
      expect(
        await hosts.gateway.succeed(
          'systemctl show --value -p Result -p ExecMainStatus -p Nice stead-reconcile.service',
        ),
      ).toBe('success\n0\n5');
      expect(await hosts.gateway.journal('stead-reconcile.service')).toContain(
        'switched: alpha, beta, gateway',
      );
      expect(await Promise.all(NAMES.map(motd))).toEqual(['six', 'six', 'six']);
    },
    LIMIT,
  );

  test(
    'a week’s upgrade leaves the host that it runs on for last, and restarts it when all is said',
    async () => {
      await push(gateway(`scheduler: 'timer'`, 'aptUpgrade({})'), 'Upgrade every week');
      expect((await night()).code).toBe(0);
      expect(await hosts.gateway.succeed('systemctl is-active stead-upgrade.timer')).toBe('active');
      await hosts.gateway.succeed('touch /run/reboot-required');
      await hosts.gateway.succeed('systemctl start stead-upgrade.service', 240);
      const said = await hosts.gateway.journal('stead-upgrade.service');
      expect(said).toMatch(
        /\nalpha {4}nothing to do\nbeta {5}nothing to do\ngateway {2}nothing to do {2,}restarts in a minute\n/,
      );
      expect(await hosts.gateway.file('/run/systemd/shutdown/scheduled')).toContain('MODE=reboot');
      await hosts.gateway.succeed('shutdown -c');
    },
    LIMIT,
  );
});
