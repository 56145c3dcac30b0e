// What becomes of a switch that nobody confirms: on real hosts, over real SSH, with the power cut.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import { repository, stead as steadFolder, write } from '../cli/stead.ts';
import { describeLab, useLab, type Host } from './driver.ts';

const ADDRESS = '198.51.100.1';

/** A host whose only file says `text`, and that waits ten seconds to be confirmed. */
function source(text: string, more = '', target = ''): string {
  return `import { activation, checks, files, host, systemd, target } from 'stead';
export default host('alpha', {
  use: [
    target({ ssh: { address: '${ADDRESS}'${target} } }),
    activation({ confirmSeconds: 10 }),
    files({ etc: { motd: '${text}\\n' } }),
    ${more}
  ],
});
`;
}

/** Closes the door behind whoever comes in: new connections are dropped, those that are open live on. */
const CUTS_SSH = `systemd({ units: { 'cut.service': { wantedBy: ['multi-user.target'], sections: {
  Service: { Type: 'oneshot', RemainAfterExit: true,
    ExecStart: '/usr/sbin/nft add table inet cut { chain in { type filter hook input priority 0; tcp dport 22 ct state new drop; }; }',
    ExecStop: '/usr/sbin/nft delete table inet cut' } } } } }),`;

/** Takes a while to come up. */
const SLOW = `systemd({ units: { 'slow.service': { wantedBy: ['multi-user.target'], sections: {
  Service: { Type: 'oneshot', RemainAfterExit: true, ExecStart: '/bin/sleep 6' } } } } }),`;

describeLab('a switch of a real host', () => {
  const lab = useLab({
    networks: { wan: '198.51.100.254/24' },
    hosts: { alpha: { interfaces: { eth0: { network: 'wan', address: `${ADDRESS}/24` } } } },
  });
  const repo = repository({ 'hosts/alpha.ts': source('first') });
  const stead = (...args: string[]) => lab.stead([...args, '--repo', repo]);
  const states = async (host: Host): Promise<string[]> =>
    (await host.succeed('stead-host generations')).split('\n').map((line) => line.split('\t')[3] ?? '');
  const motd = (host: Host) => host.file('/etc/motd');
  let alpha: Host;

  /** The command line, to be killed in the middle. */
  function started(...args: string[]) {
    const command = join(steadFolder, 'src/cli/stead.mjs');
    const child = spawn(process.execPath, [command, ...args, '--repo', repo, '--ssh-config', lab.sshConfig], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const until = async (text: string): Promise<void> => {
      while (!said.includes(text)) {
        if (child.exitCode !== null) throw new Error(`it ended before it said ${text}:\n${said}`);
        await sleep(20);
      }
    };
    return { child, until };
  }

  /** A switch that has passed its commit point, and whose unit takes a while to come up. */
  async function caught(text: string) {
    write(repo, 'hosts/alpha.ts', source(text, SLOW));
    const { child, until } = started('switch', 'alpha');
    await until('activating');
    await alpha.waitUntilSucceeds(`grep -q ${text} /etc/motd`);
    return child;
  }

  /** The lab's ssh_config knows where a host is; this way leaves that to the fleet, which needs the host's key. */
  async function asTheFleetSays() {
    const key = (await alpha.succeed('cat /etc/ssh/ssh_host_ed25519_key.pub'))
      .split(' ')
      .slice(0, 2)
      .join(' ');
    const identity = /IdentityFile\s+(\S+)/.exec(readFileSync(lab.sshConfig, 'utf8'))?.[1] ?? '';
    const config = join(repo, 'ssh_config');
    write(repo, 'ssh_config', `Host *\n  User root\n  IdentityFile ${identity}\n`);
    const argv = [
      join(steadFolder, 'src/cli/stead.mjs'),
      'switch',
      'alpha',
      '--repo',
      repo,
      '--ssh-config',
      config,
    ];
    return { key, direct: () => lab.operator([process.execPath, ...argv]) };
  }

  beforeEach(async () => {
    alpha = await lab.host('alpha');
    if (!alpha.isOn) await alpha.boot();
    // A test that failed may have left a switch at work.
    await alpha.succeed('test ! -e /var/lib/stead/lock || flock /var/lib/stead/lock true');
    write(repo, 'hosts/alpha.ts', source('first'));
    expect(await stead('switch', 'alpha', '--no-watchdog')).toMatchObject({ code: 0 });
    expect(await motd(alpha)).toBe('first\n');
  }, 120_000);

  test('a change that cuts SSH comes back by itself within the time of the watchdog, and the exit code is 4', async () => {
    write(repo, 'hosts/alpha.ts', source('cut', CUTS_SSH));
    const result = await stead('switch', 'alpha');
    expect(result).toMatchObject({ code: 4 });
    expect(result.stderr).toContain('it could not be confirmed in time, and was rolled back');
    expect(await motd(alpha)).toBe('first\n');
    await alpha.fail('nft list table inet cut');
    expect((await states(alpha)).at(-1)).toBe('rolled-back');
    expect((await stead('log', 'alpha')).stdout).toMatch(
      /^alpha {4}(\d+) -> \d+ {2}\S+Z {2}taken back: nobody confirmed it {2}by itself\n {6}.*\nalpha {4}\1 {2}\S+Z {2}rolled-back /s,
    );
  }, 180_000);

  test('an sshd_config that lets nobody in comes back by itself', async () => {
    const sshd = `files({ etc: { 'ssh/sshd_config.d/closed.conf': 'DenyUsers root\\n' } }),
      systemd({ units: { 'ssh.service': { wantedBy: ['multi-user.target'], readBy: ['/etc/ssh/sshd_config.d/closed.conf'] } } }),`;
    write(repo, 'hosts/alpha.ts', source('closed', sshd));
    expect(await stead('switch', 'alpha')).toMatchObject({ code: 4 });
    expect(await motd(alpha)).toBe('first\n');
    expect(await stead('status', 'alpha')).toMatchObject({ code: 0 });
  }, 180_000);

  test('a WireGuard key that cuts the way in comes back by itself, and so does the tunnel', async () => {
    const keys = async () => {
      const secret = (await alpha.succeed('wg genkey')).trim();
      return { secret, shared: (await alpha.succeed(`echo '${secret}' | wg pubkey`)).trim() };
    };
    const [theirs, ours, other] = [await keys(), await keys(), await keys()];
    const tunnel = (
      secret: string,
    ) => `files({ etc: { 'wireguard/wg0.conf': { mode: '0600', text: ${JSON.stringify(
      `[Interface]\nAddress = 10.9.9.1/24\nListenPort = 51820\nPrivateKey = ${secret}\n[Peer]\nPublicKey = ${ours.shared}\nAllowedIPs = 10.9.9.2/32\n`,
    )} } } }),
      systemd({ units: { 'wg-quick@wg0.service': { wantedBy: ['multi-user.target'], readBy: ['/etc/wireguard/wg0.conf'] } } }),`;
    write(repo, 'hosts/alpha.ts', source('tunnel', tunnel(theirs.secret)));
    expect(await stead('switch', 'alpha')).toMatchObject({ code: 0 });

    // The operator comes in through the tunnel alone.
    write(
      repo,
      'operator.conf',
      `[Interface]\nPrivateKey = ${ours.secret}\n[Peer]\nPublicKey = ${theirs.shared}\nEndpoint = ${ADDRESS}:51820\nAllowedIPs = 10.9.9.1/32\n`,
    );
    const up = [
      'wireguard-go wgt',
      'sleep 1',
      `wg setconf wgt ${join(repo, 'operator.conf')}`,
      'ip address add 10.9.9.2/24 dev wgt',
      'ip link set wgt up',
    ];
    expect(await lab.operator(['sh', '-ec', up.join('; ')])).toMatchObject({ code: 0 });
    const { key, direct } = await asTheFleetSays();
    const through = (secret: string, text: string) =>
      write(
        repo,
        'hosts/alpha.ts',
        source(text, tunnel(secret)).replace(
          `address: '${ADDRESS}'`,
          `address: '10.9.9.1', hostKeys: ['${key}']`,
        ),
      );
    through(theirs.secret, 'through');
    expect(await direct()).toMatchObject({ code: 0 });
    through(other.secret, 'cut');
    expect(await direct()).toMatchObject({ code: 4 });
    expect(await motd(alpha)).toBe('through\n');
    expect(await lab.operator(['ip', 'link', 'delete', 'wgt'])).toMatchObject({ code: 0 });
  }, 240_000);

  test('the network drops in the middle of the activation: the switch goes on, and is confirmed when it is back', async () => {
    const child = await caught('dropped');
    await alpha.unplug();
    await sleep(5000);
    await alpha.plug();
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(0);
    expect(await motd(alpha)).toBe('dropped\n');
    expect((await states(alpha)).at(-1)).toBe('confirmed');
  }, 120_000);

  test('The deployer is killed in the window: the host rolls back alone, and a later `status` says so', async () => {
    const child = await caught('killed');
    child.kill('SIGKILL');
    await once(child, 'close');
    await alpha.waitUntilSucceeds('grep -q first /etc/motd', 60);
    await alpha.waitUntilSucceeds('test ! -e /var/lib/stead/watch');
    const status = await stead('status', 'alpha');
    expect(status.stdout).toContain('as it should be');
    expect((await states(alpha)).at(-1)).toBe('unconfirmed');
    expect(await alpha.journal('stead-watchdog.service')).toContain('was not confirmed within 10 seconds');
  }, 120_000);

  test('SSH dies after the first unit stop: the switch completes on the host; its result can be read on reconnect', async () => {
    const child = await caught('cable');
    await alpha.succeed('kill -KILL $(pgrep -P $(systemctl show --value --property=MainPID ssh.service))');
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(0);
    expect(await motd(alpha)).toBe('cable\n');
    expect((await states(alpha)).at(-1)).toBe('confirmed');
  }, 120_000);

  test('Reboot or power cut in the window: the unconfirmed generation is rolled back at boot', async () => {
    const child = await caught('dark');
    child.kill('SIGKILL');
    await alpha.crash();
    await alpha.boot();
    expect(await motd(alpha)).toBe('first\n');
    expect(await alpha.succeed('systemctl is-system-running')).toBe('running');
    await alpha.fail('systemctl cat slow.service');
    expect(await alpha.journal('stead-boot.service')).toContain(
      'was not confirmed before the host went down',
    );
    expect((await states(alpha)).at(-1)).toBe('unconfirmed');
    expect(await stead('verify', 'alpha')).toMatchObject({ code: 0 });
  }, 120_000);

  test('The switch restarts sshd and moves its port: the running session lives, the confirmation goes to the NEW port', async () => {
    const { key, direct } = await asTheFleetSays();
    const sshd = (port: number) => `files({ etc: { 'ssh/sshd_config.d/port.conf': 'Port ${port}\\n' } }),
      systemd({ units: { 'ssh.service': { wantedBy: ['multi-user.target'], readBy: ['/etc/ssh/sshd_config.d/port.conf'] } } }),`;
    write(repo, 'hosts/alpha.ts', source('here', sshd(22), `, hostKeys: ['${key}']`));
    expect(await direct()).toMatchObject({ code: 0 });
    write(repo, 'hosts/alpha.ts', source('moved', sshd(2222), `, port: 2222, hostKeys: ['${key}']`));
    const moved = await direct();
    expect(moved).toMatchObject({ code: 0 });
    expect(moved.stderr).toContain('trying where it was at the last switch');
    expect(await alpha.succeed("ss -Hltn 'sport = :22' | wc -l; stead-host status")).toMatch(
      /^0\n.*\tconfirmed\t/s,
    );
    write(repo, 'hosts/alpha.ts', source('back', sshd(22), `, hostKeys: ['${key}']`));
    expect(await direct()).toMatchObject({ code: 0 });
  }, 120_000);

  test('a unit of a package takes in its own files again when a generation is taken back, as after a rollback', async () => {
    const banner = `files({ etc: { 'ssh/sshd_config.d/banner.conf': 'Banner /etc/motd\\n' } }),
      systemd({ units: { 'ssh.service': { wantedBy: ['multi-user.target'], readBy: ['/etc/ssh/sshd_config.d/banner.conf'] } } }),`;
    for (const back of ['abandon "$(basename "$(readlink /var/lib/stead/current)")"', 'rollback']) {
      write(repo, 'hosts/alpha.ts', source('banner', banner));
      expect(await stead('switch', 'alpha')).toMatchObject({ code: 0 });
      const before = await alpha.pid('ssh.service');
      await alpha.succeed(`stead-host ${back}`);
      expect(await motd(alpha), back).toBe('first\n');
      expect(await alpha.pid('ssh.service'), back).not.toBe(before);
      expect(await alpha.succeed('systemctl is-active ssh.service'), back).toBe('active');
    }
  }, 120_000);

  test('Two switches at once (cron and by hand): the second exits at once with the holder’s pid, start time and generation; a dead holder blocks nothing (flock, not a pid file)', async () => {
    const child = await caught('slow');
    const second = await stead('switch', 'alpha');
    expect(second).toMatchObject({ code: 5 });
    expect(second.stderr).toMatch(
      /another switch holds the lock: pid \d+, since \d{4}-.*Z, switching to generation \d+/,
    );
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(0);
    await alpha.succeed(
      'flock -o /var/lib/stead/lock sleep 30 >/dev/null 2>&1 & sleep 0.5; ! flock -n /var/lib/stead/lock true; kill -KILL $!; wait $! || true',
    );
    expect(await stead('switch', 'alpha')).toMatchObject({ code: 0 });
  }, 120_000);

  test('`stead test` lasts until the next boot', async () => {
    write(repo, 'hosts/alpha.ts', source('tested'));
    expect(await stead('test', 'alpha')).toMatchObject({ code: 0 });
    expect((await states(alpha)).at(-1)).toBe('testing');
    await sleep(12_000);
    expect(await motd(alpha)).toBe('tested\n');
    await alpha.reboot();
    expect(await motd(alpha)).toBe('first\n');
    expect((await states(alpha)).at(-1)).toBe('rolled-back');
  }, 120_000);

  test('`stead boot` is committed at shutdown, and confirmed by the boot', async () => {
    write(repo, 'hosts/alpha.ts', source('booted'));
    expect(await stead('boot', 'alpha')).toMatchObject({ code: 0 });
    expect(await motd(alpha)).toBe('first\n');
    expect((await states(alpha)).at(-1)).toBe('staged');
    await alpha.reboot();
    expect(await motd(alpha)).toBe('booted\n');
    await alpha.waitUntilSucceeds('test ! -e /var/lib/stead/watch');
    expect((await states(alpha)).at(-1)).toBe('confirmed');
  }, 120_000);

  test('a staged generation whose units fail at boot is taken back, and one that is not shut down for is not committed', async () => {
    const fails = `systemd({ units: { 'fails.service': { wantedBy: ['multi-user.target'], sections: {
      Service: { Type: 'oneshot', ExecStart: '/bin/false' } } } } }),`;
    write(repo, 'hosts/alpha.ts', source('fails', fails));
    expect(await stead('boot', 'alpha')).toMatchObject({ code: 0 });
    await alpha.crash();
    await alpha.boot();
    expect(await motd(alpha)).toBe('first\n');
    await alpha.reboot();
    await alpha.waitUntilSucceeds('grep -q first /etc/motd');
    await alpha.waitUntilSucceeds('test ! -e /var/lib/stead/watch');
    expect((await states(alpha)).at(-1)).toBe('failed');
    expect(await alpha.journal('stead-trial.service')).toContain('units failed: fails.service');
  }, 120_000);

  test('a health check that fails takes the switch back, with what it said', async () => {
    const health = `checks({ health: { 'the moon': { command: ['sh', '-c', 'echo no moon; exit 1'], tries: 2, everySeconds: 1 } } }),`;
    write(repo, 'hosts/alpha.ts', source('sick', health));
    const result = await stead('switch', 'alpha');
    expect(result).toMatchObject({ code: 4 });
    expect(result.stderr).toContain('health check the moon failed 2 times, 1 s apart');
    expect(result.stderr).toContain('no moon');
    expect(await motd(alpha)).toBe('first\n');
    expect((await states(alpha)).at(-1)).toBe('failed');
  }, 120_000);

  test('The plan is data with a hash; what `diff` and `dry-activate` print is that plan, and `switch --plan HASH` refuses when the host has moved since', async () => {
    write(repo, 'hosts/alpha.ts', source('planned', `files({ etc: { 'issue.net': 'new\\n' } }),`));
    const planned = JSON.parse((await stead('dry-activate', 'alpha', '--json')).stdout) as {
      hosts: { hash: string; steps: { part: string; step: string; subject: string }[] }[];
    };
    const [{ hash, steps } = { hash: '', steps: [] }] = planned.hosts;
    expect((await stead('diff', 'alpha')).stdout).toContain(`plan ${hash}`);
    expect(steps).toContainEqual({
      part: 'file',
      step: 'content',
      subject: '/etc/motd',
      why: 'has another content',
    });
    await alpha.succeed('rm -f /etc/motd && echo stray >/etc/motd');
    const refused = await stead('switch', 'alpha', '--plan', hash);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain(`this host has moved since the plan ${hash} was made`);
    expect(await alpha.file('/etc/motd')).toBe('stray\n');
    const [again] = (JSON.parse((await stead('dry-activate', 'alpha', '--json')).stdout) as typeof planned)
      .hosts;
    expect(await stead('switch', 'alpha', '--plan', again?.hash ?? '')).toMatchObject({ code: 0 });
    expect(await motd(alpha)).toBe('planned\n');
  }, 120_000);
});
