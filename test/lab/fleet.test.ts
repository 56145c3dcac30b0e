// Eight hosts in one run: some of them away, full, failing or slow, and what is said of each.
import { beforeAll, expect, test } from 'vitest';
import { repository, write } from '../cli/stead.ts';
import { describeLab, useLab, type Host } from './driver.ts';

const NAMES = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta', 'eta', 'theta'] as const;
type Name = (typeof NAMES)[number];

const addressOf = (name: Name): string => `10.42.0.${NAMES.indexOf(name) + 1}`;

function source(name: Name, text: string, more: string): string {
  return `import { activation, checks, files, host, systemd, target } from 'stead';
export default host('${name}', { tags: ['rack'], use: [
  target({ ssh: { address: '${addressOf(name)}' } }),
  activation({ confirmSeconds: 20 }),
  files({ etc: { motd: '${text}\\n' } }),
  ${more}
] });
`;
}

const oneshot = (command: string): string =>
  `systemd({ units: { 'step.service': { wantedBy: ['multi-user.target'], sections: { Service: {
    Type: 'oneshot', RemainAfterExit: true, ExecStart: '${command}' } } } } }),`;

describeLab('a rack of eight', () => {
  const lab = useLab({
    networks: { lan: '10.42.0.254/24' },
    hosts: Object.fromEntries(
      NAMES.map((name) => [
        name,
        { interfaces: { eth0: { network: 'lan', address: `${addressOf(name)}/24` } } },
      ]),
    ),
  });
  const repo = repository({});
  const describe = (text: string, more: Partial<Record<Name, string>> = {}): void => {
    for (const name of NAMES) write(repo, `hosts/${name}.ts`, source(name, text, more[name] ?? ''));
  };
  const host = (name: Name): Promise<Host> => lab.host(name);
  const motd = async (): Promise<string[]> =>
    Promise.all(NAMES.map(async (name) => (await (await host(name)).file('/etc/motd')).trim()));

  const summary = (stdout: string): [name: string, word: string][] =>
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/).slice(0, 2) as [string, string]);

  beforeAll(async () => {
    describe('old');
    const first = await lab.stead(['switch', '--all', '--repo', repo]);
    expect(first, first.stderr).toMatchObject({ code: 0 });
  }, 300_000);

  test('Half of the fleet cannot be reached: the others are done, the exit code says so; a slow one holds nobody up', async () => {
    describe('new', {
      zeta: oneshot('/bin/sh -c "until [ -e /run/go ]; do sleep 0.2; done"'),
      eta: oneshot('/bin/false'),
    });
    const [beta, delta, zeta] = await Promise.all([host('beta'), host('delta'), host('zeta')]);
    await beta.unplug();
    await delta.fill();
    const running = lab.startStead(['switch', '--all', '--repo', repo]);
    for (const name of ['alpha', 'gamma', 'epsilon', 'theta'] as const) {
      const one = await host(name);
      await one.waitUntilSucceeds('stead-host generations | grep -q "^generation.2.*confirmed.*current"');
    }
    await zeta.succeed('touch /run/go');
    const { exitCode, stdout, stderr } = await running;
    expect(exitCode).toBe(3);
    expect(await motd()).toEqual(['new', 'old', 'new', 'old', 'new', 'new', 'old', 'new']);
    expect(stderr).toMatch(/^8 hosts in \d+ s: 5 switched, 2 FAILED, 1 ROLLED BACK$/m);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ {2,}/)),
    ).toEqual([
      ['alpha', 'switched', 'generation 2', expect.stringMatching(/^[0-9a-z]{32}$/)],
      ['beta', 'FAILED', '10.42.0.2 port 22 cannot be reached: no answer in 20 s'],
      ['delta', 'FAILED', expect.stringMatching(/^the copy needs \d+ KiB in \S+, where 0 KiB are free$/)],
      ['epsilon', 'switched', 'generation 2', expect.any(String)],
      ['eta', 'ROLLED BACK', 'generation 1', 'units of the new configuration did not come up: step.service'],
      ['gamma', 'switched', 'generation 2', expect.any(String)],
      ['theta', 'switched', 'generation 2', expect.any(String)],
      ['zeta', 'switched', 'generation 2', expect.any(String)],
    ]);
    expect(stderr).toContain('= See that the host is on, that the address and port are right');
    expect(stderr).toContain('= The generation before runs again. Mend the cause and switch again.');

    await beta.plug();
    const again = await lab.stead(['switch', '--all', '--json', '--repo', repo]);
    delta.unfill();
    expect(again.code).toBe(3);
    const { hosts } = JSON.parse(again.stdout) as { hosts: object[] };
    expect(hosts).toMatchObject([
      { host: 'alpha', state: 'unchanged', generation: 2 },
      { host: 'beta', state: 'switched', generation: 2, previous: 1 },
      {
        host: 'delta',
        state: 'failed',
        error: { code: 'host.receive', host: 'delta', hint: expect.any(String) },
      },
      { host: 'epsilon', state: 'unchanged' },
      { host: 'eta', state: 'rolled-back', generation: 1, error: { code: 'switch.rolled-back' } },
      { host: 'gamma', state: 'unchanged' },
      { host: 'theta', state: 'unchanged' },
      { host: 'zeta', state: 'unchanged' },
    ]);
    describe('old');
    expect(await lab.stead(['switch', '--all', '--repo', repo])).toMatchObject({ code: 0 });
  }, 180_000);

  const health = (command: string): string =>
    `checks({ health: { 'of all': { tries: 1, command: ['sh', '-c', '${command}'] } } }),`;

  test.each<[phase: string, name: Name, code: number, why: string, more: string]>([
    ['copy', 'delta', 1, 'the copy needs', ''],
    [
      'checks',
      'gamma',
      1,
      'checks of the new configuration failed: sure',
      `checks({ preflight: { sure: ['/bin/false'] } }),`,
    ],
    ['activation', 'eta', 4, 'did not come up: step.service', oneshot('/bin/false')],
    ['health', 'alpha', 4, 'is not well: health of of all', health('false')],
    [
      'confirmation',
      'theta',
      4,
      'another switch holds the lock',
      // From then on somebody else has the host's lock, for longer than is waited for it.
      health(
        'systemd-run -q flock /var/lib/stead/lock sleep 12; while flock -n /var/lib/stead/lock true; do :; done',
      ),
    ],
  ])(
    'all or nothing: where one of eight fails in its %s, all eight are on the old generation',
    async (phase, name, code, why, more) => {
      const failing = await host(name);
      describe(`new ${phase}`, { [name]: more });
      if (phase === 'copy') await failing.fill();
      const result = await lab.stead(['switch', '--all', '--atomic', '--repo', repo]);
      failing.unfill();
      expect(result, result.stderr).toMatchObject({ code });
      expect(result.stdout).toContain(why);
      const other = code === 1 ? 'left as it was' : 'ROLLED BACK';
      expect(summary(result.stdout)).toHaveLength(8);
      for (const [one, word] of summary(result.stdout))
        expect(word, one).toBe(one === name && code === 1 ? 'FAILED' : other);
      expect(await motd()).toEqual(NAMES.map(() => 'old'));
      for (const one of await Promise.all(NAMES.map(host)))
        await one.succeed('test ! -e /var/lib/stead/watch && test ! -e /var/lib/stead/journal');
    },
    120_000,
  );

  test('a canary goes first, is looked at once more, and leaves all others as they were where it is not well any more', async () => {
    // Well when it is switched, and not a moment later.
    describe('canary', { theta: health('test ! -e /run/seen || exit 1; touch /run/seen') });
    const { code, stdout, stderr } = await lab.stead([
      'switch',
      '--all',
      '--canary',
      'theta',
      '--repo',
      repo,
    ]);
    expect(code).toBe(3);
    expect(summary(stdout)).toEqual([
      ...['alpha', 'beta', 'delta', 'epsilon', 'eta', 'gamma'].map((name) => [name, 'left as it was']),
      ['theta', 'UNWELL'],
      ['zeta', 'left as it was'],
    ]);
    expect(stderr).toContain('= No further host was begun. Mend it and go on, or `stead rollback theta`.');
    expect(await motd()).toEqual(NAMES.map((name) => (name === 'theta' ? 'canary' : 'old')));
    expect(await lab.stead(['rollback', 'theta', '--repo', repo])).toMatchObject({ code: 0 });
  }, 120_000);

  test('one after the other, the first that fails is the last that is begun', async () => {
    describe('rolling', { delta: oneshot('/bin/false') });
    const { code, stdout } = await lab.stead(['switch', '--all', '--rolling', '--repo', repo]);
    expect(code).toBe(3);
    expect(summary(stdout).map(([, word]) => word)).toEqual([
      'switched',
      'switched',
      'ROLLED BACK',
      ...Array.from({ length: 5 }, () => 'left as it was'),
    ]);
    expect((await motd()).filter((text) => text === 'rolling')).toHaveLength(2);
  }, 120_000);
});
