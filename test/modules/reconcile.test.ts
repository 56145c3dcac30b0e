import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { host, users } from 'stead';
import { reconcile } from 'stead/modules/reconcile';
import { serviceAccount } from 'stead/modules/serviceAccount';
import { readSettings } from '../../src/deploy/reconcile/settings.ts';
import { checks, systemd } from '../../src/bundle/sets/index.ts';
import { available } from '../setup/programs.ts';
import { fleet, mistakes, text } from './rack.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJqfgFj5yzCI04PqvPwrjdYCuvSCKfEJrfDlcnWbhuVm';
const runner = users({ users: { runner: { shell: '/bin/bash' } } });
const repository = 'git@git.example.com:me/rack.git';

function gateway(settings: Partial<Parameters<typeof reconcile>[0]> = {}) {
  return fleet(host('gateway', { use: [runner, reconcile({ repository, ...settings })] })).host('gateway');
}

describe('what a host that keeps its fleet gets', () => {
  test('a job in its clone, and the settings that stead reads', () => {
    const one = gateway({ hosts: ['@rack'], notify: { ntfy: { url: 'https://ntfy.sh/rack' } } });
    expect(text(one, '/etc/stead/stead-reconcile.job')).toBe(`\
git@git.example.com:me/rack.git
main
/var/lib/runner/fleet
-
-
0
reconcile
@rack
--settings
/etc/stead/reconcile.json
`);
    const settings = text(one, '/etc/stead/reconcile.json');
    expect(JSON.parse(settings)).toEqual({
      retries: 2,
      retrySeconds: 300,
      notify: { onChange: false, ntfy: { url: 'https://ntfy.sh/rack' } },
    });
  });

  test('stead takes whatever settings the module writes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'stead-reconcile-'));
    try {
      const file = join(folder, 'reconcile.json');
      const one = gateway({
        signedBy: { anna: KEY },
        retries: 0,
        notify: {
          onChange: true,
          webhook: { urlFile: '/run/secrets/hook', tokenFile: '/run/secrets/token' },
          ntfy: { url: 'https://ntfy.sh/rack' },
          mail: { to: ['anna@example.com'], from: 'rack@example.com' },
        },
      });
      writeFileSync(file, text(one, '/etc/stead/reconcile.json'));
      expect(readSettings(file)).toEqual({
        allowedSigners: '/etc/stead/reconcile.signers',
        retries: 0,
        retrySeconds: 300,
        notify: {
          onChange: true,
          webhook: { urlFile: '/run/secrets/hook', tokenFile: '/run/secrets/token' },
          ntfy: { url: 'https://ntfy.sh/rack' },
          mail: { to: ['anna@example.com'], from: 'rack@example.com' },
        },
      });
      expect(text(one, '/etc/stead/reconcile.signers')).toBe(`anna namespaces="git" ${KEY}\n`);
      expect(text(one, '/etc/stead/stead-reconcile.job').split('\n')[4]).toBe('/etc/stead/reconcile.signers');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('a timer, and a service that no switch starts, stops or restarts: it may be what switches', () => {
    const one = gateway({ calendar: 'Mon..Fri 04:00', jitterSeconds: 60 });
    expect(text(one, '/etc/systemd/system/stead-reconcile.timer')).toBe(`\
[Timer]
OnCalendar=Mon..Fri 04:00
Persistent=yes
RandomizedDelaySec=60s

[Unit]
Description=Brings the fleet to the newest commit of its repository
`);
    expect(text(one, '/etc/systemd/system/stead-reconcile.service')).toBe(`\
[Service]
ExecStart=/usr/local/lib/stead/fleet run /etc/stead/stead-reconcile.job
TimeoutStartSec=12h
Type=oneshot
User=runner

[Unit]
After=network-online.target
Description=Brings the fleet to the newest commit of its repository
Wants=network-online.target
`);
    expect(one.get(systemd).units['stead-reconcile.service']).toMatchObject({
      onChange: 'none',
      start: false,
      stopWhenRemoved: false,
    });
    expect(one.get(checks).preflight['stead-reconcile calendar']).toEqual([
      'systemd-analyze',
      'calendar',
      'Mon..Fri 04:00',
    ]);
  });

  test('or a line of cron, a log, and what keeps that small', () => {
    const one = gateway({ scheduler: 'cron', cron: '15 2 * * 1-5', deployKeyFile: '/etc/keys/deploy key' });
    expect(text(one, '/etc/cron.d/stead-reconcile')).toBe(`\
# Written by stead for gateway; changes made here are lost at the next switch.
SHELL=/bin/sh
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
15 2 * * 1-5 runner /usr/local/lib/stead/fleet run /etc/stead/stead-reconcile.job >>/var/log/stead/stead-reconcile.log 2>&1
`);
    expect(text(one, '/etc/logrotate.d/stead-reconcile')).toBe(`\
# Written by stead for gateway; changes made here are lost at the next switch.
/var/log/stead/stead-reconcile.log {
	su runner runner
	weekly
	rotate 12
	compress
	delaycompress
	missingok
	notifempty
}
`);
    expect(text(one, '/etc/stead/stead-reconcile.job').split('\n').slice(3, 6)).toEqual([
      '/etc/keys/deploy key',
      '-',
      '600',
    ]);
  });

  test('it runs as the account that the host has for this', () => {
    const account = serviceAccount({ name: 'keeper', publicKey: KEY, runsFrom: 'gateway' });
    const one = fleet(host('gateway', { use: [account, reconcile({ repository })] })).host('gateway');
    expect(text(one, '/etc/systemd/system/stead-reconcile.service')).toContain('User=keeper\n');
    expect(text(one, '/etc/stead/stead-reconcile.job').split('\n')[2]).toBe('/var/lib/keeper/fleet');
    expect(one.get(checks).manual['deploy key']?.instruction).toContain(
      `Let keeper on gateway read ${repository}: give the git host the key ${KEY} as a deploy key`,
    );
  });

  test('a step that only a person can take: the deploy key', () => {
    expect(gateway().get(checks).manual['deploy key']).toEqual({
      command: [
        'runuser',
        '-u',
        'runner',
        '--',
        '/usr/local/lib/stead/fleet',
        'reach',
        '/etc/stead/stead-reconcile.job',
      ],
      instruction:
        "Let runner on gateway read git@git.example.com:me/rack.git: give the git host the public half of the key of runner as a deploy key, and have the git host's own key known, as with `ssh({ knownHosts: … })`.",
    });
  });
});

describe('bad input', () => {
  const wrong = (...use: Parameters<typeof host>[1]['use']) => mistakes(host('gateway', { use }));

  test('a user whom the host does not have, or who has no shell', () => {
    expect(wrong(reconcile({ repository }))).toEqual([
      'runner, who is to run it, is no user of gateway = Add the account with `users` or `serviceAccount`, or name another.',
    ]);
    expect(wrong(reconcile({ repository }), users({ users: { runner: {} } }))).toEqual([
      'runner, who is to run it, has the shell /usr/sbin/nologin, with which cron and git run nothing = Give the account a shell such as /bin/sh.',
    ]);
  });

  test('notices to two addresses at once, to none, or to nobody', () => {
    const both = { url: 'https://example.com/', urlFile: '/run/url' };
    expect(wrong(runner, reconcile({ repository, notify: { webhook: both, ntfy: {}, mail: {} } }))).toEqual([
      'reconcile.notify.webhook has both `url` and `urlFile` = Give it one of them: a file on the host keeps the URL secret.',
      'reconcile.notify.ntfy has neither `url` nor `urlFile` = Give it one of them: a file on the host keeps the URL secret.',
      'reconcile.notify.mail is to nobody = Name somebody in `to`, or take `mail` out.',
    ]);
  });

  test('a schedule that never comes, a key that is none, a branch that git would take for a flag', () => {
    expect(
      wrong(
        runner,
        reconcile({
          repository,
          calendar: 'Funday',
          cron: '61 * * * *',
          branch: '--upload-pack=x',
          signedBy: { anna: 'key' },
        }),
      ),
    ).toEqual([
      'expected a systemd calendar expression, such as daily or Mon..Fri 03:30, got "Funday": "Funday" is not a weekday, a shorthand such as daily, a date or a time',
      'expected text matching /^[A-Za-z0-9][A-Za-z0-9._/-]*$/, got "--upload-pack=x"',
      'expected a cron expression of five fields, such as 0 3 * * 1-5, got "61 * * * *": the minute is "61": use numbers 0 to 59, ranges, lists, and steps such as */5',
      'expected an SSH public key, such as ssh-ed25519 AAAA… name@host, got "key"',
    ]);
  });
});

describe('the real programs', () => {
  /** A preflight check of a host, on this machine, over one of its files. */
  function check(
    name: string,
    one: ReturnType<typeof gateway>,
    path: string,
    change = (content: string) => content,
  ) {
    const folder = mkdtempSync(join(tmpdir(), 'stead-reconcile-'));
    try {
      const file = join(folder, 'file');
      writeFileSync(file, change(text(one, path)), { mode: 0o644 });
      const [program, ...args] = one
        .get(checks)
        .preflight[name]!.map((word) => (word === path ? file : word));
      const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` };
      return spawnSync(program!, args, { encoding: 'utf8', env });
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  const byCron = gateway({ scheduler: 'cron' });

  test.runIf(available('crontab'))('crontab takes the line of cron, and refuses a broken one', () => {
    const path = '/etc/cron.d/stead-reconcile';
    expect(check('stead-reconcile cron', byCron, path)).toMatchObject({ status: 0 });
    const broken = check('stead-reconcile cron', byCron, path, (content) => content.replace('30 3', '30 25'));
    expect(broken.status).toBe(1);
    expect(broken.stderr).toContain('bad hour');
  });

  test.runIf(available('logrotate'))('logrotate takes the rotation, and refuses a broken one', () => {
    const path = '/etc/logrotate.d/stead-reconcile';
    const known = (content: string) => content.replace('su runner runner', 'su root root');
    expect(check('stead-reconcile logrotate', byCron, path, known)).toMatchObject({ status: 0 });
    const broken = check('stead-reconcile logrotate', byCron, path, (content) =>
      known(content).replace('weekly', 'rotate x'),
    );
    expect(broken.status).toBe(1);
  });
});

describe('the program that runs stead', () => {
  const program = join(import.meta.dirname, '../../modules/reconcile/fleet.sh');
  const folder = mkdtempSync(join(tmpdir(), 'stead-fleet-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const git = (...args: string[]): string =>
    execFileSync(
      'git',
      ['-C', join(folder, 'origin'), '-c', 'user.name=A', '-c', 'user.email=a@example.com', ...args],
      {
        encoding: 'utf8',
      },
    );
  /** Runs it with a job, into a clone of its own. */
  const fleetProgram = (verb: string, name: string, more: { branch?: string; signers?: string } = {}) => {
    const { branch = 'main', signers = '-' } = more;
    const lines = [
      join(folder, 'origin'),
      branch,
      join(folder, name),
      '-',
      signers,
      '0',
      'reconcile',
      '--all',
      "it's one word",
    ];
    const job = join(folder, `${name}.job`);
    writeFileSync(job, lines.map((line) => `${line}\n`).join(''));
    return spawnSync('sh', [program, verb, job], { encoding: 'utf8' });
  };

  beforeAll(() => {
    mkdirSync(join(folder, 'origin/node_modules/.bin'), { recursive: true });
    const stub = join(folder, 'origin/node_modules/.bin/stead');
    writeFileSync(stub, `#!/bin/sh\nprintf '<%s>' "$@"\npwd\n`, { mode: 0o755 });
    git('init', '--quiet', '--initial-branch=main');
    git('add', '--all', '--force');
    git('commit', '--quiet', '--message=Begin');
  });

  test.runIf(available('shellcheck'))('shellcheck finds nothing in it', () => {
    expect(spawnSync('shellcheck', [program], { encoding: 'utf8' })).toMatchObject({ status: 0, stdout: '' });
  });

  test('makes the clone where there is none, or only half of one, and hands every word on', () => {
    mkdirSync(join(folder, 'clone.new/.git'), { recursive: true });
    const said = `<reconcile><--all><it's one word>${join(folder, 'clone')}\n`;
    expect(fleetProgram('run', 'clone')).toMatchObject({ status: 0, stdout: said });
    expect(existsSync(join(folder, 'clone.new'))).toBe(false);
    expect(fleetProgram('run', 'clone')).toMatchObject({ status: 0, stdout: said, stderr: '' });
  });

  test('makes another clone where repository or branch are others now, and takes along what is known of hosts', () => {
    fleetProgram('run', 'moved');
    mkdirSync(join(folder, 'moved/out'));
    writeFileSync(join(folder, 'moved/out/targets.json'), '[]');
    git('branch', 'stable');
    const { status, stderr } = fleetProgram('run', 'moved', { branch: 'stable' });
    expect(status).toBe(0);
    expect(stderr).toContain(`it is ${join(folder, 'moved.before')} now`);
    expect(readFileSync(join(folder, 'moved/.git/HEAD'), 'utf8')).toBe('ref: refs/heads/stable\n');
    expect(existsSync(join(folder, 'moved/out/targets.json'))).toBe(true);
    expect(existsSync(join(folder, 'moved.before/.git'))).toBe(true);
  });

  test('makes no clone of a commit that nobody vouches for', () => {
    const signers = join(folder, 'signers');
    writeFileSync(signers, `anna namespaces="git" ${KEY}\n`);
    const { status, stderr } = fleetProgram('run', 'unsigned', { signers });
    expect(status).toBe(1);
    expect(stderr).toContain(`is not signed by a key in ${signers}: it was not taken`);
    expect(existsSync(join(folder, 'unsigned'))).toBe(false);
  });

  test('tells whether the branch can be read', () => {
    expect(fleetProgram('reach', 'reach')).toMatchObject({ status: 0, stdout: '' });
    expect(fleetProgram('reach', 'reach', { branch: 'other' }).status).not.toBe(0);
  });
});
