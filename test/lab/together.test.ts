// All hosts of a mesh or none, on real hosts that fail at each phase, and with the deployer killed on the way.
import { beforeEach, expect, test } from 'vitest';
import { repository, write } from '../cli/stead.ts';
import { describeLab, useLab, type Host, type TestLab } from './driver.ts';
import { TRIO, TRIO_NAMES as NAMES, trioFile as source } from './fleet.ts';

type Deployer = ReturnType<TestLab['startStead']>;

describeLab('all hosts or none', () => {
  const lab = useLab(TRIO);
  const repo = repository({});
  const describe = (text: string, beta = ''): void => {
    for (const name of NAMES)
      write(repo, `hosts/${name}.ts`, source(name, text, name === 'beta' ? beta : ''));
  };
  const words = ['switch', '@trio', '--atomic', '--repo', repo];
  const switchTo = (text: string, beta = '') => {
    describe(text, beta);
    return lab.stead(words);
  };
  const says = async (): Promise<string[]> =>
    Promise.all((await hosts()).map((host) => host.file('/etc/motd')));
  const hosts = (): Promise<Host[]> => Promise.all(NAMES.map((name) => lab.host(name)));
  const ALL = (text: string): string[] => NAMES.map(() => `${text}\n`);

  beforeEach(async () => {
    for (const host of await hosts())
      await host.succeed('test ! -e /var/lib/stead/lock || flock /var/lib/stead/lock true');
    expect(await switchTo('old')).toMatchObject({ code: 0 });
  }, 120_000);

  test('health is asked for when all of them run: it may take the others', async () => {
    const others = `checks({ health: { others: { tries: 1, command: ['sh', '-c',
      'test "$(ssh-keyscan -T 2 10.42.0.1 10.42.0.3 2>/dev/null | grep -c ed25519)" = 2'] } } }),`;
    expect(await switchTo('new', others)).toMatchObject({ code: 0 });
    expect(await says()).toEqual(ALL('new'));
  }, 120_000);

  test('one host is gone before it is confirmed: it takes itself back, and the others are taken back', async () => {
    const cut = `systemd({ units: { 'cut.service': { wantedBy: ['multi-user.target'], sections: { Service: {
      Type: 'oneshot', RemainAfterExit: true, ExecStart: '/bin/ip link set eth0 down', ExecStop: '/bin/ip link set eth0 up' } } } } }),`;
    expect(await switchTo('new', cut)).toMatchObject({ code: 4 });
    expect(await says()).toEqual(ALL('old'));
  }, 180_000);

  /** Kills the deployer once `moment` has come. */
  const killedAt = async (beta: string, moment: (deployer: Deployer) => Promise<unknown>): Promise<void> => {
    describe('new', beta);
    const deployer = lab.startStead(words);
    await moment(deployer);
    deployer.kill('SIGKILL');
  };
  const states = async (): Promise<string[]> =>
    Promise.all(
      (await hosts()).map((host) => host.succeed('stead-host generations | tail -n 1 | cut -f 4,7')),
    );

  test('the deployer is killed when the first host is told to switch: every host takes itself back', async () => {
    await killedAt('', async ({ stderr }) => {
      for await (const chunk of stderr) if (String(chunk).includes('activating')) return;
    });
    for (const host of await hosts())
      await host.waitUntilSucceeds('test ! -e /var/lib/stead/watch && test ! -e /var/lib/stead/journal', 90);
    expect(await says()).toEqual(ALL('old'));
  }, 180_000);

  test('the deployer is killed when all hosts but one wait for the word that confirms them: every host takes itself back', async () => {
    const busy = `checks({ health: { busy: { tries: 1, command: ['sh', '-c',
      'systemd-run -q flock /var/lib/stead/lock sleep 8; while flock -n /var/lib/stead/lock true; do :; done'] } } }),`;
    const [alpha, , gamma] = await hosts();
    await killedAt(busy, async () => {
      for (const host of [alpha!, gamma!]) await host.waitForProcess('confirm [0-9]+ together');
    });
    for (const host of await hosts()) await host.waitUntilSucceeds('grep -q old /etc/motd', 90);
    for (const host of await hosts()) await host.waitUntilSucceeds('test ! -e /var/lib/stead/watch', 30);
    expect(await states()).toEqual(NAMES.map(() => 'unconfirmed\t-'));
    expect(
      (await lab.stead(['status', '@trio', '--repo', repo])).stdout.match(
        /was rolled back, since nobody confirmed it/g,
      ),
    ).toHaveLength(3);
  }, 180_000);

  test('the deployer is killed when the first host is confirmed: all of them are', async () => {
    const [alpha] = await hosts();
    const before = await alpha!.succeed('readlink /var/lib/stead/confirmed');
    await killedAt('', () =>
      alpha!.waitUntilSucceeds(`[ "$(readlink /var/lib/stead/confirmed)" != '${before}' ]`, 60),
    );
    for (const host of await hosts()) await host.waitUntilSucceeds('test ! -e /var/lib/stead/watch', 30);
    expect(await states()).toEqual(NAMES.map(() => 'confirmed\tcurrent'));
    expect(await says()).toEqual(ALL('new'));
  }, 120_000);
});
