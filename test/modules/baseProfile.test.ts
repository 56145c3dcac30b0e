import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { host } from 'stead';
import { journald } from 'stead/modules/journald';
import { ports } from 'stead/modules/ports';
import { timesync } from 'stead/modules/timesync';
import { unattendedUpgrades } from 'stead/modules/unattendedUpgrades';
import { checks, systemd } from '../../src/bundle/sets/index.ts';
import { available } from '../setup/programs.ts';
import { fleet, mistakes, text } from './rack.ts';

const box = (...use: Parameters<typeof host>[1]['use'] & object[]) => fleet(host('box', { use })).host('box');

describe('the journal', () => {
  const FILE = '/etc/systemd/journald.conf.d/60-stead.conf';

  test('has limits where nothing is said, and every other setting by its own name', () => {
    expect(text(box(journald({})), FILE)).toBe(`\
[Journal]
Storage=persistent
SystemMaxUse=500M
RuntimeMaxUse=64M
ForwardToSyslog=no
RateLimitIntervalSec=30s
RateLimitBurst=10000
`);
    const spared = journald({
      storage: 'volatile',
      systemKeepFree: '1G',
      maxRetention: '30d',
      forwardToSyslog: true,
      settings: { MaxLevelStore: 'info', Compress: false },
    });
    expect(text(box(spared), FILE)).toBe(`\
[Journal]
Storage=volatile
SystemMaxUse=500M
SystemKeepFree=1G
RuntimeMaxUse=64M
MaxRetentionSec=30d
ForwardToSyslog=yes
RateLimitIntervalSec=30s
RateLimitBurst=10000
Compress=no
MaxLevelStore=info
`);
    expect(box(spared).get(systemd).units['systemd-journald.service']).toMatchObject({ onChange: 'restart' });
  });

  test('refuses a setting that has an option of its own', () => {
    expect(mistakes(host('box', { use: [journald({ settings: { Storage: 'none' } })] }))).toEqual([
      'Storage has an option of its own = Set that option instead: `stead options journald` lists them.',
    ]);
  });
});

describe('the time', () => {
  test('comes from servers by systemd-timesyncd', () => {
    expect(
      text(
        box(timesync({ servers: ['10.42.0.1', 'ptbtime1.ptb.de'] })),
        '/etc/systemd/timesyncd.conf.d/60-stead.conf',
      ),
    ).toBe(`\
[Time]
NTP=10.42.0.1 ptbtime1.ptb.de
FallbackNTP=0.debian.pool.ntp.org 1.debian.pool.ntp.org 2.debian.pool.ntp.org 3.debian.pool.ntp.org
`);
  });

  test('is passed on by chrony', () => {
    const server = box(
      timesync({
        daemon: 'chrony',
        allow: ['10.42.0.0/24'],
        openTo: ['rack'],
        extraConfig: 'local stratum 10',
      }),
    );
    expect(text(server, '/etc/chrony/chrony.conf')).toBe(`\
# Written by stead for box; changes made here are lost at the next switch.
pool 0.debian.pool.ntp.org iburst
pool 1.debian.pool.ntp.org iburst
pool 2.debian.pool.ntp.org iburst
pool 3.debian.pool.ntp.org iburst
sourcedir /run/chrony-dhcp
keyfile /etc/chrony/chrony.keys
driftfile /var/lib/chrony/chrony.drift
ntsdumpdir /var/lib/chrony
logdir /var/log/chrony
maxupdateskew 100.0
rtcsync
makestep 1 3
leapsectz right/UTC
allow 10.42.0.0/24
local stratum 10
`);
    expect(server.get(ports).listen).toEqual({ ntp: { port: 123, protocol: 'udp', openTo: ['rack'] } });
  });

  test('comes from somewhere, and is passed on by chrony alone', () => {
    expect(mistakes(host('box', { use: [timesync({ fallbackServers: [] })] }))).toEqual([
      'box is to have the time from nowhere = Name `servers`.',
    ]);
    expect(mistakes(host('box', { use: [timesync({ allow: ['10.0.0.0/8'] })] }))).toEqual([
      "systemd-timesyncd serves no time to others = Take chrony: `daemon: 'chrony'`.",
    ]);
  });
});

describe('upgrades that a host takes in by itself', () => {
  const FILE = '/etc/apt/apt.conf.d/60stead-unattended-upgrades';

  test('are those of security, and start nothing again', () => {
    expect(text(box(unattendedUpgrades({})), FILE)).toBe(`\
// Written by stead for box; changes made here are lost at the next switch.
#clear Unattended-Upgrade::Origins-Pattern;
#clear Unattended-Upgrade::Allowed-Origins;
Unattended-Upgrade::Origins-Pattern:: "origin=Debian,codename=\${distro_codename},label=Debian-Security";
Unattended-Upgrade::Origins-Pattern:: "origin=Debian,codename=\${distro_codename}-security,label=Debian-Security";
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
APT::Periodic::AutocleanInterval "7";
Unattended-Upgrade::Automatic-Reboot "false";
Unattended-Upgrade::Remove-Unused-Dependencies "false";
`);
  });

  const EVERYTHING = unattendedUpgrades({
    origins: ['origin=Raspbian'],
    blacklist: ['libstdc++6', 'nginx'],
    schedule: 'Sun 03:00',
    automaticReboot: true,
    rebootTime: '05:00',
    mail: 'root',
    downloadLimit: 500,
    settings: { 'Unattended-Upgrade::SyslogEnable': true },
  });

  test('have limits, a time and a place where they are written down', () => {
    expect(text(box(EVERYTHING), FILE)).toContain(`\
Unattended-Upgrade::Origins-Pattern:: "origin=Raspbian";
Unattended-Upgrade::Package-Blacklist:: "libstdc\\+\\+6$";
Unattended-Upgrade::Package-Blacklist:: "nginx$";
`);
    expect(text(box(EVERYTHING), '/etc/systemd/system/apt-daily-upgrade.timer.d/stead.conf')).toBe(
      '[Timer]\nOnCalendar=\nOnCalendar=Sun 03:00\nRandomizedDelaySec=1h\n',
    );
  });

  test.runIf(available('apt-config'))('are read by apt, which says when a later file says otherwise', () => {
    const folder = mkdtempSync(join(tmpdir(), 'stead-apt-'));
    try {
      const [shell = '', ...words] = box(EVERYTHING).get(checks).preflight['unattended upgrades']!;
      const check = (more: string) => {
        writeFileSync(join(folder, 'apt.conf'), `${text(box(EVERYTHING), FILE)}${more}`);
        const env = { ...process.env, APT_CONFIG: join(folder, 'apt.conf') };
        return spawnSync(shell, words, { encoding: 'utf8', env });
      };
      expect(check('')).toMatchObject({ status: 0, stdout: '' });
      expect(check('Unattended-Upgrade::Automatic-Reboot "false";\n')).toMatchObject({
        status: 1,
        stdout: `another file after ${FILE} says otherwise: Unattended-Upgrade::Automatic-Reboot "true";\n`,
      });
      expect(check('Unattended-Upgrade::Mail "root\n').status).toBe(100);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
