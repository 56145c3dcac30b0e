// The lab itself: what its hosts are, what its faults do, and that nothing of it stays behind.
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, test } from 'vitest';
import { cacheFolder, startLab } from '../../src/lab/index.ts';
import { edit, repository } from '../cli/stead.ts';
import { describeLab, useLab, type Host } from './driver.ts';

describeLab('two hosts of Debian 12', () => {
  const lab = useLab({
    networks: { wan: '198.51.100.254/24' },
    hosts: {
      alpha: { interfaces: { eth0: { network: 'wan', address: '198.51.100.1/24' } } },
      beta: { interfaces: { eth0: { network: 'wan', address: '198.51.100.2/24' } } },
    },
  });
  let alpha: Host;
  let beta: Host;

  beforeAll(async () => {
    [alpha, beta] = await Promise.all([lab.host('alpha'), lab.host('beta')]);
  });

  test('run all of their services, and reach each other', async () => {
    for (const host of [alpha, beta])
      expect(await host.succeed('systemctl is-system-running')).toBe('running');
    expect(await alpha.succeed('. /etc/os-release && echo "$VERSION_ID"')).toBe('12');
    await alpha.succeed('ping -c 1 -W 5 198.51.100.2');
    await alpha.waitForUnit('ssh.service');
    await beta.waitForPort(22);
  });

  test('are switched by the command line over SSH', async () => {
    const path = repository({
      'hosts/alpha.ts': `import { files, host, target } from 'stead';
export default host('alpha', { use: [files({ etc: { motd: 'hello\\n' } }), target({ ssh: { address: '198.51.100.1' } })] });
`,
    });
    expect(await lab.stead(['switch', '--all', '--repo', path])).toMatchObject({ code: 0 });
    expect(await alpha.file('/etc/motd')).toBe('hello\n');
    edit(path, 'hosts/alpha.ts', 'hello', 'goodbye');
    expect(await lab.stead(['switch', 'alpha', '--repo', path])).toMatchObject({ code: 0 });
    await alpha.crash();
    await alpha.boot();
    expect(await alpha.file('/etc/motd')).toBe('goodbye\n');
  });

  test('lose what was not synced when their power is cut, and keep it when they are killed', async () => {
    await beta.succeed('echo kept >/root/killed');
    await beta.kill();
    await beta.boot();
    expect(await beta.file('/root/killed')).toBe('kept\n');
    await beta.succeed('echo kept >/root/synced; sync; echo lost >/root/unsynced');
    await beta.crash();
    expect(beta.isOn).toBe(false);
    await beta.boot();
    expect(await beta.file('/root/synced')).toBe('kept\n');
    await beta.fail('test -e /root/unsynced');
  });

  test('have no space or no inodes left when their disks are filled', async () => {
    await beta.fill();
    expect(await beta.fail('echo text >/root/new')).toContain('No space left on device');
    beta.unfill();
    await beta.succeed('echo text >/root/new');
    await beta.fill('inodes');
    expect(await beta.fail('mkdir /root/folder')).toContain('No space left on device');
    beta.unfill();
    await beta.succeed('mkdir /root/folder');
  });

  test('hear nothing without a cable, half of it over a bad link, and wait for a slow one', async () => {
    const ping = (options: string) => alpha.run(`ping -q -W 1 ${options} 198.51.100.2`);
    await beta.unplug();
    expect((await ping('-c 1')).code).toBe(1);
    await beta.plug();
    await alpha.succeed('ping -c 1 -w 10 198.51.100.2');
    await beta.link({ lossPercent: 50 });
    const { stdout } = await ping('-c 40 -i 0.02');
    expect(Number(/([\d.]+)% packet loss/.exec(stdout)?.[1])).toBeGreaterThan(25);
    await beta.succeed('head -c 4000000 /dev/zero >/var/www/html/zeros; systemctl start nginx');
    const fetch = (seconds: number) =>
      `curl -sS -o /dev/null --max-time ${seconds} http://198.51.100.2/zeros`;
    await beta.link({ lossPercent: 0, rate: '256kbit' });
    expect(await alpha.fail(fetch(3))).toContain('timed out');
    await beta.link({ rate: undefined });
    await alpha.succeed(fetch(50));
  });
});

/** Starts a lab in a process of its own, and gives its id and the process once its host is up. */
async function labOfAnother() {
  const maker = execa(process.execPath, [join(import.meta.dirname, 'maker.ts')], {
    reject: false,
    stderr: 'inherit',
  });
  const [chunk] = (await once(maker.stdout, 'data')) as [Buffer];
  return { id: chunk.toString().trim(), maker };
}

/** Whatever on this machine bears a lab's id. */
async function traces(id: string): Promise<string[]> {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  const groups = mounts.find((line) => line.includes(' - cgroup2 '))?.split(' ')[4] ?? '';
  const { stdout: loops } = await execa('losetup', ['--list', '--noheadings', '--output', 'NAME,BACK-FILE']);
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return [
    ...mounts,
    ...loops.split('\n'),
    ...['/run/netns', groups, join(cacheFolder(), 'labs')].flatMap((folder) => readdirSync(folder)),
    ...processes.map(commandOf),
  ].filter((text) => text.includes(id));
}

/** Nothing for a process that has just ended. */
function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

describeLab('a lab', () => {
  test.for(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)(
    'leaves no process, mount, namespace, loop device or control group behind when its maker gets %s',
    async (signal) => {
      const { id, maker } = await labOfAnother();
      expect((await traces(id)).length).toBeGreaterThan(6);
      maker.kill(signal);
      await maker;
      await expect.poll(() => traces(id), { timeout: 30_000, interval: 200 }).toEqual([]);
    },
  );

  test('whose maker and watch both were killed is taken down when the next one starts', async () => {
    const { id, maker } = await labOfAnother();
    const watch = Number(readFileSync(join(cacheFolder(), 'labs', id, 'owner'), 'utf8'));
    process.kill(watch, 'SIGKILL');
    maker.kill('SIGKILL');
    await maker;
    expect((await traces(id)).length).toBeGreaterThan(6);
    const next = await startLab({ networks: {}, hosts: {} });
    expect(await traces(id)).toEqual([]);
    await next.down();
    expect(await traces(next.id)).toEqual([]);
  });
});
