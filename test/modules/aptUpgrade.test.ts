import { describe, expect, test } from 'vitest';
import { host, users } from 'stead';
import { aptUpgrade } from 'stead/modules/aptUpgrade';
import { reconcile } from 'stead/modules/reconcile';
import { checks, systemd } from '../../src/bundle/sets/index.ts';
import { fleet, mistakes, text } from './rack.ts';

const nightly = [
  users({ users: { runner: { shell: '/bin/bash' } } }),
  reconcile({ repository: 'git@git.example.com:me/rack.git', deployKeyFile: '/etc/keys/deploy' }),
];

test('the packages of the fleet are upgraded once a week, in the clone that reconciles it', () => {
  const one = fleet(host('gateway', { use: [...nightly, aptUpgrade({ hosts: ['@rack'] })] })).host('gateway');
  expect(text(one, '/etc/stead/stead-upgrade.job')).toBe(`\
git@git.example.com:me/rack.git
main
/var/lib/runner/fleet
/etc/keys/deploy
-
0
upgrade
@rack
--settings
/etc/stead/reconcile.json
--return-seconds
600
`);
  expect(text(one, '/etc/systemd/system/stead-upgrade.timer')).toContain('OnCalendar=Sun *-*-* 04:30:00\n');
  expect(one.get(systemd).units['stead-upgrade.service']).toMatchObject({ onChange: 'none', start: false });
  expect(one.get(checks).preflight['stead-upgrade calendar']).toEqual([
    'systemd-analyze',
    'calendar',
    'Sun *-*-* 04:30:00',
  ]);
});

test('by cron with a log of its own, and without restarts, where that is asked for', () => {
  const use = [...nightly, aptUpgrade({ scheduler: 'cron', cron: '@weekly', restart: false })];
  const one = fleet(host('gateway', { use })).host('gateway');
  expect(text(one, '/etc/cron.d/stead-upgrade')).toContain(
    '\n@weekly runner /usr/local/lib/stead/fleet run /etc/stead/stead-upgrade.job >>/var/log/stead/stead-upgrade.log 2>&1\n',
  );
  expect(text(one, '/etc/stead/stead-upgrade.job')).toMatch(/\n600\n--no-restart\n$/);
});

describe('bad input', () => {
  test('a host that does not reconcile the fleet', () => {
    expect(mistakes(host('gateway', { use: [aptUpgrade({})] }))).toEqual([
      'gateway upgrades the fleet as the user and in the clone of `reconcile`, which it does not use = Define `reconcile({ … })` on it, or upgrade the fleet from the host that has it.',
    ]);
  });
});
