// Units that fail, hang, wait for something, or belong to users; and switches that are cut off or taken back.
import { beforeAll, expect, test } from 'vitest';
import { describeLab, useLab, type Host } from './driver.ts';
import { oneHost, oneshot, service, unitSwitch, wantedBy } from './unit-switch.ts';

describeLab('a switch with units', () => {
  const lab = useLab(oneHost('bookworm'));
  const switchTo = unitSwitch(lab);
  let alpha: Host;

  beforeAll(async () => {
    alpha = await lab.host('alpha');
  });

  const state = (unit: string): Promise<string> =>
    alpha.succeed(`systemctl show --value --property=ActiveState -- '${unit}'`);
  const invocation = (unit: string): Promise<string> =>
    alpha.succeed(`systemctl show --value --property=InvocationID -- '${unit}'`);
  const log = (name: string): Promise<string> => alpha.succeed(`cat /run/${name}.log 2>/dev/null || :`);
  const failing = { Service: { ExecStart: '/bin/sh -c "echo something is wrong; exit 3"' } };

  const steady = {
    'steady.service': { sections: service('steady', 'one'), wantedBy },
    'changes.service': { sections: service('changes', 'one'), wantedBy },
    'idle.service': { sections: service('idle', 'one') },
  };

  test('a unit that fails leads back to the generation before, with its last log lines', async () => {
    expect(await switchTo({ units: steady })).toMatchObject({ code: 0 });
    await alpha.succeed('systemctl start idle');
    const was = await invocation('steady.service');
    const { 'idle.service': _, ...others } = steady;
    const failed = await switchTo({
      units: {
        ...others,
        'changes.service': { sections: service('changes', 'two'), wantedBy },
        'fails.service': { sections: failing, wantedBy },
      },
    });
    expect(failed.code, failed.stderr).toBe(4);
    expect(failed.stderr).toContain('fails.service did not come up:');
    expect(failed.stderr).toContain('something is wrong');
    expect(await invocation('steady.service')).toBe(was);
    expect(await log('changes')).toBe('start one\nstop one\nstart two\nstop two\nstart one');
    expect(await log('idle')).toBe('start one\nstop one\nstart one');
    expect(await state('idle.service')).toBe('active');
    await alpha.fail('test -e /etc/systemd/system/fails.service');
  });

  test('A failing wanted unit: success with a warning; a failing required unit: rollback', async () => {
    const result = await switchTo({
      units: {
        ...steady,
        'may-fail.service': { sections: failing, wantedBy, mayFail: true },
        'steady.service': {
          sections: service('steady', 'one', {}, { Wants: 'foreign.service' }),
          wantedBy,
        },
      },
      etc: { 'systemd/system/foreign.service': '[Service]\nExecStart=/bin/false\n' },
    });
    expect(result.code, result.stderr).toBe(0);
    expect(result.stderr).toContain('warning: may-fail.service did not come up:');
    expect(result.stderr).toContain('warning: foreign.service did not come up:');
    const required = await switchTo({
      units: {
        ...steady,
        'needs.service': {
          sections: service('needs', 'one', {}, { Requires: 'fails.service', After: 'fails.service' }),
          wantedBy,
        },
        'fails.service': { sections: { Service: { Type: 'oneshot', ...failing.Service } } },
      },
    });
    expect(required.code, required.stderr).toBe(4);
    expect(required.stderr).toContain('needs.service did not come up:');
    expect(required.stderr).toContain('fails.service did not come up:');
  });

  test('One bad unit is found by verify before the commit point', async () => {
    await alpha.succeed('systemctl reset-failed');
    const result = await switchTo({
      units: {
        ...steady,
        'bad.service': { sections: { Service: { ExecStart: '/bin/nothing-here' } }, wantedBy },
      },
    });
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('bad.service: Command /bin/nothing-here is not executable');
    expect(result.stderr).toContain('nothing was changed');
  });

  test('a unit waits until its conditions hold, and fails when they do not in time', async () => {
    const waits = (condition: object) => ({
      sections: service('waits', 'one'),
      wantedBy,
      waitFor: [condition],
    });
    expect(
      await switchTo({
        units: {
          ...steady,
          'address.service': { ...waits({ kind: 'address', interface: 'eth0', address: '198.51.100.1' }) },
          'port.service': { ...waits({ kind: 'port', port: 22 }) },
          'unit.service': { ...waits({ kind: 'unit', unit: 'steady.service' }) },
          'cron.service': { start: true, waitFor: [{ kind: 'file', path: '/etc/passwd' }] },
        },
      }),
    ).toMatchObject({ code: 0 });
    expect(await alpha.succeed('systemctl show -p ExecStartPre cron')).toContain('stead-host');
    const missing = { kind: 'address', interface: 'wg0', tries: 2, everySeconds: 1 };
    const result = await switchTo({ units: { ...steady, 'waits.service': waits(missing) } });
    expect(result.code).toBe(4);
    expect(result.stderr).toContain('wg0 has not the address, after 2 tries 1 s apart');
  });

  test('stead-host waits for an address, a port, a file or a unit', async () => {
    for (const condition of [
      'address eth0',
      'address eth0 198.51.100.1',
      'port 22',
      'port 198.51.100.1:22',
      'file /etc/passwd',
      'unit ssh.service',
    ]) {
      await alpha.succeed(`stead-host wait ${condition} --tries 1`);
    }
    for (const [condition, text] of [
      ['address eth0 198.51.100.9', 'eth0 has not the address 198.51.100.9'],
      ['address none', 'none has not the address'],
      ['port 9', 'nothing answers on port 9'],
      ['file /none', '/none is not there'],
      ['unit none.service', 'none.service is not active'],
    ]) {
      expect(await alpha.fail(`stead-host wait ${condition} --tries 1 --every 1`)).toContain(text);
    }
    await alpha.succeed('(sleep 2; touch /run/late) & stead-host wait file /run/late --tries 20 --every 1');
  });

  test('units that a switch had stopped when it was cut off run again', async () => {
    expect(await switchTo({ units: steady })).toMatchObject({ code: 0 });
    await alpha.succeed('systemctl start idle');
    const slow = { ...service('slow', 'one', { ExecStop: '/bin/sleep 8' }) };
    expect(
      await switchTo({ units: { ...steady, 'slow.service': { sections: slow, wantedBy } } }),
    ).toMatchObject({ code: 0 });
    const under = switchTo({
      units: {
        ...steady,
        'slow.service': { sections: service('slow', 'two'), wantedBy },
        'idle.service': { sections: service('idle', 'two') },
      },
    });
    await alpha.waitUntilSucceeds('test "$(systemctl is-active idle)" = inactive');
    await alpha.succeed(`systemctl kill --signal=KILL 'stead-switch-*.service'`);
    await under;
    await alpha.succeed('stead-host recover');
    expect(await state('idle.service')).toBe('active');
    expect(await state('slow.service')).toBe('active');
    expect(await alpha.succeed('tail -n 1 /run/idle.log')).toBe('start one');
  });

  test('nothing is started before everything is in place, timers included', async () => {
    const ticking = (version: string) => ({
      'tick.timer': {
        sections: { Timer: { OnCalendar: '*:*:*', AccuracySec: '50ms' } },
        wantedBy: ['timers.target'],
      },
      'tick.service': {
        sections: oneshot(`/bin/sh -c "cat /etc/tick >>/run/tick.log; echo ${version} >>/run/tick.log"`),
      },
      'slow.service': {
        sections: service('slow', version, {
          ExecStop: '/bin/sh -c "echo stopping >>/run/tick.log; sleep 4"',
        }),
        wantedBy,
      },
    });
    expect(await switchTo({ units: ticking('old'), etc: { tick: 'old\n' } })).toMatchObject({ code: 0 });
    await alpha.waitUntilSucceeds('grep -q old /run/tick.log');
    expect(await switchTo({ units: ticking('new'), etc: { tick: 'new\n' } })).toMatchObject({ code: 0 });
    await alpha.waitUntilSucceeds('grep -q new /run/tick.log');
    const [early = '', late = ''] = (await log('tick')).split('stopping');
    expect(new Set(early.trim().split('\n'))).toEqual(new Set(['old']));
    // A run that had begun when the first unit was asked to stop may end.
    const runs = late.trim().split('\n');
    expect(new Set(runs.slice(2))).toEqual(new Set(['new']));
    expect(['old old', 'new new']).toContain(runs.slice(0, 2).join(' '));
  });

  test('a packaged unit that ran before restarts with its drop-ins, and again without them', async () => {
    await alpha.succeed('systemctl start nginx');
    const was = await invocation('nginx.service');
    const dropIns = { test: { Service: { Environment: 'A=1' } } };
    expect(await switchTo({ units: { 'nginx.service': { dropIns } } })).toMatchObject({ code: 0 });
    const extended = await invocation('nginx.service');
    expect(extended).not.toBe(was);
    expect(await switchTo({})).toMatchObject({ code: 0 });
    expect(await invocation('nginx.service')).not.toBe(extended);
    expect(await state('nginx.service')).toBe('active');
    expect(await switchTo({ units: { 'nginx.service': { wantedBy } } })).toMatchObject({ code: 0 });
    expect(await switchTo({})).toMatchObject({ code: 0 });
    expect(await state('nginx.service')).toBe('inactive');
  });

  test('a changed unit starts at most one process besides its own', async () => {
    const many = (count: number, version: string) => {
      const names = Array.from({ length: count }, (_, index) => `many-${index}.service`);
      const sections = { Service: { ExecStart: '/bin/sleep infinity', Environment: `A=${version}` } };
      return { units: Object.fromEntries(names.map((name) => [name, { sections, wantedBy }])) };
    };
    const cost = async (count: number): Promise<number> => {
      expect(await switchTo(many(count, 'one'))).toMatchObject({ code: 0 });
      const last = 'cat /proc/sys/kernel/ns_last_pid';
      const before = Number(await alpha.succeed(last));
      expect(await switchTo(many(count, 'two'))).toMatchObject({ code: 0 });
      return Number(await alpha.succeed(last)) - before;
    };
    const few = await cost(2);
    expect(((await cost(42)) - few) / 40).toBeLessThanOrEqual(2);
  });

  test('daemon-reload that hangs on a dead NFS mount: bounded, clear, still able to roll back', async () => {
    expect(await switchTo({ units: steady })).toMatchObject({ code: 0 });
    await alpha.succeed(
      `mkdir -p /run/systemd/system-generators
       printf '#!/bin/sh\nexec sleep 40\n' >/run/systemd/system-generators/hangs
       chmod +x /run/systemd/system-generators/hangs`,
    );
    const result = await switchTo({
      units: { ...steady, 'changes.service': { sections: service('changes', 'three'), wantedBy } },
    });
    expect(result.code, result.stderr).toBe(4);
    expect(result.stderr).toContain('systemd did not read its units again in time');
    await alpha.succeed('rm /run/systemd/system-generators/hangs');
    await alpha.waitUntilSucceeds('systemctl daemon-reload', 120);
    await alpha.waitForUnit('changes.service');
    expect(await alpha.succeed('cat /etc/systemd/system/changes.service')).toContain('start one');
  }, 300_000);

  test('a user who leaves during a switch takes no part in it: the services start as they are now with the next session', async () => {
    await alpha.succeed('useradd -m leaves; loginctl enable-linger leaves');
    await alpha.waitUntilSucceeds('test -S /run/user/$(id -u leaves)/systemd/private');
    const uid = await alpha.succeed('id -u leaves');
    const own = (version: string) => ({
      'own.service': {
        sections: {
          Service: {
            ExecStartPre: '/bin/sleep 3',
            ExecStart: `/bin/sh -c "echo ${version} >$XDG_RUNTIME_DIR/own; exec sleep infinity"`,
          },
        },
        wantedBy: ['default.target'],
      },
    });
    const first = await switchTo({ units: steady, user: own('one') });
    expect(first.code, first.stderr).toBe(0);
    // Once the switch waits for the service to come up.
    await alpha.succeed(
      `systemd-run --quiet --unit=leaving sh -c 'until pgrep -f "user/${uid} systemctl --user show .*[R]eloadResult" >/dev/null; do :; done
         systemctl stop user@${uid}.service'`,
    );
    const second = await switchTo({ units: steady, user: own('two') });
    expect(second.code, second.stderr).toBe(0);
    expect(second.stderr).toContain(
      'leaves has left: its services start as they are now with its next session',
    );
    await alpha.waitUntilSucceeds('! systemctl is-active -q leaving.service');
    await alpha.succeed(`systemctl start user@${uid}.service`);
    await alpha.waitUntilSucceeds(`grep -q two /run/user/${uid}/own`);
    await alpha.succeed(`loginctl disable-linger leaves; systemctl stop user@${uid}.service`);
  });

  test('User units with and without lingering, a logged-out user, no logind.', async () => {
    await alpha.succeed('useradd -m lingers; useradd -m absent; loginctl enable-linger lingers');
    await alpha.waitUntilSucceeds('test -S /run/user/$(id -u lingers)/systemd/private');
    const own = (version: string) => ({
      'mine.service': {
        sections: {
          Service: { ExecStart: `/bin/sh -c "echo ${version} >>$XDG_RUNTIME_DIR/mine; exec sleep infinity"` },
        },
        wantedBy: ['default.target'],
      },
    });
    const first = await switchTo({ units: steady, user: own('one') });
    expect(first.code, first.stderr).toBe(0);
    const file = '/run/user/$(id -u lingers)/mine';
    expect(await alpha.succeed(`cat ${file}`)).toBe('one');
    const second = await switchTo({ units: steady, user: own('two') });
    expect(second.code, second.stderr).toBe(0);
    expect(await alpha.succeed(`cat ${file}`)).toBe('one\ntwo');
    expect(second.stderr).toContain('stop mine.service of lingers');
    expect(second.stderr).not.toContain('absent');
    await alpha.succeed(
      'systemctl stop systemd-logind.service; systemctl mask --runtime systemd-logind.service',
    );
    expect(await switchTo({ units: steady })).toMatchObject({ code: 0 });
    expect(await alpha.succeed(`ps -u lingers -o args=`)).not.toContain('sleep');
  });

  test('a oneshot that takes long is left at work', async () => {
    const result = await switchTo({
      units: { ...steady, 'long.service': { sections: oneshot('/bin/sleep 1200'), wantedBy } },
    });
    expect(result.code, result.stderr).toBe(0);
    expect(result.stderr).toContain('long.service is still at work');
    expect(await state('long.service')).toBe('activating');
  }, 200_000);
});
