// What a host and a network do to a switch at the worst moment: the host stays whole, and the message says why.
import { afterEach, beforeAll, expect, test } from 'vitest';
import { edit, write } from '../cli/stead.ts';
import { describeLab, useLab, type Host } from './driver.ts';
import { BOX, boxFile, boxFleet } from './fleet.ts';

describeLab('a switch', () => {
  const lab = useLab(BOX);
  let box: Host;
  let path: string;
  const stead = (verb: string, ...words: string[]) => lab.stead([verb, 'box', '--repo', path, ...words]);
  const text = (word: string): string =>
    `files({ etc: { 'lab/one': '${word}\\n', 'lab/two': '${word}\\n' } })`;

  /** The generation that stands there, of whose files none may be of another. */
  const stands = async (): Promise<string> => {
    await lab
      .stead(['verify', 'box', '--repo', path])
      .then((result) => expect(result).toMatchObject({ code: 0 }));
    const [one, two] = await Promise.all(['one', 'two'].map((name) => box.file(`/etc/lab/${name}`)));
    expect(one).toBe(two);
    return one!.trim();
  };

  beforeAll(async () => {
    box = await lab.host('box');
    path = boxFleet(text('old'));
    expect(await stead('switch')).toMatchObject({ code: 0 });
  });

  afterEach(async () => {
    box.unfill();
    await box.plug();
    await box.link({ rate: undefined });
    await box.succeed(
      '! mountpoint -q /etc || umount /etc; rm -f /etc/ssh/sshd_config.d/clock.conf; systemctl restart ssh',
    );
    write(path, 'hosts/box.ts', boxFile(text('old')));
    expect(await stead('switch')).toMatchObject({ code: 0 });
    expect(await stands()).toBe('old');
  });

  test.for(['bytes', 'inodes'] as const)('on a disk with no %s left changes nothing', async (what) => {
    write(
      path,
      'hosts/box.ts',
      boxFile(`${text('new')}, files({ etc: { 'lab/big': 'x'.repeat(1_000_000) } })`),
    );
    await box.fill(what);
    const full = await stead('switch');
    expect(full.code).toBe(1);
    expect(full.stderr).toMatch(/where 0 KiB are free|No space left on device/);
    box.unfill();
    expect(await stands()).toBe('old');
    expect(await stead('switch')).toMatchObject({ code: 0 });
    expect(await stands()).toBe('new');
  });

  test('with /etc read-only changes nothing, and says so', async () => {
    write(path, 'hosts/box.ts', boxFile(text('new') + ", files({ etc: { 'lab/more': 'more' } })"));
    await box.succeed('mount --bind /etc /etc && mount -o remount,bind,ro /etc');
    const refused = await stead('switch');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/[Rr]ead-only/);
    await box.succeed('umount /etc');
    expect(await stands()).toBe('old');
  });

  test('goes on where the clock has jumped back a year', async () => {
    write(path, 'hosts/box.ts', boxFile(text('new')));
    await box.succeed(
      `library=$(find /usr/lib -name libfaketime.so.1)
echo "SetEnv LD_PRELOAD=$library FAKETIME=-365d" >/etc/ssh/sshd_config.d/clock.conf
systemctl restart ssh`,
    );
    const { code, stdout } = await lab.operator(['ssh', '-F', lab.sshConfig, 'box', 'date +%Y']);
    expect({ code, year: Number(stdout) < new Date().getFullYear() }).toEqual({ code: 0, year: true });
    expect(await stead('switch')).toMatchObject({ code: 0 });
    await box.succeed('rm /etc/ssh/sshd_config.d/clock.conf; systemctl restart ssh');
    expect(await stands()).toBe('new');
    const { stdout: listed } = await stead('generations', '--json');
    const { hosts } = JSON.parse(listed) as {
      hosts: { generations: { generation: number; current: boolean }[] }[];
    };
    const numbers = hosts[0]!.generations.map(({ generation }) => generation);
    expect(hosts[0]!.generations.find(({ current }) => current)?.generation).toBe(Math.max(...numbers));
  });

  test('that meets another one is refused at once, and told who holds the lock', async () => {
    const wait = "checks({ preflight: { wait: ['sh', '-c', 'sleep 1234 || :'] } })";
    write(path, 'hosts/box.ts', boxFile(`${text('new')}, ${wait}`));
    const first = stead('switch');
    await box.waitForProcess('sleep 1234');
    const second = await stead('switch');
    await box.succeed("pkill -f -x 'sleep 1234'");
    expect(second).toMatchObject({ code: 5 });
    expect(second.stderr).toMatch(/another switch holds the lock: pid \d+, since 20\S+Z, /);
    expect(await first).toMatchObject({ code: 0 });
    expect(await stands()).toBe('new');
  });

  test('that starts at the same moment as another one is done by one of both, the other being refused', async () => {
    write(path, 'hosts/box.ts', boxFile(text('both')));
    const both = await Promise.all([stead('switch'), stead('switch')]);
    expect(
      both.map(({ code }) => code),
      both.map(({ stderr }) => stderr).join(''),
    ).toContain(0);
    expect(await stands()).toBe('both');
    for (const one of both) if (one.code !== 0) expect(one).toMatchObject({ code: 5 });
  });

  test.for(['copying', 'activating', 'stop lab.service'])(
    'whose deployer is killed at the word "%s" leaves one whole generation',
    async (word) => {
      const service =
        "systemd({ units: { 'lab.service': { wantedBy: ['multi-user.target'], sections: { Service: { ExecStart: 'sleep infinity', Environment: 'A=NAME' } } } } })";
      write(path, 'hosts/box.ts', boxFile(`${text('old')}, ${service}`));
      expect(await stead('switch')).toMatchObject({ code: 0 });
      write(path, 'hosts/box.ts', boxFile(`${text(`new, ${word}`)}, ${service.replace('NAME', 'OTHER')}`));
      const deployer = lab.startStead(['switch', 'box', '--repo', path]);
      await new Promise<void>((resolve, reject) => {
        let said = '';
        deployer.stderr.on('data', (chunk: Buffer) => {
          said += chunk.toString();
          if (said.includes(word)) resolve();
        });
        const end = async (): Promise<void> => {
          await deployer;
          reject(new Error(`it ended before "${word}": ${said}`));
        };
        void end();
      });
      deployer.kill('SIGKILL');
      await deployer;
      await box.waitUntilSucceeds('flock -n /var/lib/stead/lock true');
      expect(['old', `new, ${word}`]).toContain(await stands());
      expect(await stead('switch')).toMatchObject({ code: 0 });
      expect(await stands()).toBe(`new, ${word}`);
    },
  );

  test('goes on when the network was away for a moment, in the middle of the copy', async () => {
    const noise = Array.from(
      { length: 20 },
      (_, at) => `'lab/noise${at}': '${(at + 1) ** 0.5}'.repeat(20_000)`,
    );
    write(path, 'hosts/box.ts', boxFile(`${text('new')}, files({ etc: { ${noise.join(', ')} } })`));
    await box.link({ rate: '200kbit' });
    const switching = stead('switch');
    await box.waitUntilSucceeds('ls -d /var/lib/stead/store/.incoming-*');
    await box.unplug();
    await box.succeed('sleep 2');
    await box.plug();
    await box.link({ rate: undefined });
    expect(await switching).toMatchObject({ code: 0 });
    expect(await stands()).toBe('new');
  });

  test('sent to another host at the same address is refused before anything is copied', async () => {
    const other = boxFleet(text('new'));
    edit(other, 'hosts/box.ts', "host('box'", "host('other'");
    // The same machine under another name of the fleet: reinstalled, or given to someone else.
    const result = await lab.stead(['switch', 'other', '--repo', other]);
    expect(result.code).toBe(1);
    expect(await stands()).toBe('old');
  });
});
