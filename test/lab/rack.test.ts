// The worked fleet from bare Debian to a rack that a laptop elsewhere uses by name, with certificates of a real ACME
// server, and that keeps itself by night.
import { beforeAll, expect, test } from 'vitest';
import { edit } from '../cli/stead.ts';
import { bringAcmeDns, makeRecords } from './acme.ts';
import { describeLab, useLab, type Host } from './driver.ts';
import { FLEET_HOSTS, ORIGIN, OUTSIDE, RACK, settleRack, VPS } from './rack.ts';
import { keyPair } from './secrets.ts';
import { putStead } from './stead-on-host.ts';

const LIMIT = 600_000;

describeLab('the rack', () => {
  const lab = useLab(RACK);
  let path: string;
  let gateway: Host;
  let laptop: Host;
  const switchAll = () => lab.steadSucceeds(['switch', '--all', '--repo', path]);
  const states = (stdout: string) =>
    stdout
      .split('\n')
      .filter((line) => / {2,}/.test(line) && !line.includes(':'))
      .map((line) => line.split(/ {2,}/).slice(0, 2));

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
    [gateway, laptop] = await Promise.all([lab.host('gateway'), lab.host('laptop')]);
  }, LIMIT);

  test(
    'is switched from bare Debian at once, and a second switch touches no unit',
    async () => {
      const first = await switchAll();
      expect(states(first)).toEqual(FLEET_HOSTS.map((name) => [name, 'switched']));
      const before = await processes();
      const second = await switchAll();
      expect(states(second)).toEqual(FLEET_HOSTS.map((name) => [name, 'nothing to do']));
      expect(await processes()).toEqual(before);
    },
    LIMIT,
  );

  test('is used by name from a laptop elsewhere, through hub and gateway; names outside resolve, too', async () => {
    await laptop.succeed('systemctl start wg-quick@wg0');
    const resolve = (name: string) =>
      laptop.waitUntilSucceeds(`dig +short +time=2 +tries=1 @10.9.9.1 ${name} | grep '^[^;]'`);
    expect(await resolve('framework.wildelab.com')).toBe('10.42.0.10');
    expect(await resolve('llm.wildelab.com')).toBe('10.42.0.1');
    expect(await resolve('wildelab.com')).toBe('10.42.0.1');
    expect(await resolve(OUTSIDE.name)).toBe(OUTSIDE.address);
    await laptop.waitUntilSucceeds('ping -c 1 -W 2 10.42.0.10');
    await laptop.succeed('echo nameserver 10.9.9.1 >/etc/resolv.conf');
    expect(
      await laptop.succeed('curl -sSk --max-time 20 -o /dev/null -w "%{redirect_url}" https://wildelab.com'),
    ).toBe('https://chat.wildelab.com/');
    await laptop.fail('curl -sS --max-time 20 https://wildelab.com');
  });

  test('answers the internet on SSH and WireGuard alone', async () => {
    const provider = await lab.host('provider');
    const ports = '(seq 1 1024; echo 8053; echo 51820)';
    const open = await provider.run(
      `${ports} | xargs -P 256 -n 1 nc -z -v -n -w 2 ${VPS} 2>&1 | grep succeeded`,
      240,
    );
    expect([...open.stdout.matchAll(/ (\d+) port /g)].map(([, port]) => port)).toEqual(['22']);
    await provider.fail(`dig +time=1 +tries=1 @${VPS} framework.wildelab.com`);
    // Nobody outside knows a way into the home.
    await provider.succeed('ip route add 10.42.0.0/24 via 198.51.100.2');
    await provider.fail('ping -c 1 -W 1 10.42.0.10');
  });

  test(
    'has its wildcard issued once a person has made the records that a switch asks for',
    async () => {
      const [provider, vps] = await Promise.all([lab.host('provider'), lab.host('vps')]);
      await vps.succeed(
        'export DEBIAN_FRONTEND=noninteractive; apt-get -q -y --no-install-recommends install knot python3 && systemctl disable --now knot',
        300,
      );
      await bringAcmeDns(vps);
      await vps.waitForPort(8053);
      await makeRecords(provider, [
        'acme.wildelab.com. NS acme.wildelab.com.',
        `acme.wildelab.com. A ${VPS}`,
      ]);
      const left = await lab.stead(['status', 'gateway', '--repo', path]);
      const [, record = ''] = /^ +(_acme-challenge\.wildelab\.com\. CNAME \S+)$/m.exec(left.stdout) ?? [];
      expect(record, left.stdout).not.toBe('');
      await makeRecords(provider, [record]);
      await gateway.succeed('systemctl start stead-certbot', 180);
      const issuers = await provider.succeed(
        'curl -sSk https://pebble.test:15000/roots/0; curl -sSk https://pebble.test:15000/intermediates/0',
      );
      await laptop.succeed(`cat >/root/issuers.pem <<'END'\n${issuers}\nEND`);
      await laptop.succeed('curl -sS --max-time 20 --cacert /root/issuers.pem https://wildelab.com');
    },
    LIMIT,
  );

  test(
    'follows a change of one host where others read it: the port of the hub',
    async () => {
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
      await gateway.waitUntilSucceeds('ping -c 1 -W 2 10.9.9.1');
    },
    LIMIT,
  );

  test(
    'heals by itself when the VPS has lost its power',
    async () => {
      const vps = await lab.host('vps');
      await vps.crash();
      await gateway.fail('ping -c 1 -W 1 10.9.9.1');
      await vps.boot();
      await gateway.waitUntilSucceeds('ping -c 1 -W 2 10.9.9.1', 120);
    },
    LIMIT,
  );

  test(
    'switches itself by night: cron takes what was pushed to all eight hosts, a new key comes and a stray one goes',
    async () => {
      await putStead(gateway);
      edit(
        path,
        'hosts/gateway.ts',
        'jitterSeconds: 0, ',
        "jitterSeconds: 0, scheduler: 'cron', cron: '* * * * *', ",
      );
      await switchAll();
      await gateway.succeed(
        `install -d -o runner -g runner ${ORIGIN} && runuser -u runner -- git init -q --bare -b main ${ORIGIN}`,
      );
      const ben = keyPair();
      edit(
        path,
        'hosts/profiles/people.ts',
        "accounts: ['root'] }",
        `accounts: ['root'] }, ben: { keys: ['${ben.publicKey}'], accounts: ['root'] }`,
      );
      const pi = await lab.host('pi5-2');
      const stray = keyPair();
      await pi.succeed(`echo '${stray.publicKey}' >>/root/.ssh/authorized_keys`);
      await gateway.put(path, '/srv/desk');
      const commit = await gateway.succeed(`chown -R runner:runner /srv/desk && cd /srv/desk
as() { runuser -u runner -- git -c user.name=Anna -c user.email=anna@wildelab.com "$@"; }
as init -q -b main; as add -A; as commit -q -m 'Let Ben in'; as push -q ${ORIGIN} main; as rev-parse --short=12 HEAD`);
      await gateway.waitUntilSucceeds(
        `grep -q 'switched: .*${commit}' /var/log/stead/stead-reconcile.log`,
        300,
      );
      const hosts = await Promise.all(FLEET_HOSTS.map(lab.host));
      for (const host of hosts) {
        const keys = await host.file('/root/.ssh/authorized_keys');
        expect(keys, host.name).toContain(ben.publicKey);
        expect(keys, host.name).not.toContain(stray.publicKey);
        expect(await host.succeed('stead-host generations | tail -n 1'), host.name).toContain('confirmed');
      }
      expect(await gateway.succeed('cat /var/log/stead/stead-reconcile.log')).toContain(
        `switched: ${FLEET_HOSTS.join(', ')}`,
      );
    },
    LIMIT,
  );
});
