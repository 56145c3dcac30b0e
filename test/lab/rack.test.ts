// The worked fleet from bare Debian to a rack that a laptop elsewhere uses by name.
import { beforeAll, expect, test } from 'vitest';
import { edit } from '../cli/stead.ts';
import { describeLab, useLab } from './driver.ts';
import { FLEET_HOSTS, OUTSIDE, RACK, settleRack, VPS } from './rack.ts';

describeLab('the rack', () => {
  const lab = useLab(RACK);
  let path: string;
  const switchAll = () => lab.steadSucceeds(['switch', '--all', '--repo', path]);
  const states = (stdout: string) => stdout.split('\n').map((line) => line.split(/ {2,}/).slice(0, 2));

  /** The main processes of all services, by host. */
  const processes = async (): Promise<Record<string, string>> => {
    const show =
      "systemctl list-units --type=service --state=running --plain --no-legend | awk '{ print $1 }' | grep -v -e '^user@' -e '^stead-' | xargs systemctl show -p Id,MainPID,NRestarts,ActiveEnterTimestampMonotonic";
    const hosts = await Promise.all(FLEET_HOSTS.map(lab.host));
    return Object.fromEntries(
      await Promise.all(hosts.map(async (host) => [host.name, await host.succeed(show)])),
    );
  };

  beforeAll(async () => {
    path = await settleRack(lab);
  });

  test('is switched from bare Debian at once, and a second switch touches no unit', async () => {
    const first = await switchAll();
    expect(states(first)).toEqual(FLEET_HOSTS.map((name) => [name, 'switched']));
    const before = await processes();
    const second = await switchAll();
    expect(states(second)).toEqual(FLEET_HOSTS.map((name) => [name, 'nothing to do']));
    expect(await processes()).toEqual(before);
  });

  test('is used by name from a laptop elsewhere, through hub and gateway; names outside resolve, too', async () => {
    const laptop = await lab.host('laptop');
    await laptop.succeed('systemctl start wg-quick@wg0');
    const resolve = (name: string) =>
      laptop.waitUntilSucceeds(`dig +short +time=2 +tries=1 @10.9.9.1 ${name} | grep .`);
    expect(await resolve('framework.wildelab.com')).toBe('10.42.0.10');
    expect(await resolve('llm.wildelab.com')).toBe('10.42.0.10');
    expect(await resolve(OUTSIDE.name)).toBe(OUTSIDE.address);
    await laptop.waitUntilSucceeds('ping -c 1 -W 2 10.42.0.10');
    await (await lab.host('framework')).succeed('systemctl start nginx');
    await laptop.succeed(
      'curl -sS --max-time 10 --resolve framework.wildelab.com:80:10.42.0.10 http://framework.wildelab.com/',
    );
  });

  test('answers the internet on SSH and WireGuard alone', async () => {
    const provider = await lab.host('provider');
    const open = await provider.run(`nc -z -v -n -w 1 ${VPS} 1-65535 2>&1 | grep succeeded`, 120);
    expect([...open.stdout.matchAll(/ (\d+) port /g)].map(([, port]) => port)).toEqual(['22']);
    await provider.fail(`dig +time=1 +tries=1 @${VPS} framework.wildelab.com`);
    // Nobody outside knows a way into the home.
    await provider.succeed('ip route add 10.42.0.0/24 via 198.51.100.2');
    await provider.fail('ping -c 1 -W 1 10.42.0.10');
  });

  test('follows a change of one host where others read it: the port of the hub', async () => {
    edit(
      path,
      'hosts/vps.ts',
      "endpoint: 'vpn.wildelab.com',",
      "endpoint: 'vpn.wildelab.com',\n      port: 443,",
    );
    const changed = await switchAll();
    expect(
      states(changed)
        .filter(([, state]) => state === 'switched')
        .map(([name]) => name),
    ).toEqual(['gateway', 'vps']);
    await (await lab.host('gateway')).waitUntilSucceeds('ping -c 1 -W 2 10.9.9.1');
  });

  test('heals by itself when the VPS has lost its power', async () => {
    const vps = await lab.host('vps');
    const gateway = await lab.host('gateway');
    await vps.crash();
    await gateway.fail('ping -c 1 -W 1 10.9.9.1');
    await vps.boot();
    await gateway.waitUntilSucceeds('ping -c 1 -W 2 10.9.9.1', 120);
  });
});
