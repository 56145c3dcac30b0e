import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { encode } from 'uqr';
import { rack, run, stead, edit, folder, write } from './stead.ts';

/** A key pair of WireGuard, made with `wg`. */
const PRIVATE = 'aBGJIjNEVWZ3iJmqu8zd7v8AESIzRFVmd4iZqrvM3U4=';
const PUBLIC = 'Df8nDQSyb9LHu2K9EeIhk0aUbMyMCiZueiYgzXEyozU=';
const PRESHARED = Buffer.alloc(32, 7).toString('base64');

/** The worked fleet, its phone with a key that is known here. */
function fleetWithPhone(more = ''): string {
  const path = rack();
  edit(path, 'hosts/vps.ts', 'Jht+YquLRWaa9nfnej7gAs/sbl9HianKm0NuWOl7igU=', PUBLIC);
  if (more !== '')
    edit(path, 'hosts/vps.ts', "phone: { address: '10.9.9.11',", `phone: { address: '10.9.9.11', ${more},`);
  return path;
}

/** With keys on standard input, and on a terminal where that is asked for. */
function piped(path: string, args: readonly string[], { terminal = false } = {}) {
  const argv = [
    process.execPath,
    join(stead, 'src/cli/stead.mjs'),
    'wireguard',
    'peer',
    ...args,
    '--repo',
    path,
  ];
  const [program = '', ...rest] = terminal ? ['script', '-qec', argv.join(' '), '/dev/null'] : argv;
  return spawnSync(program, rest, { encoding: 'utf8', input: `${PRIVATE}\n` });
}

const CONF = (key: string) => `\
[Interface]
PrivateKey = ${key}
Address = 10.9.9.11/24
DNS = 10.9.9.1, wildelab.com

[Peer]
PublicKey = ZBjT+h1xrzkBl9zUCKnfpZQZM/2TNPvaCFI+F4hyUjY=
AllowedIPs = 10.9.9.0/24, 10.42.0.0/24
Endpoint = vpn.wildelab.com:51820
PersistentKeepalive = 25
`;

describe('stead wireguard peer', () => {
  test('prints what a phone is to be set to, with a place for its key', async () => {
    const { code, stdout, stderr } = await run(['wireguard', 'peer', 'phone', '--repo', fleetWithPhone()]);
    expect({ code, stdout: `${stdout}\n` }).toEqual({ code: 0, stdout: CONF('<private key of phone>') });
    expect(stderr).toBe(
      'Put in the keys where <…> stands, or give --private-key-file (- reads standard input) for a whole configuration and a QR code.',
    );
  });

  test('takes the private key from standard input or a file', () => {
    const path = fleetWithPhone();
    const file = join(folder(), 'phone.key');
    write('/', file, PRIVATE);
    for (const from of ['-', file]) {
      expect(piped(path, ['phone', '--private-key-file', from])).toMatchObject({
        status: 0,
        stdout: CONF(PRIVATE),
        stderr: '',
      });
    }
  });

  test('shows a QR code of just that on a terminal', () => {
    const file = join(folder(), 'phone.key');
    write('/', file, PRIVATE);
    const args = ['phone', '--private-key-file', file];
    const { stdout } = piped(fleetWithPhone(), args, { terminal: true });
    const conf = CONF(PRIVATE);
    const text = stdout.replaceAll('\r', '');
    const { size, data } = encode(conf, { border: 2 });
    const drawn = text
      .slice(text.indexOf(conf) + conf.length + 1)
      .split('\n')
      .slice(0, Math.ceil(size / 2));
    // Two modules stand above each other in a character; dark is what is not printed.
    const lit = drawn.map((line) => [...line].map((one) => ['█▀'.includes(one), '█▄'.includes(one)]));
    const modules = data.map((row, y) => row.map((_, x) => !lit[y >> 1]?.[x]?.[y % 2]));
    expect(modules).toEqual(data);
  });

  test('gives the same as JSON', () => {
    const { stdout } = piped(fleetWithPhone(), ['phone', '--private-key-file', '-', '--json']);
    expect(JSON.parse(stdout)).toEqual({
      device: 'phone',
      hub: 'vps',
      publicKey: PUBLIC,
      complete: true,
      conf: CONF(PRIVATE),
    });
  });

  test('puts in the key that hub and device share, and sends everything through the hub where that is wanted', async () => {
    const path = fleetWithPhone("tunnel: 'full', presharedKeyFile: '/etc/wireguard/phone.psk'");
    const half = piped(path, ['phone', '--private-key-file', '-']);
    expect(half.stdout).toContain('PresharedKey = <preshared key of phone>\n');
    expect(half.stderr).toContain('or give --preshared-key-file (- reads');
    const file = join(folder(), 'phone.psk');
    write('/', file, PRESHARED);
    const whole = piped(path, ['phone', '--private-key-file', '-', '--preshared-key-file', file]);
    expect(whole.stdout).toContain(`PresharedKey = ${PRESHARED}\nAllowedIPs = 0.0.0.0/0, ::/0\n`);
    expect(whole.stderr).toBe('');
  });

  test('refuses a key that is none, that of another, and one that is not shared, and repeats no key', async () => {
    const path = rack();
    const other = piped(path, ['phone', '--private-key-file', '-']);
    expect(other).toMatchObject({
      status: 2,
      stdout: '',
      stderr: `error: this is not the private key of phone: its public key is ${PUBLIC}, and vps knows phone by Jht+YquLRWaa9nfnej7gAs/sbl9HianKm0NuWOl7igU=
  = Give the other key, or set \`roaming.phone.publicKey\` of vps to this one's and switch.
`,
    });
    const file = join(folder(), 'key');
    write('/', file, PRIVATE.slice(1));
    expect(
      await run(['wireguard', 'peer', 'phone', '--private-key-file', file, '--repo', path]),
    ).toMatchObject({
      code: 2,
      stderr: `error: ${file} does not hold a WireGuard key: base64 of 32 bytes
  = Make one with \`wg genkey\`, a preshared one with \`wg genpsk\`.`,
    });
    expect(
      await run(['wireguard', 'peer', 'phone', '--preshared-key-file', file, '--repo', path]),
    ).toMatchObject({
      code: 2,
      stderr: `error: phone shares no key with the hub
  = Leave out --preshared-key-file, or set \`roaming.phone.presharedKeyFile\` of the hub.`,
    });
    const missing = await run([
      'wireguard',
      'peer',
      'phone',
      '--private-key-file',
      '/nowhere',
      '--repo',
      path,
    ]);
    expect(missing).toMatchObject({ code: 2 });
    expect(missing.stderr).toContain('error: /nowhere cannot be read: ENOENT');
  });

  test('names the devices that there are', async () => {
    const path = rack();
    expect(await run(['wireguard', 'peer', 'phnoe', '--repo', path])).toMatchObject({
      code: 2,
      stderr: 'error: no hub of the fleet has a roaming device "phnoe"\n  = Did you mean phone?',
    });
    expect((await run(['wireguard', 'peer', 'zzzzzzzz', '--repo', path])).stderr).toContain(
      'Devices: anna, laptop, phone.',
    );
  });

  test('refuses a name that two hubs have given', async () => {
    const path = fleetWithPhone();
    const other = `import { host } from 'stead';
import { wireguard } from 'stead/modules/wireguard';
const publicKey = (number: number) => Buffer.alloc(32, number).toString('base64');
export default host('office', { use: [wireguard({ role: 'hub', network: '10.7.7.0/24', address: '10.7.7.1',
  endpoint: '192.0.2.7', publicKey: publicKey(1), roaming: { phone: { address: '10.7.7.2', publicKey: publicKey(2) } } })] });
`;
    write(path, 'hosts/office.ts', other);
    expect(await run(['wireguard', 'peer', 'phone', '--repo', path])).toMatchObject({
      code: 2,
      stderr:
        'error: office and vps both have a roaming device "phone"\n  = Give each a name of its own: an address and a key belong to one mesh.',
    });
  });
});
