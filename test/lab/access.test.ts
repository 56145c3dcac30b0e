// Who gets into hosts, and as whom: keys kept in one place, strays, sshd, known hosts, sudo, the account of the fleet.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { repository, write } from '../cli/stead.ts';
import { describeLab, useLab, type Host } from './driver.ts';

const ADDRESSES = { alpha: '10.42.0.1', beta: '10.42.0.2' } as const;
const at = (address: string) => ({ interfaces: { eth0: { network: 'lan', address: `${address}/24` } } });

describeLab('two hosts', () => {
  const lab = useLab({
    networks: { lan: '10.42.0.254/24' },
    hosts: { alpha: at(ADDRESSES.alpha), beta: { ...at(ADDRESSES.beta), suite: 'trixie' } },
  });
  const folder = mkdtempSync(join(tmpdir(), 'stead-access-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const keys = Object.fromEntries(
    ['anna', 'eva', 'runner', 'stray'].map((name) => {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(folder, name)]);
      return [name, readFileSync(join(folder, `${name}.pub`), 'utf8').trim()];
    }),
  );
  const path = repository({});
  let alpha: Host;
  let beta: Host;
  let operator: string;
  let hostKeys: Readonly<Record<string, string>>;

  /** Both hosts, with these people, and more for alpha. */
  const describeFleet = (people: string, more = ''): void => {
    write(
      path,
      'hosts/shared.ts',
      `import { host, target } from 'stead';
import { accessKeys } from 'stead/modules/accessKeys';
import { network } from 'stead/modules/network';
import { serviceAccount } from 'stead/modules/serviceAccount';
import { ssh } from 'stead/modules/ssh';
export const member = (name: string, address: string, key: string) => [
  target({ ssh: { address, user: 'root', hostKeys: [key] } }),
  network({ addresses: { lan: address } }),
  ssh({}),
  serviceAccount({ publicKey: '${keys['runner']}', runsFrom: 'alpha' }),
  accessKeys({ people: { operator: { keys: ['${operator}'], accounts: ['root'] }, ${people} } }),
];
`,
    );
    for (const [name, address] of Object.entries(ADDRESSES)) {
      write(
        path,
        `hosts/${name}.ts`,
        `import { files, host } from 'stead';
import { ssh } from 'stead/modules/ssh';
import { sudo } from 'stead/modules/sudo';
import { member } from './shared.ts';
export default host('${name}', { use: [member('${name}', '${address}', '${hostKeys[name]}'), ${name === 'alpha' ? more : ''}] });
`,
      );
    }
  };
  const stead = (...args: string[]) => lab.stead([...args, '--repo', path]);
  /** Logs in from the operator's machine with the key of a name. */
  const login = (name: string, account: string, address: string, ...command: string[]) =>
    lab.operator(
      [
        `ssh -F none -i ${join(folder, name)} -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null ${account}@${address}`.split(
          ' ',
        ),
        ...command,
      ].flat(),
    );

  beforeAll(async () => {
    [alpha, beta] = await Promise.all([lab.host('alpha'), lab.host('beta')]);
    // What lets the lab's operator in.
    operator = (await alpha.succeed('cat /root/.ssh/authorized_keys')).split('\n')[0]!;
    const key = (one: Host) => one.succeed('cut -d " " -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub');
    hostKeys = { alpha: await key(alpha), beta: await key(beta) };
    await beta.succeed('useradd --create-home --shell /bin/bash pi');
    for (const file of ['/home/pi/.ssh/authorized_keys', '/root/.ssh/authorized_keys2']) {
      await beta.succeed(
        `mkdir -p -m 0700 $(dirname ${file}) && echo '${keys['stray']}' >${file} && chmod 0600 ${file}`,
      );
    }
    await beta.succeed('chown -R pi: /home/pi/.ssh');
  }, 900_000);

  test('get keys from one place; those that nobody declared are set aside at the first switch, and reported', async () => {
    expect(await login('stray', 'pi', ADDRESSES.beta, 'id', '-un')).toMatchObject({ stdout: 'pi' });
    expect(await login('stray', 'root', ADDRESSES.beta, 'id', '-un')).toMatchObject({ stdout: 'root' });
    describeFleet(`anna: { keys: ['${keys['anna']}'], accounts: ['root', 'anna'] }`);
    expect((await stead('adopt', 'beta')).stdout).toMatch(
      /kept aside:\n(.*\n)* {2}\/home\/pi\/.ssh\/authorized_keys\n(.*\n)* {2}\/root\/.ssh\/authorized_keys2\n/,
    );
    const first = await stead('switch', '--all');
    expect(first, first.stderr).toMatchObject({ code: 0 });
    expect(first.stderr).toContain(
      '/home/pi/.ssh/authorized_keys held keys that nobody declared: set aside as /var/lib/stead/adopted/home/pi/.ssh/authorized_keys',
    );
    expect(first.stderr).toMatch(
      /\/root\/.ssh\/authorized_keys2 held keys that nobody declared: .*\n.* it let in 256 SHA256:\S+ stray \(ED25519\)/,
    );
    for (const address of Object.values(ADDRESSES)) {
      expect(await login('anna', 'root', address, 'id', '-un')).toMatchObject({ stdout: 'root' });
      expect(await login('anna', 'anna', address, 'id', '-un')).toMatchObject({ stdout: 'anna' });
    }
    expect(await login('stray', 'pi', ADDRESSES.beta, 'true')).toMatchObject({ code: 255 });
    expect(await login('stray', 'root', ADDRESSES.beta, 'true')).toMatchObject({ code: 255 });
    expect((await stead('switch', '--all')).stdout).toContain('nothing to do');
  }, 180_000);

  test('get a new key everywhere, and a stray one disappears at the next switch of an unchanged configuration, and is reported', async () => {
    const people = `anna: { keys: ['${keys['anna']}'], accounts: ['root', 'anna'] }, eva: { keys: ['${keys['eva']}'], accounts: ['root'] }`;
    describeFleet(people);
    expect(await stead('switch', '--all')).toMatchObject({ code: 0 });
    for (const address of Object.values(ADDRESSES)) {
      expect(await login('eva', 'root', address, 'id', '-un')).toMatchObject({ stdout: 'root' });
    }
    await alpha.succeed(`echo '${keys['stray']}' >>/root/.ssh/authorized_keys`);
    await alpha.succeed(
      `install -d -o anna -g anna -m 0700 /home/anna/.ssh && echo '${keys['stray']}' >/home/anna/.ssh/authorized_keys2`,
    );
    expect(await login('stray', 'root', ADDRESSES.alpha, 'id', '-un')).toMatchObject({ stdout: 'root' });
    const drift = (await stead('status', 'alpha')).stdout;
    expect(drift).toContain('/root/.ssh/authorized_keys was changed');
    expect(drift).toContain('/home/anna/.ssh/authorized_keys2 holds keys that nobody declared');
    const nightly = await stead('switch', '--all');
    expect(nightly).toMatchObject({ code: 0 });
    expect(nightly.stderr).toContain(
      '/root/.ssh/authorized_keys was not as stead had left it: put right; what stood there is kept as /var/lib/stead/strays/root/.ssh/authorized_keys',
    );
    expect(nightly.stderr.match(/ it let in .* stray \(ED25519\)/g)).toHaveLength(2);
    expect(nightly.stderr).not.toMatch(/it let in .* (anna|eva|operator) /);
    expect(nightly.stderr).toContain('/home/anna/.ssh/authorized_keys2 held keys that nobody declared');
    expect(await login('stray', 'root', ADDRESSES.alpha, 'true')).toMatchObject({ code: 255 });
    expect(await login('eva', 'root', ADDRESSES.alpha, 'id', '-un')).toMatchObject({ stdout: 'root' });
    expect(await stead('verify', '--all')).toMatchObject({ code: 0 });
    // Whoever goes has no key anywhere any more, nor the one that the account had before.
    describeFleet(`pi: { keys: ['${keys['eva']}'], hosts: ['beta'] }`);
    expect(await stead('switch', '--all')).toMatchObject({ code: 0 });
    expect(await login('eva', 'pi', ADDRESSES.beta, 'id', '-un')).toMatchObject({ stdout: 'pi' });
    expect(await login('anna', 'root', ADDRESSES.alpha, 'true')).toMatchObject({ code: 255 });
    describeFleet('');
    expect(await stead('switch', '--all')).toMatchObject({ code: 0 });
    await beta.fail('test -e /home/pi/.ssh/authorized_keys || test -e /home/anna/.ssh/authorized_keys');
  }, 240_000);

  test('do not follow a folder for keys that is a link to somebody else’s', async () => {
    await beta.succeed('rm -rf /home/pi/.ssh && ln -s /root/.ssh /home/pi/.ssh');
    const result = await stead('switch', '--all');
    expect(result.stdout).toContain('nothing to do');
    expect(await beta.file('/root/.ssh/authorized_keys')).toBe(`${operator}\n`);
    await beta.succeed('rm /home/pi/.ssh && mkdir -m 0700 /home/pi/.ssh && chown pi: /home/pi/.ssh');
  }, 60_000);

  test('know each other by name, and the account of the fleet gets from the one to the other and is root there', async () => {
    expect((await stead('status', 'alpha')).stdout).toContain('Put the private key of runner into');
    await alpha.put(join(folder, 'runner'), '/var/lib/runner/.ssh/id_ed25519');
    await alpha.succeed('cd /var/lib/runner/.ssh && chown runner: id_ed25519 && chmod 0600 id_ed25519');
    expect((await stead('status', 'alpha')).stdout).not.toContain('Put the private key');
    await alpha.succeed(`echo '${ADDRESSES.beta} beta' >>/etc/hosts`);
    const hop = (where: string, command: string): string =>
      `runuser -u runner -- ssh -o BatchMode=yes -o StrictHostKeyChecking=yes ${where} ${command}`;
    expect(await alpha.succeed(hop('beta', 'sudo -n id -un'))).toBe('root');
    expect(await alpha.succeed(hop(ADDRESSES.beta, 'hostname'))).toBe('beta');
    await beta.fail('runuser -u runner -- ssh -o BatchMode=yes alpha true');
    // A host that is another one than the fleet says is not talked to.
    await beta.succeed(
      'mkdir /root/keys; mv /etc/ssh/ssh_host_* /root/keys; ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key; systemctl restart ssh',
    );
    expect(await alpha.fail(hop('beta', 'true'))).toContain('REMOTE HOST IDENTIFICATION HAS CHANGED');
    await beta.succeed('mv /root/keys/* /etc/ssh/; systemctl restart ssh');
  }, 120_000);

  test('take settings of sshd on a reload, in sessions to come; and rules of sudo', async () => {
    const before = await alpha.pid('ssh.service');
    describeFleet(
      '',
      `ssh({ ports: [22, 2222], match: [{ users: ['anna'], settings: { ForceCommand: '/usr/bin/false' } }], settings: { MaxAuthTries: 3 } }),
       sudo({ extraRules: [{ users: ['runner'], groups: ['games'], commands: [{ command: '/usr/bin/id *', options: ['NOPASSWD'] }] }] }),`,
    );
    const result = await stead('switch', 'alpha');
    expect(result, result.stderr).toMatchObject({ code: 0 });
    await alpha.waitForPort(2222);
    expect(await alpha.pid('ssh.service')).toBe(before);
    expect(await alpha.succeed('sshd -T')).toMatch(/^maxauthtries 3$/m);
    expect(await alpha.succeed('sshd -T')).toMatch(/^passwordauthentication no$/m);
    await alpha.succeed('useradd --groups games player');
    await alpha.succeed('runuser -u player -- sudo -n /usr/bin/id -un');
    await alpha.fail('runuser -u player -- sudo -n /usr/bin/true');
  }, 120_000);

  test('refuse an sshd_config that another file overrules, and one that does not take in the folder of sudoers', async () => {
    await alpha.succeed(`cp /etc/ssh/sshd_config /etc/sudoers /root/
echo 'Include /etc/ssh/sshd_config.d/*.conf' | cat /etc/ssh/sshd_config - >/root/late
sed -i '1s/^/PasswordAuthentication yes\\n/' /root/late && cp /root/late /etc/ssh/sshd_config
sed -i '/includedir/d' /etc/sudoers`);
    describeFleet('', `files({ etc: { motd: 'x' } }),`);
    const result = await stead('switch', 'alpha');
    expect(result).toMatchObject({ code: 1 });
    expect(result.stderr).toContain("sshd does not take 'passwordauthentication no'");
    expect(result.stderr).toContain('/etc/sudoers does not include the folder /etc/sudoers.d');
    await alpha.succeed('cp /root/sshd_config /etc/ssh/sshd_config; cp /root/sudoers /etc/sudoers');
    expect(await stead('switch', 'alpha')).toMatchObject({ code: 0 });
  }, 60_000);

  test('get back what was set aside when stead goes', async () => {
    const removed = await stead('remove', 'beta', '--yes');
    expect(removed, removed.stderr).toMatchObject({ code: 0 });
    expect(await beta.file('/home/pi/.ssh/authorized_keys')).toBe(`${keys['stray']}\n`);
    expect(await beta.file('/root/.ssh/authorized_keys2')).toBe(`${keys['stray']}\n`);
  }, 60_000);

  test('give keys back that were the only way in, when a switch that sets them aside is taken back', async () => {
    await beta.succeed(
      'cd /root/.ssh && mv authorized_keys authorized_keys2 && cp -a authorized_keys2 /root/before',
    );
    write(
      path,
      'hosts/beta.ts',
      `import { activation, host, target } from 'stead';
import { accessKeys } from 'stead/modules/accessKeys';
export default host('beta', { use: [
  target({ ssh: { address: '${ADDRESSES.beta}', user: 'root', hostKeys: ['${hostKeys['beta']}'] } }),
  activation({ confirmSeconds: 10 }),
  accessKeys({ people: { anna: { keys: ['${keys['anna']}'], accounts: ['root'] } } }),
] });
`,
    );
    const result = await stead('switch', 'beta');
    expect(result).toMatchObject({ code: 4 });
    expect(result.stderr).toContain('lets root not log in');
    await beta.succeed(
      'cmp /root/before /root/.ssh/authorized_keys2 && test ! -e /root/.ssh/authorized_keys',
    );
    expect(await stead('status', 'beta')).toMatchObject({ code: 0 });
  }, 120_000);
});
