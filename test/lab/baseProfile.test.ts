// What every machine has: limits of its journal, the time, upgrades by itself, swap; read by the programs they are for.
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { repository, write } from '../cli/stead.ts';
import { describeLab, useLab, type Host } from './driver.ts';

const ADDRESSES = { box: '10.42.0.1', clock: '10.42.0.2' } as const;
const at = (address: string, packages: readonly string[]) => ({
  interfaces: { eth0: { network: 'lan', address: `${address}/24` } },
  packages,
});

/** An NTP client's question; prints the stratum of the server that answers. */
const ASK = `const socket = require('node:dgram').createSocket('udp4');
socket.on('message', (answer) => { console.log(answer[1]); process.exit(0); });
setTimeout(() => process.exit(1), 2000);
socket.send(Buffer.from('23' + '00'.repeat(47), 'hex'), 123, '${ADDRESSES.clock}');`;

describeLab('hosts with the base profile', () => {
  const lab = useLab({
    networks: { lan: '10.42.0.254/24' },
    hosts: {
      box: at(ADDRESSES.box, ['unattended-upgrades', 'systemd-timesyncd']),
      clock: at(ADDRESSES.clock, ['chrony']),
    },
  });
  const path = repository({
    'hosts/box.ts': `import { host, target } from 'stead';
import { journald } from 'stead/modules/journald';
import { swap } from 'stead/modules/swap';
import { timesync } from 'stead/modules/timesync';
import { unattendedUpgrades } from 'stead/modules/unattendedUpgrades';
export default host('box', { use: [
  target({ ssh: { address: '${ADDRESSES.box}' } }),
  journald({ systemMaxUse: '32M' }),
  timesync({ servers: ['${ADDRESSES.clock}'] }),
  unattendedUpgrades({ schedule: 'Sun 03:00' }),
  swap({ files: { '/swapfile': { size: '1M' } }, zram: { enable: true } }),
] });
`,
  });
  const stead = (...args: string[]) => lab.stead([...args, '--repo', path]);
  const clock = (extraConfig: string) =>
    write(
      path,
      'hosts/clock.ts',
      `import { host, target } from 'stead';
import { timesync } from 'stead/modules/timesync';
export default host('clock', { use: [
  target({ ssh: { address: '${ADDRESSES.clock}' } }),
  timesync({ daemon: 'chrony', servers: ['192.0.2.1'], allow: ['10.42.0.0/24'], extraConfig: '${extraConfig}' }),
] });
`,
    );
  let box: Host;

  beforeAll(async () => {
    box = await lab.host('box');
    clock('local stratum 10');
    const result = await stead('switch', '--all');
    expect(result, result.stderr).toMatchObject({ code: 0 });
  }, 900_000);

  test('keep their journal small', async () => {
    expect(await box.journal('systemd-journald.service')).toMatch(/System Journal .* max 32\.0M/);
    expect(await box.journal('systemd-journald.service')).not.toContain('Unknown');
  });

  test('have the time from where they are told, and pass it on', async () => {
    expect(await box.succeed('systemd-analyze cat-config systemd/timesyncd.conf')).toContain(
      `\nNTP=${ADDRESSES.clock}\n`,
    );
    const server = await lab.host('clock');
    // No host of a lab may set the clock, which is this machine's: systemd leaves the service out.
    await server.succeed('chronyd -x -f /etc/chrony/chrony.conf');
    expect(await lab.operator([process.execPath, '-e', ASK])).toMatchObject({ stdout: '10' });
    clock('allow everybody else');
    const broken = await stead('switch', 'clock');
    expect(broken).toMatchObject({ code: 1 });
    expect(broken.stderr).toContain('check chrony failed');
  }, 60_000);

  test('take in security updates alone, when they are told to, and never start again by themselves', async () => {
    const said = await box.succeed('unattended-upgrade --dry-run --debug 2>&1', 120);
    expect(said).toContain(
      'Allowed origins are: origin=Debian,codename=bookworm,label=Debian-Security, origin=Debian,codename=bookworm-security,label=Debian-Security',
    );
    expect(await box.succeed('systemctl show --value -p TimersCalendar apt-daily-upgrade.timer')).toMatch(
      /^\{ OnCalendar=Sun \*-\*-\* 03:00:00 ;/,
    );
    await box.succeed('echo \'Unattended-Upgrade::Automatic-Reboot "true";\' >/etc/apt/apt.conf.d/99-own');
    write(path, 'hosts/box.ts', readFileSync(`${path}/hosts/box.ts`, 'utf8').replace('32M', '48M'));
    const result = await stead('switch', 'box');
    expect(result).toMatchObject({ code: 1 });
    expect(result.stderr).toContain('says otherwise: Unattended-Upgrade::Automatic-Reboot "false";');
    await box.succeed('rm /etc/apt/apt.conf.d/99-own');
    expect(await stead('switch', 'box')).toMatchObject({ code: 0 });
    expect((await stead('switch', 'box')).stdout).toContain('nothing to do');
  }, 180_000);

  test('leave swap to the machine where they are containers', async () => {
    for (const unit of ['swapfile.swap', 'zram-swap.service']) {
      expect(await box.succeed(`systemctl show --value -p ActiveState -p ConditionResult ${unit}`)).toBe(
        'inactive\nno',
      );
    }
  });
});
