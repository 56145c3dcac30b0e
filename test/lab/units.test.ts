// What a switch does with units, on a real systemd: the rows of the table that NixOS's switch-to-configuration goes by.
import { beforeAll, describe, expect, test } from 'vitest';
import type { Ran } from '../cli/stead.ts';
import { describeLab, useLab, type Host } from './driver.ts';
import { oneHost, oneshot, service, unitSwitch, wantedBy, type Configuration } from './unit-switch.ts';

const reloading = (name: string, version: string): object => ({
  ExecReload: `/bin/sh -c "echo reload ${version} >>/run/${name}.log"`,
});
const odd = String.raw`an\x2dodd-na.me\x20here@in-st\x2dance.service`;

const before = {
  etc: { 'reads.conf': 'old\n', 'rereads.conf': 'old\n' },
  units: {
    'unwanted.service': { sections: service('unwanted', 'old') },
    'gone.service': { sections: service('gone', 'old'), wantedBy },
    'gone-stays.service': { sections: service('gone-stays', 'old'), wantedBy, stopWhenRemoved: false },
    'mask.service': { sections: service('mask', 'old'), wantedBy },
    'unmask-wanted.service': { masked: true },
    'unmask-idle.service': { masked: true },
    'quiet.service': { sections: service('quiet', 'old', {}, { Description: 'old' }), wantedBy },
    'reloads.service': { sections: service('reloads', 'one', reloading('reloads', 'old')), wantedBy },
    'both.service': { sections: service('both', 'old', reloading('both', 'old')), wantedBy },
    'reads.service': { sections: service('reads', 'one'), wantedBy, readBy: ['/etc/reads.conf'] },
    'rereads.service': {
      sections: service('rereads', 'one', reloading('rereads', 'one')),
      wantedBy,
      readBy: [{ reload: '/etc/rereads.conf' }],
    },
    'dropped.service': {
      sections: service('dropped', 'one'),
      wantedBy,
      dropIns: { extra: { Service: { Environment: 'A=1' } } },
    },
    'reset.service': { sections: service('reset', 'one', { Environment: 'A=1' }), wantedBy },
    'srv-options.mount': {
      sections: { Mount: { What: 'tmpfs', Where: '/srv/options', Type: 'tmpfs', Options: 'size=1M' } },
      wantedBy,
    },
    'srv-device.mount': {
      sections: { Mount: { What: 'old', Where: '/srv/device', Type: 'tmpfs' } },
      wantedBy,
    },
    'srv-busy.mount': { sections: { Mount: { What: 'old', Where: '/srv/busy', Type: 'tmpfs' } }, wantedBy },
    'srv-leaves.mount': {
      sections: { Mount: { What: 'old', Where: '/srv/leaves', Type: 'tmpfs' } },
      wantedBy,
    },
    '-.mount': { dropIns: { test: { Unit: { Documentation: 'https://old.example' } } }, start: false },
    'watch.path': { sections: { Path: { PathExists: '/run/none', Unit: 'seen.service' } }, wantedBy },
    'seen.service': { sections: oneshot('/bin/true') },
    'group.slice': { sections: { Slice: { CPUWeight: 50 } }, wantedBy },
    'group.target': { sections: { Unit: { Before: 'x.service' } }, wantedBy },
    'tick.timer': { sections: { Timer: { OnCalendar: 'yearly' } }, wantedBy: ['timers.target'] },
    'tick.service': { sections: oneshot('/bin/sh -c "echo tick >>/run/tick.log"') },
    'tock.timer': { sections: { Timer: { OnActiveSec: '1s' } }, wantedBy: ['timers.target'] },
    'tock.service': { sections: oneshot('/bin/sh -c "echo old >>/run/tock.log"') },
    'policy-reload.service': {
      sections: service('policy-reload', 'old', reloading('policy-reload', 'one')),
      wantedBy,
      onChange: 'reload',
    },
    'policy-none.service': { sections: service('policy-none', 'old'), wantedBy, onChange: 'none' },
    'policy-restart.service': { sections: service('policy-restart', 'old'), wantedBy, onChange: 'restart' },
    'plain.service': { sections: service('plain', 'old'), wantedBy },
    'many@.service': { sections: service('many', 'old') },
    'many@a.service': { wantedBy },
    'twin@.service': { sections: service('twin', 'one') },
    'twin@a.service': { wantedBy, dropIns: { own: { Service: { Environment: 'A=1' } } } },
    'twin@b.service': { wantedBy },
    [String.raw`an\x2dodd-na.me\x20here@.service`]: { sections: service('odd', 'old') },
    [odd]: { wantedBy },
    'served.socket': {
      sections: { Socket: { ListenStream: '/run/served.sock' } },
      wantedBy: ['sockets.target'],
    },
    'served.service': { sections: service('served', 'old') },
    'moved.socket': {
      sections: { Socket: { ListenStream: '/run/moved-old.sock' } },
      wantedBy: ['sockets.target'],
    },
    'moved.service': { sections: service('moved', 'one') },
    'base.service': { sections: service('base', 'old'), wantedBy },
    'needs.service': {
      sections: service('needs', 'one', {}, { Requires: 'base.service', After: 'base.service' }),
      wantedBy,
    },
    'connection.socket': {
      sections: { Socket: { ListenStream: '7777', Accept: true } },
      wantedBy: ['sockets.target'],
    },
    'connection@.service': {
      sections: { Service: { ExecStart: '/bin/cat', StandardInput: 'socket', Environment: 'A=1' } },
    },
    'booted.timer': { sections: { Timer: { OnBootSec: '1s' } }, wantedBy: ['timers.target'] },
    'booted.service': { sections: oneshot('/bin/sh -c "echo booted >>/run/booted.log"') },
    'by-hand.service': { sections: service('by-hand', 'old'), wantedBy },
    'cron.service': { dropIns: { test: { Service: { Environment: 'A=1' } } } },
    'long.service': { sections: oneshot('/bin/sleep 1200') },
    'ssh.service': { dropIns: { test: { Service: { Environment: 'A=1' } } } },
  },
} satisfies Configuration;

const {
  'gone.service': _gone,
  'gone-stays.service': _stays,
  'srv-leaves.mount': _leaves,
  ...remaining
} = before.units;

const after: Configuration = {
  etc: { 'reads.conf': 'new\n', 'rereads.conf': 'new\n' },
  units: {
    ...remaining,
    'new.service': { sections: service('new', 'new'), wantedBy },
    'new-idle.service': { sections: service('new-idle', 'new'), wantedBy: ['rescue.target'] },
    'mask.service': { masked: true },
    'unmask-wanted.service': { sections: service('unmask-wanted', 'new'), wantedBy },
    'unmask-idle.service': { sections: service('unmask-idle', 'new') },
    'quiet.service': {
      sections: {
        ...service('quiet', 'old', {}, { Description: 'new', OnFailure: 'seen.service' }),
        Install: { WantedBy: 'rescue.target' },
      },
      wantedBy,
    },
    'reloads.service': { sections: service('reloads', 'one', reloading('reloads', 'new')), wantedBy },
    'both.service': { sections: service('both', 'new', reloading('both', 'new')), wantedBy },
    'dropped.service': { sections: service('dropped', 'one'), wantedBy },
    'reset.service': {
      sections: service('reset', 'one', { Environment: 'A=2' }),
      wantedBy,
      dropIns: { own: { Service: { Environment: ['', 'A=1'] } } },
    },
    'srv-options.mount': {
      sections: { Mount: { What: 'tmpfs', Where: '/srv/options', Type: 'tmpfs', Options: 'size=2M' } },
      wantedBy,
    },
    'srv-device.mount': {
      sections: { Mount: { What: 'new', Where: '/srv/device', Type: 'tmpfs' } },
      wantedBy,
    },
    'srv-busy.mount': { sections: { Mount: { What: 'new', Where: '/srv/busy', Type: 'tmpfs' } }, wantedBy },
    '-.mount': { dropIns: { test: { Unit: { After: 'x.service' } } }, start: false },
    'watch.path': { sections: { Path: { PathExists: '/run/other', Unit: 'seen.service' } }, wantedBy },
    'group.slice': { sections: { Slice: { CPUWeight: 60 } }, wantedBy },
    'group.target': { sections: { Unit: { Before: 'y.service' } }, wantedBy },
    'tick.timer': { sections: { Timer: { OnCalendar: 'monthly' } }, wantedBy: ['timers.target'] },
    'tock.service': { sections: oneshot('/bin/sh -c "echo new >>/run/tock.log"') },
    'policy-reload.service': {
      sections: service('policy-reload', 'new', reloading('policy-reload', 'one')),
      wantedBy,
      onChange: 'reload',
    },
    'policy-none.service': { sections: service('policy-none', 'new'), wantedBy, onChange: 'none' },
    'policy-restart.service': { sections: service('policy-restart', 'new'), wantedBy, onChange: 'restart' },
    'plain.service': {
      sections: service('plain', 'new'),
      wantedBy,
      aliases: [String.raw`also\x2dplain.service`],
    },
    'many@.service': { sections: service('many', 'new') },
    'twin@a.service': { wantedBy, dropIns: { own: { Service: { Environment: 'A=2' } } } },
    [String.raw`an\x2dodd-na.me\x20here@.service`]: { sections: service('odd', 'new') },
    'served.service': { sections: service('served', 'new') },
    'moved.socket': {
      sections: { Socket: { ListenStream: '/run/moved-new.sock' } },
      wantedBy: ['sockets.target'],
    },
    'base.service': { sections: service('base', 'new'), wantedBy },
    'connection@.service': {
      sections: { Service: { ExecStart: '/bin/cat', StandardInput: 'socket', Environment: 'A=2' } },
    },
    'booted.timer': {
      sections: { Timer: { OnBootSec: '1s', AccuracySec: '1s' } },
      wantedBy: ['timers.target'],
    },
    'by-hand.service': { sections: service('by-hand', 'new'), wantedBy },
    'cron.service': { dropIns: { test: { Service: { Environment: 'A=2' } } } },
    'long.service': { sections: oneshot('/bin/sleep 1300') },
    'ssh.service': { dropIns: { test: { Service: { Environment: 'A=2' } } } },
  },
};

const suites = [
  ['Debian 12', 'bookworm'],
  ['Debian 13', 'trixie'],
] as const;

describe.each(suites)('on %s', (_, suite) => {
  describeLab('a switch', () => {
    const lab = useLab(oneHost(suite));
    const switchTo = unitSwitch(lab);
    let alpha: Host;
    let changed: Ran;
    const was = new Map<string, string>();

    const invocation = (unit: string): Promise<string> =>
      alpha.succeed(`systemctl show --value --property=InvocationID -- '${unit}'`);
    const state = (unit: string): Promise<string> =>
      alpha.succeed(`systemctl show --value --property=ActiveState -- '${unit}'`);
    const log = (name: string): Promise<string> => alpha.succeed(`cat /run/${name}.log 2>/dev/null || :`);

    beforeAll(async () => {
      alpha = await lab.host('alpha');
      const first = await switchTo(before);
      expect(first, first.stderr).toMatchObject({ code: 0 });
      await alpha.waitUntilSucceeds('test -s /run/tock.log && test -s /run/booted.log');
      await alpha.succeed(
        `systemctl start unwanted many@b; systemctl stop by-hand; systemctl mask cron; systemctl start --no-block long
         systemctl start served moved; touch /srv/options/kept /srv/device/lost
         systemd-run --unit=caller bash -c 'exec 3<>/dev/tcp/localhost/7777; echo hello >&3; exec sleep infinity'
         systemd-run --unit=holder sh -c 'cd /srv/busy && exec sleep infinity 3</srv/leaves'`,
      );
      await alpha.waitUntilSucceeds(
        'readlink /proc/$(systemctl show --value -p MainPID holder)/cwd | grep busy',
      );
      await alpha.waitUntilSucceeds("systemctl is-active 'connection@*'");
      const names = [...Object.keys(before.units), 'many@b.service'].filter((name) => !/@\./.test(name));
      for (const name of names) was.set(name, await invocation(name));
      changed = await switchTo(after);
      expect(changed, changed.stderr).toMatchObject({ code: 0 });
    }, 300_000);

    const isSame = async (unit: string): Promise<void> =>
      expect(await invocation(unit), unit).toBe(was.get(unit));
    const isNew = async (unit: string): Promise<void> => {
      expect(await invocation(unit), unit).not.toBe(was.get(unit));
      expect(await state(unit), unit).toBe('active');
    };

    test('unit new and wanted by an active target: start', async () => {
      expect(await state('new.service')).toBe('active');
      expect(await state('new-idle.service')).toBe('inactive');
    });

    test('A unit gone from the new generation is stopped with its OLD ExecStop, before its file goes away.', async () => {
      expect(await state('gone.service')).toBe('inactive');
      expect(await log('gone')).toBe('start old\nstop old');
      await alpha.fail('test -L /etc/systemd/system/gone.service');
    });

    test('unit gone or masked: stop, unless it says not to', async () => {
      expect(await state('gone-stays.service')).toBe('active');
      expect(await state('mask.service')).toBe('inactive');
      expect(await log('mask')).toBe('start old\nstop old');
      expect(changed.stderr).toContain('kept gone-stays.service');
    });

    test('A unit becomes a link to /dev/null: stopped; the other way: started only if wanted', async () => {
      expect(await alpha.succeed('systemctl is-enabled mask || :')).toContain('masked');
      expect(await state('unmask-wanted.service')).toBe('active');
      expect(await state('unmask-idle.service')).toBe('inactive');
    });

    test('Only Description or `[Install]` changed: nothing. Only a drop-in changed or removed: restart.', async () => {
      await isSame('quiet.service');
      expect(await alpha.succeed('systemctl show --value -p Description quiet')).toBe('new');
      await isNew('dropped.service');
    });

    test('ExecReload only, or a reload trigger only: reload', async () => {
      await isSame('reloads.service');
      expect(await log('reloads')).toBe('start one\nreload new');
      await isSame('rereads.service');
      expect(await log('rereads')).toBe('start one\nreload one');
      await isNew('reads.service');
    });

    test('ExecStart AND ExecReload changed: restart, not reload', async () => {
      await isNew('both.service');
      expect(await log('both')).toBe('start old\nstop old\nstart new');
    });

    test('drop-ins: judged together with the unit; an empty value resets a list', () =>
      isSame('reset.service'));

    test('Mount: options only, remount; device changed, restart, never `/`; a busy mount is reported, not forced.', async () => {
      await alpha.succeed(
        'test -e /srv/options/kept && findmnt -n -o OPTIONS /srv/options | grep size=2048k',
      );
      await alpha.succeed('test ! -e /srv/device/lost && findmnt -n -o SOURCE /srv/device | grep new');
      expect(await alpha.succeed('findmnt -n -o SOURCE /srv/busy')).toBe('old');
      expect(changed.stderr).toContain('srv-busy.mount is in use');
      await alpha.succeed('mountpoint -q /srv/leaves');
      expect(changed.stderr).toContain('srv-leaves.mount is in use');
      await alpha.succeed('systemctl is-active holder');
      await isSame('-.mount');
    });

    test('Slice, path, basic and multi-user targets: no stop', async () => {
      for (const unit of ['watch.path', 'group.slice', 'group.target']) await isSame(unit);
    });

    test('timer: restart in place', async () => {
      await isNew('tick.timer');
      expect(await alpha.succeed('systemctl show --value -p TimersCalendar tick.timer')).toContain('-01 ');
      expect(await log('tick')).toBe('');
      await isNew('booted.timer');
      // Started when OnBootSec is past, a timer elapses at once; systemd of Debian 13 remembers that it had (systemd.timer(5)).
      expect(await log('booted')).toBe(suite === 'trixie' ? 'booted' : 'booted\nbooted');
    });

    test("A timer's service changed: the timer does not fire the old unit during the switch, and no oneshot runs because of it", async () => {
      await isSame('tock.timer');
      expect(await log('tock')).toBe('old');
    });

    test('service with reloadIfChanged / restartIfChanged: false / stopIfChanged: false: reload / listed as not restarted / restart after daemon-reload', async () => {
      await isSame('policy-reload.service');
      expect(await log('policy-reload')).toBe('start old\nreload one');
      await isSame('policy-none.service');
      expect(changed.stderr).toContain('kept policy-none.service');
      await isNew('policy-restart.service');
      expect(await log('policy-restart')).toBe('start old\nstop new\nstart new');
    });

    test('any other service: stop under the old unit, start under the new', async () => {
      await isNew('plain.service');
      expect(await log('plain')).toBe('start old\nstop old\nstart new');
      expect(await state(String.raw`also\x2dplain.service`)).toBe('active');
    });

    test('`foo@a` of a changed template `foo@`; a drop-in of one instance only.', async () => {
      await isNew('many@a.service');
      await isNew('many@b.service');
      await isNew('twin@a.service');
      await isSame('twin@b.service');
    });

    test('Names with `\\x2d`, dots, dashes, `@`.', async () => {
      await isNew(odd);
      expect(await log('odd')).toBe('start old\nstop old\nstart new');
    });

    test('A service whose socket changed: socket and service stopped, socket started', async () => {
      await isNew('served.socket');
      await isNew('served.service');
      await isNew('moved.socket');
      await alpha.succeed('test -S /run/moved-new.sock');
      expect(await log('moved')).toContain('start one\nstop one');
    });

    test('what requires a unit that restarts runs again', async () => {
      await isNew('base.service');
      await isNew('needs.service');
    });

    test('A unit that a person stopped or masked stays so, and is listed', async () => {
      expect(await state('by-hand.service')).toBe('inactive');
      expect(changed.stderr).toContain('skipped by-hand.service');
      expect(await alpha.succeed('systemctl is-enabled cron || :')).toBe('masked');
      expect(changed.stderr).toContain('skipped cron.service');
      expect(await state('unwanted.service')).toBe('active');
      await isSame('unwanted.service');
    });

    test('A oneshot of 20 minutes (a certificate, an image pull): the switch returns by the unit’s policy, with no hard kill', async () => {
      expect(await state('long.service')).toBe('activating');
      await isSame('long.service');
      expect(changed.stderr).toContain('kept long.service');
    });

    test('Per-connection `sshd@` units and Ubuntu’s `ssh.socket` (which owns the port) are never the cause of a cut', async () => {
      await isNew('ssh.service');
      expect(changed.stderr).toMatch(/kept connection@.*serves a connection/);
      await alpha.succeed("systemctl is-active 'connection@*'");
    });

    test('nothing of the switch is left behind', async () => {
      expect(await alpha.succeed('systemctl list-units --all --plain --no-legend stead-gate.service')).toBe(
        '',
      );
      expect(await alpha.succeed('systemctl list-units --failed --plain --no-legend')).toBe('');
    });

    test('after a reboot the same units run', async () => {
      await alpha.reboot();
      for (const unit of ['new.service', 'gone-stays.service', 'many@a.service', odd, 'needs.service']) {
        expect(await state(unit), unit).toBe(unit === 'gone-stays.service' ? 'inactive' : 'active');
      }
      expect(await state('by-hand.service')).toBe('active');
    });
  });
});
