// A mesh whose keys are secrets: it comes up, lives through a power loss, and gets new keys on all hosts or on none, and
// new addresses likewise.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { repository, snapshot, write } from '../cli/stead.ts';
import { describeLab, useLab, type Host } from './driver.ts';
import { plaintext } from './leaks.ts';
import { hostKeyOf, keyPair, runSecrets } from './secrets.ts';

const ADDRESSES = { hub: '10.42.0.1', spoke: '10.42.0.2' } as const;
type Name = keyof typeof ADDRESSES;

const atAddress = (address: string) => ({
  interfaces: { eth0: { network: 'lan', address: `${address}/24` } },
});

describeLab('the keys of a mesh', () => {
  const lab = useLab({
    networks: { lan: '10.42.0.254/24' },
    hosts: { hub: atAddress(ADDRESSES.hub), spoke: atAddress(ADDRESSES.spoke) },
  });
  const me = keyPair();
  const path = repository({});
  let hosts: Readonly<Record<Name, Host>>;

  const declare = async (name: Name, more = '', mesh = '10.9.9'): Promise<void> =>
    write(
      path,
      `hosts/${name}.ts`,
      `import { checks, host, readSource, secretPath, secrets, target } from 'stead';
import { wireguard } from 'stead/modules/wireguard';
export default host('${name}', { use: [
  target({ ssh: { address: '${ADDRESSES[name]}', hostKeys: ['${await hostKeyOf(hosts[name])}'] } }),
  secrets({ administrators: { me: '${me.publicKey}' }, files: { 'wireguard/${name}': {} } }),
  wireguard({
    role: '${name}', network: '${mesh}.0/24', address: '${mesh}.${name === 'hub' ? 1 : 2}',
    ${name === 'hub' ? `endpoint: '${ADDRESSES.hub}',` : ''}
    privateKeyFile: secretPath('wireguard/${name}'),
    publicKey: () => readSource('./secrets/wireguard/${name}.pub').text.trim(),
  }),
  ${more}
] });
`,
    );
  const rotate = () => lab.stead(['secrets', 'rotate', 'wireguard', '--repo', path, '--identity', me.file]);
  const keysThere = (): Promise<string[]> =>
    Promise.all(Object.values(hosts).map((host) => host.succeed('wg show wg0 public-key')));
  const keysHere = (): string[] =>
    Object.keys(hosts).map((name) =>
      readFileSync(join(path, `hosts/secrets/wireguard/${name}.pub`), 'utf8').trim(),
    );
  /** Tells of the private keys that are in the repository now. */
  const noteSecrets = (): void => {
    for (const name of Object.keys(hosts)) {
      const file = join(path, `hosts/secrets/wireguard/${name}.age`);
      plaintext(execFileSync('age', ['-d', '-i', me.file, file]).toString());
    }
  };
  const meets = (): Promise<string> => hosts.spoke.waitUntilSucceeds('ping -c1 -W1 10.9.9.1');

  beforeAll(async () => {
    hosts = { hub: await lab.host('hub'), spoke: await lab.host('spoke') };
    await Promise.all([declare('hub'), declare('spoke')]);
    for (const name of Object.keys(hosts)) {
      expect(
        await runSecrets(path, me, ['generate', `wireguard/${name}`, '--kind', 'wireguard']),
      ).toMatchObject({
        code: 0,
      });
    }
    noteSecrets();
    await lab.steadSucceeds(['switch', '--all', '--repo', path]);
  }, 900_000);

  test('are secrets from the start, and there after a power loss before the tunnel is', async () => {
    expect(await keysThere()).toEqual(keysHere());
    await meets();
    await hosts.spoke.crash();
    await hosts.spoke.boot();
    await hosts.spoke.waitForUnit('wg-quick@wg0.service');
    await meets();
  });

  test('are new on all hosts after rotate', async () => {
    const before = keysHere();
    const { code, stderr } = await rotate();
    noteSecrets();
    expect(stderr).toContain('new keys for wireguard/hub, wireguard/spoke, on hub, spoke');
    expect(code).toBe(0);
    expect(await keysThere()).toEqual(keysHere());
    expect(keysHere().filter((key) => before.includes(key))).toEqual([]);
    await meets();
  });

  test('are those of before on all hosts, and in the repository, where one host fails', async () => {
    await hosts.hub.succeed('touch /root/well');
    await declare(
      'hub',
      `checks({ health: { well: { command: ['test', '-e', '/root/well'], tries: 1 } } }),`,
    );
    await lab.steadSucceeds(['switch', 'hub', '--repo', path]);
    await hosts.hub.succeed('rm /root/well');
    const before = snapshot(join(path, 'hosts'));
    const { code, stderr } = await rotate();
    expect(code).toBe(4);
    expect(stderr).toContain('health check well failed');
    expect(stderr).toContain('the keys of before are in the repository again');
    expect(snapshot(join(path, 'hosts'))).toEqual(before);
    expect(await keysThere()).toEqual(keysHere());
    await meets();
  });

  test('comes to have other addresses, on all hosts or on none', async () => {
    const move = async (health: string) => {
      await declare('hub', '', '10.9.8');
      await declare('spoke', `checks({ health: { ${health} } }),`, '10.9.8');
      return lab.stead(['switch', '--atomic', '--all', '--repo', path]);
    };
    const addresses = (): Promise<string[]> =>
      Promise.all(
        Object.values(hosts).map((host) =>
          host.succeed("ip -4 -o address show wg0 | awk '{ print $4 }'; wg show wg0 allowed-ips | cut -f 2"),
        ),
      );
    const before = await addresses();
    expect(before.join(' ')).toContain('10.9.9.1');
    const failed = await move(`unwell: { command: ['false'], tries: 1 }`);
    expect(failed).toMatchObject({ code: 4 });
    expect(await addresses()).toEqual(before);
    await meets();

    // Asked when both are at their new addresses.
    const moved = await move(
      `meets: { command: ['ping', '-c1', '-W1', '10.9.8.1'], tries: 10, everySeconds: 1 }`,
    );
    expect(moved, moved.stderr).toMatchObject({ code: 0 });
    expect(await addresses()).toEqual(before.map((text) => text.replaceAll('10.9.9.', '10.9.8.')));
    await hosts.hub.waitUntilSucceeds('ping -c1 -W1 10.9.8.2');
  }, 180_000);
});
