// All hosts of a mesh or none, on real hosts that fail at each phase, and with the deployer killed on the way.
import { beforeEach, expect, test } from 'vitest';
import { repository, write } from '../cli/stead.ts';
import { describeLab, useLab, type Host } from './driver.ts';

const NAMES = ['alpha', 'beta', 'gamma'];

/** A host whose /etc/motd says `text`. */
function source(name: string, text: string, more: string): string {
  return `import { activation, checks, files, host, systemd, target } from 'stead';
export default host('${name}', { tags: ['mesh'], use: [
  target({ ssh: { address: '10.42.0.${NAMES.indexOf(name) + 1}' } }),
  activation({ confirmSeconds: 10 }),
  files({ etc: { motd: '${text}\\n' } }),
  ${more}
] });
`;
}

describeLab('all hosts or none', () => {
  const lab = useLab({
    networks: { lan: '10.42.0.254/24' },
    hosts: Object.fromEntries(
      NAMES.map((name, index) => [
        name,
        { interfaces: { eth0: { network: 'lan', address: `10.42.0.${index + 1}/24` } } },
      ]),
    ),
  });
  const repo = repository({});
  const describe = (text: string, beta = ''): void => {
    for (const name of NAMES)
      write(repo, `hosts/${name}.ts`, source(name, text, name === 'beta' ? beta : ''));
  };
  const words = ['switch', '@mesh', '--atomic', '--repo', repo];
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

  test('one host that fails its checks before, or its units or health after: all are on the old generation', async () => {
    const preflight = `checks({ preflight: { sure: ['/bin/false'] } }),`;
    expect(await switchTo('new', preflight)).toMatchObject({ code: 1 });
    expect(await says()).toEqual(ALL('old'));

    const unit = `systemd({ units: { 'fails.service': { wantedBy: ['multi-user.target'], sections: { Service: {
      Type: 'oneshot', ExecStart: '/bin/false' } } } } }),`;
    const commit = await switchTo('new', unit);
    expect(commit).toMatchObject({ code: 4 });
    expect(commit.stderr).toContain('fails.service did not come up');
    expect(await says()).toEqual(ALL('old'));

    const health = `checks({ health: { well: { command: ['/bin/false'], tries: 1 } } }),`;
    const sick = await switchTo('new', health);
    expect(sick).toMatchObject({ code: 4 });
    expect(sick.stdout.match(/ROLLED BACK/g)).toHaveLength(3);
    expect(await says()).toEqual(ALL('old'));
  }, 180_000);

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

  test('the deployer is killed between the switch and the confirmation: every host takes itself back', async () => {
    describe('new', `checks({ health: { waits: { command: ['sleep', '55'], tries: 1 } } }),`);
    const deployer = lab.startStead(words);
    for (const host of await hosts()) await host.waitUntilSucceeds('grep -q new /etc/motd', 60);
    deployer.kill('SIGKILL');
    for (const host of await hosts()) await host.waitUntilSucceeds('grep -q old /etc/motd', 90);
    for (const host of await hosts()) await host.waitUntilSucceeds('test ! -e /var/lib/stead/watch', 30);
    expect(
      (await lab.stead(['status', '@mesh', '--repo', repo])).stdout.match(/was rolled back/g),
    ).toHaveLength(3);
  }, 180_000);
});
