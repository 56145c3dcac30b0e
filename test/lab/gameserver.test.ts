// A real game server of Debian's on a host: it runs as nobody much, answers at its port, is backed up and restored.
import { beforeAll, expect, test } from 'vitest';
import { repository, write } from '../cli/stead.ts';
import { describeLab, useLab, type Host } from './driver.ts';

const ADDRESS = '10.42.0.50';
const PORT = 30000;

/** What asks a Minetest server whether it is there, as its list of servers does; it answers with a number for the client. */
const ASK = `const socket = require('node:dgram').createSocket('udp4');
socket.on('message', (answer) => { console.log(answer.subarray(0, 4).toString('hex'), answer.length); process.exit(0); });
setTimeout(() => process.exit(1), 2000);
socket.send(Buffer.from('4f45740300000001', 'hex'), ${PORT}, '${ADDRESS}');`;

describeLab('a game server', () => {
  const lab = useLab({
    networks: { rack: '10.42.0.254/24' },
    hosts: {
      pi: {
        interfaces: { eth0: { network: 'rack', address: `${ADDRESS}/24` } },
        packages: ['minetest-server'],
      },
    },
  });
  const path = repository({});
  const unit = 'gameserver-minetest.service';
  const world = '/srv/games/minetest/world';
  let pi: Host;

  const switchTo = (settings: string, more = '') => {
    write(
      path,
      'hosts/pi.ts',
      `import { host, target } from 'stead';
import { gameserver } from 'stead/modules/gameserver';
import { minetest } from 'stead/modules/minetest';
export default host('pi', { use: [
  target({ ssh: { address: '${ADDRESS}' } }),
  minetest({ game: 'devtest', ${settings} }),
  gameserver({ servers: { minetest: { limits: { memory: '1G' }, backup: { keep: 2, ${more} } } } }),
] });
`,
    );
    return lab.stead(['switch', 'pi', '--repo', path]);
  };
  const ask = () => lab.operator([process.execPath, '-e', ASK]);

  beforeAll(async () => {
    pi = await lab.host('pi');
    const result = await switchTo('');
    expect(result, result.stderr).toMatchObject({ code: 0 });
    await pi.waitForUnit(unit);
    await pi.waitUntilSucceeds(`ss -Hlun 'sport = :${PORT}' | grep -q .`);
  }, 900_000);

  test('answers at its port, under a user of its own, with little that it may do', async () => {
    expect((await ask()).stdout).toMatch(/^4f457403 1[0-9]$/);
    expect(await pi.succeed(`stat -c %U /proc/$(systemctl show --value -p MainPID ${unit})`)).toBe(
      'game-minetest',
    );
    expect(await pi.succeed(`systemctl show --value -p MemoryMax ${unit}`)).toBe('1073741824');
    await pi.succeed(`systemd-analyze security --no-pager --threshold=30 ${unit}`);
    expect(await pi.succeed('systemctl is-enabled minetest-server.service || true')).toBe('masked');
    await pi.fail(`nsenter -t $(systemctl show --value -p MainPID ${unit}) -m touch /etc/x`);
  }, 60_000);

  test('is backed up by its timer’s service, and goes on; only the newest backups are kept', async () => {
    await pi.waitUntilSucceeds(`test -s ${world}/world.mt`);
    await pi.succeed(`echo treasure >${world}/chest`);
    const before = await pi.pid(unit);
    await pi.succeed('systemctl start gameserver-backup-minetest.service');
    await pi.waitForUnit(unit);
    expect(await pi.pid(unit)).not.toBe(before);
    const [first] = (await pi.succeed('gameserver list minetest')).split('\n');
    expect(first).toMatch(/^\/srv\/backups\/minetest\/minetest-\d{8}T\d{6}Z\.tar\.gz$/);
    expect(await pi.succeed(`tar -tzf ${first}`)).toContain('./world/chest');
    for (let more = 0; more < 2; more++) await pi.succeed('sleep 1; gameserver backup minetest');
    const kept = (await pi.succeed('gameserver list minetest')).split('\n');
    expect(kept).toHaveLength(2);
    expect(kept).not.toContain(first);
    expect(
      await pi.succeed('systemctl show --value -p NextElapseUSecRealtime gameserver-backup-minetest.timer'),
    ).not.toBe('');
    expect(await pi.succeed('stat -c "%a %U" /srv/backups/minetest')).toBe('700 root');
  }, 120_000);

  test('is restored to what it was, and what was there before is kept', async () => {
    const archive = (await pi.succeed('gameserver list minetest')).split('\n').at(-1)!;
    await pi.succeed(`echo stolen >${world}/chest`);
    expect(await pi.succeed(`gameserver restore minetest ${archive.split('/').at(-1)}`)).toContain(
      'what was there before is /srv/games/minetest.before-',
    );
    await pi.waitForUnit(unit);
    expect(await pi.file(`${world}/chest`)).toBe('treasure\n');
    expect(await pi.succeed(`stat -c %U ${world}/world.mt`)).toBe('game-minetest');
    expect(await pi.succeed('cat /srv/games/minetest.before-*/world/chest')).toBe('stolen');
    await pi.waitUntilSucceeds(`ss -Hlun 'sport = :${PORT}' | grep -q .`);
    expect((await ask()).stdout).toMatch(/^4f457403/);
    expect(await pi.fail('gameserver restore minetest nothing')).toContain('there is no archive nothing');
  }, 60_000);

  test('takes a copy while it is down where it is told to, and stays down where it was', async () => {
    expect(await switchTo(`motd: 'Hello'`, `method: 'snapshot'`)).toMatchObject({ code: 0 });
    expect(await pi.file('/etc/minetest/stead.conf')).toContain('motd=Hello\n');
    await pi.waitForUnit(unit);
    await pi.succeed(`systemctl stop ${unit}; sleep 1`);
    const archive = await pi.succeed('gameserver backup minetest');
    expect(await pi.succeed(`tar -tzf ${archive}`)).toContain('./world/chest');
    await pi.fail(`systemctl is-active ${unit}`);
    await pi.fail('test -e /srv/backups/minetest/.copy');
  }, 60_000);
});
