// Three nights of a small rack, from a desk: good, bad and no commits, going back, a deployer that dies on the way.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, test } from 'vitest';
import { folder, repository, stead, write } from '../cli/stead.ts';
import { describeLab, useLab, type Host } from './driver.ts';
import { TRIO, TRIO_NAMES as NAMES, trioFile as source } from './fleet.ts';

describeLab('nights', () => {
  const lab = useLab(TRIO);
  /** Where a person works, where it is pushed to, and the checkout that the nights run in. */
  const desk = repository({});
  const shared = join(folder(), 'fleet.git');
  const rack = join(folder(), 'rack');
  const git = (cwd: string, ...words: string[]) =>
    execa('git', ['-c', 'user.name=Anna', '-c', 'user.email=anna@example.com', ...words], { cwd });

  /** Commits what hosts are to be, and pushes it; gives the commit. */
  const push = async (subject: string, files: Readonly<Record<string, string>>): Promise<string> => {
    for (const [name, text] of Object.entries(files)) write(desk, `hosts/${name}.ts`, text);
    await git(desk, 'add', '.');
    await git(desk, 'commit', '-qm', subject);
    await git(desk, 'push', '-q', 'origin', 'main');
    return (await git(desk, 'rev-parse', '--short=12', 'HEAD')).stdout;
  };
  const all = (text: string): Record<string, string> =>
    Object.fromEntries(NAMES.map((name) => [name, source(name, text)]));
  const night = (...more: string[]) => lab.stead(['reconcile', ...more, '--repo', rack]);
  const hosts = (): Promise<Host[]> => Promise.all(NAMES.map((name) => lab.host(name)));
  const says = async (): Promise<string> =>
    (await Promise.all((await hosts()).map((host) => host.succeed('cat /etc/motd')))).join(' ');

  beforeAll(async () => {
    mkdirSync(shared);
    await git(shared, 'init', '-q', '--bare', '-b', 'main');
    await git(desk, 'init', '-q', '-b', 'main');
    await git(desk, 'remote', 'add', 'origin', shared);
    write(desk, '.gitignore', 'out/\nnode_modules/\n');
    await push('Begin', all('zero'));
    await execa('git', ['clone', '-q', shared, rack]);
    // What `npx stead` runs there.
    write(
      rack,
      'node_modules/.bin/stead',
      `#!/bin/sh\nexec ${process.execPath} ${join(stead, 'src/cli/stead.mjs')} "$@"\n`,
    );
    await execa('chmod', ['0755', join(rack, 'node_modules/.bin/stead')]);
    const first = await night();
    expect(first, first.stderr).toMatchObject({ code: 0 });
  }, 300_000);

  test('a good commit is switched to, no commit is one line, a bad one changes nothing and is reported with its author', async () => {
    const good = await push('Greet', all('one'));
    const first = await night();
    expect(first.code).toBe(0);
    expect(first.stdout).toContain(
      `UTC: switched: alpha, beta, gamma; commit ${good} "Greet" by Anna <anna@example.com>\n`,
    );
    expect(await says()).toBe('one one one');

    const second = await night();
    expect(second.code).toBe(0);
    expect(second.stdout).toMatch(
      /^[-0-9]+ [0-9:]+ UTC: nothing to do on 3 hosts; commit [0-9a-f]{12} "Greet" by Anna <anna@example.com>$/,
    );
    expect(second.stderr).toBe('');

    const bad = await push('Break', { beta: source('beta', 'two', `files({ etc: { motd: 2 } }),`) });
    const third = await night();
    expect(third.code).toBe(2);
    expect(third.stdout).toContain(
      `REFUSED commit ${bad} "Break" by Anna <anna@example.com>: it does not evaluate; nothing has changed`,
    );
    expect(third.stdout).toContain('hosts/beta.ts:');
    expect(await says()).toBe('one one one');
  }, 180_000);

  test('the command of the report takes back what the night has switched; the commit is not tried again before it changes or a person says so', async () => {
    await push('Greet again', all('two'));
    const { stdout } = await night();
    const command =
      /To take back what was switched:\n {2}(cd .* && npx stead rollback alpha beta gamma .*)$/m.exec(
        stdout,
      )?.[1];
    expect(command, stdout).toBeDefined();
    await execa('sh', ['-c', command!]);
    expect(await says()).toBe('one one one');

    const held = await night();
    expect(held.code).toBe(0);
    expect(held.stdout).toMatch(/UTC: held back: alpha, beta, gamma; commit [^\n]*"Greet again"[^\n]*$/m);
    expect(await says()).toBe('one one one');
    expect((await night('--retry')).stdout).toContain('switched: alpha, beta, gamma');
    expect(await says()).toBe('two two two');

    expect(await lab.stead(['rollback', '--all', '--repo', rack])).toMatchObject({ code: 0 });
    await push('Greet otherwise', all('three'));
    expect((await night()).stdout).toContain('switched: alpha, beta, gamma');
    expect(await says()).toBe('three three three');
  }, 180_000);

  test('a night in which the deployer dies is gone on with in the next', async () => {
    const [alpha] = await hosts();
    const waits = `checks({ health: { waits: { tries: 1, command: ['sh', '-c', 'until [ -e /run/go ]; do sleep 0.1; done'] } } }),`;
    await push('Greet slowly', { ...all('four'), alpha: source('alpha', 'four', waits) });
    const deployer = lab.startStead(['reconcile', '--repo', rack]);
    for (const host of await hosts()) await host.waitUntilSucceeds('grep -q four /etc/motd');
    for (const host of (await hosts()).slice(1))
      await host.waitUntilSucceeds('test ! -e /var/lib/stead/watch');
    // What it has pulled runs in a process of its own.
    const { stdout: child } = await execa('pgrep', ['-P', String(deployer.pid)]);
    for (const pid of [Number(child), deployer.pid!]) process.kill(pid, 'SIGKILL');
    await alpha!.succeed('touch /run/go');
    await alpha!.waitUntilSucceeds('grep -q three /etc/motd && test ! -e /var/lib/stead/watch', 60);
    expect((await lab.stead(['status', 'alpha', '--repo', rack])).stdout).toContain(
      'was rolled back, since nobody confirmed it',
    );
    const next = await night();
    expect(next.code, next.stderr).toBe(0);
    expect(next.stdout).toContain('UTC: switched: alpha; nothing to do on 2 hosts; commit ');
    expect(await says()).toBe('four four four');
  }, 180_000);

  test('one host, a tag or all go back: to the generation before, a commit, or what ran at a time; on the host as well', async () => {
    const rollback = (...words: string[]) => lab.stead(['rollback', ...words, '--repo', rack]);
    const lastNight = new Date().toISOString();
    await new Promise((done) => setTimeout(done, 1100));
    const five = await push('Greet shortly', all('five'));
    await night();
    await push('Greet at length', all('six'));
    await night();
    expect(await rollback('beta')).toMatchObject({ code: 0 });
    expect(await says()).toBe('six five six');
    expect(await rollback('--all', '--to', five)).toMatchObject({ code: 0 });
    expect(await says()).toBe('five five five');
    expect(await rollback('@trio', '--as-of', lastNight)).toMatchObject({ code: 0 });
    expect(await says()).toBe('four four four');
    const [alpha] = await hosts();
    await alpha!.succeed('stead-host rollback');
    expect(await says()).toBe('three four four');
  }, 180_000);
});
