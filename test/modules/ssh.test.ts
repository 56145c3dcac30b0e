import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { host, target, users } from 'stead';
import { dnsmasq } from 'stead/modules/dnsmasq';
import { network } from 'stead/modules/network';
import { ports } from 'stead/modules/ports';
import { ssh } from 'stead/modules/ssh';
import { checks, systemd } from '../../src/bundle/sets/index.ts';
import { available } from '../setup/programs.ts';
import { fleet, mistakes, text } from './rack.ts';

const CONF = '/etc/ssh/sshd_config.d/00-stead.conf';
const KNOWN = '/etc/ssh/ssh_known_hosts';
const KEYS = [
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKKplJM6YWqGkbD//AoH0rkVuzPzqnCkJHUXP7EqrUxF',
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8I3M3w6fRAAd1YxGyRmWZ5ld8OO5EyN9jYwJQKc1S9',
] as const;

const one = (settings: Parameters<typeof ssh>[0], ...more: Parameters<typeof host>[1]['use'] & object[]) =>
  host('box', { use: [ssh(settings), ...more] });

const EVERYTHING = one({
  ports: [22, 2222],
  listenAddresses: ['10.0.0.1', 'fd00::1'],
  hostKeys: ['/etc/ssh/ssh_host_ed25519_key'],
  permitRootLogin: 'no',
  allowUsers: ['anna', 'runner@10.9.9.*'],
  denyGroups: ['guests'],
  ciphers: ['chacha20-poly1305@openssh.com', 'aes256-gcm@openssh.com'],
  kexAlgorithms: ['curve25519-sha256'],
  macs: ['hmac-sha2-256-etm@openssh.com'],
  logLevel: 'VERBOSE',
  banner: 'No trespassing.',
  settings: { MaxAuthTries: 3, AcceptEnv: ['LANG', 'LC_*'], AllowTcpForwarding: false },
  extraConfig: 'ClientAliveInterval 60',
  match: [
    {
      users: ['anna'],
      addresses: ['10.9.9.0/24', '!10.9.9.7'],
      settings: { PasswordAuthentication: true },
    },
    { localPorts: [2222], settings: { ForceCommand: '/usr/bin/true' } },
  ],
});

describe('what an SSH server gets', () => {
  test('where nothing is said, keys alone let in, root included, and nothing is forwarded but what ssh asks for', () => {
    const box = fleet(one({})).host('box');
    expect(text(box, CONF)).toBe(`\
# Written by stead for box; changes made here are lost at the next switch.
# The first value of a setting counts, and this file is read first.
Port 22
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
AuthorizedKeysFile .ssh/authorized_keys
X11Forwarding no
GatewayPorts no
UseDNS no
LogLevel INFO
`);
    expect(box.get(systemd).units['ssh.service']).toMatchObject({ readBy: [CONF], onChange: 'reload' });
    expect(box.get(ports).listen).toEqual({ ssh: { port: 22, protocol: 'tcp', openTo: [] } });
  });

  test('every setting is written, those of connections last', () => {
    const box = fleet(EVERYTHING).host('box');
    expect(text(box, CONF)).toBe(`\
# Written by stead for box; changes made here are lost at the next switch.
# The first value of a setting counts, and this file is read first.
Port 22
Port 2222
ListenAddress 10.0.0.1
ListenAddress fd00::1
HostKey /etc/ssh/ssh_host_ed25519_key
PermitRootLogin no
PasswordAuthentication no
KbdInteractiveAuthentication no
AllowUsers anna runner@10.9.9.*
DenyGroups guests
AuthorizedKeysFile .ssh/authorized_keys
X11Forwarding no
GatewayPorts no
UseDNS no
LogLevel VERBOSE
Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com
KexAlgorithms curve25519-sha256
MACs hmac-sha2-256-etm@openssh.com
Banner /etc/ssh/stead-banner
AcceptEnv LANG
AcceptEnv LC_*
AllowTcpForwarding no
MaxAuthTries 3
ClientAliveInterval 60

Match User anna Address 10.9.9.0/24,!10.9.9.7
    PasswordAuthentication yes

Match LocalPort 2222
    ForceCommand /usr/bin/true
`);
    expect(text(box, '/etc/ssh/stead-banner')).toBe('No trespassing.\n');
    expect(Object.keys(box.get(ports).listen)).toEqual(['ssh', 'ssh 2222']);
  });
});

describe('what hosts know of each other', () => {
  test('every host of the fleet is known under all of its names and addresses, and so are others that are named', () => {
    const evaluation = fleet(
      host('gateway', {
        use: [
          ssh({
            ports: [2222],
            publicHostKeys: [`${KEYS[1]} root@gateway`],
            hostNames: ['gw.example.org'],
            knownHosts: { 'github.com': { publicKeys: [KEYS[0]] } },
          }),
          network({ addresses: { rack: '10.42.0.1', mesh: '10.9.9.2' }, aliases: ['gw'] }),
          dnsmasq({ domain: 'example.com', publish: ['rack'] }),
          target({ ssh: { address: '198.51.100.7', port: 2222, user: 'root', hostKeys: [KEYS[0]] } }),
        ],
      }),
      host('pi', { use: [ssh({}), network({ addresses: { rack: '10.42.0.50' } })] }),
      host('plain', {
        use: [target({ ssh: { address: 'plain.example.net', hostKeys: [KEYS[1]] } })],
      }),
    );
    const gateway =
      '[gateway]:2222,[gw]:2222,[gateway.example.com]:2222,[gw.example.com]:2222,[10.9.9.2]:2222,[10.42.0.1]:2222,[gw.example.org]:2222,[198.51.100.7]:2222';
    const ours = `${gateway} ${KEYS[0]}\n${gateway} ${KEYS[1]}\nplain,plain.example.com,plain.example.net ${KEYS[1]}\n`;
    expect(text(evaluation.host('pi'), KNOWN)).toBe(ours);
    expect(text(evaluation.host('gateway'), KNOWN)).toBe(`${ours}github.com ${KEYS[0]}\n`);
  });
});

describe('sshd_config that locks the deployer out is refused', () => {
  const at = (user: string, settings: Parameters<typeof ssh>[0], more: object = {}) =>
    mistakes(one(settings, target({ ssh: { address: '10.0.0.1', user, ...more } })));

  test('where root may not log in, and the target is root', () => {
    expect(at('root', { permitRootLogin: 'no' })).toEqual([
      'the target logs in as root, and permitRootLogin is no = Set it to prohibit-password, or have the target log in as another user, who may use sudo.',
    ]);
    expect(at('admin', { permitRootLogin: 'no' })).toEqual([]);
  });

  test('where the target is not among those who may', () => {
    expect(at('admin', { allowUsers: ['anna', 'a?min2'] })).toEqual([
      'the target logs in as admin, who is not among allowUsers = Add admin there.',
    ]);
    expect(at('admin', { allowUsers: ['ad*@10.0.0.0/8'] })).toEqual([]);
    expect(at('admin', { denyUsers: ['admin'] })).toEqual([
      'the target logs in as admin, who is among denyUsers = Take that out, or write a narrower pattern.',
    ]);
    const member = users({ users: { admin: { groups: ['ops'] } } });
    const way = target({ ssh: { address: '10.0.0.1', user: 'admin' } });
    expect(mistakes(one({ allowGroups: ['staff'] }, member, way))).toEqual([
      'the target logs in as admin, who is in none of allowGroups = Add a group of admin there.',
    ]);
    expect(mistakes(one({ allowGroups: ['staff', 'ops'] }, member, way))).toEqual([]);
    expect(mistakes(one({ denyGroups: ['ops'] }, member, way))).toEqual([
      'the target logs in as admin, who is in one of denyGroups = Take it out there, or admin out of it.',
    ]);
  });

  test('where it gets in and may run nothing', () => {
    const match = [{ users: ['root', 'ad*'], settings: { ForceCommand: '/usr/bin/true' } }];
    expect(at('admin', { match })).toEqual([
      'the target logs in as admin, for whom nothing runs but this ForceCommand = Leave admin out of this block.',
    ]);
    expect(at('admin', { match: [{ ...match[0], addresses: ['10.9.9.0/24'] }] })).toEqual([]);
  });

  test('where its port or its address is not the target’s, unless a router passes the port on', () => {
    expect(at('root', { ports: [2222] })).toEqual([
      'the target is reached at port 22, and sshd is to listen on 2222 = Add the port to `ports`; take the old one out once a switch has come in by the new one.',
    ]);
    expect(at('root', { ports: [2222] }, { port: 2222 })).toEqual([]);
    expect(at('root', { forwardedPorts: [2200] }, { port: 2200 })).toEqual([]);
    expect(
      mistakes(
        one(
          { listenAddresses: ['10.9.9.1'] },
          network({ addresses: { mesh: '10.9.9.1', lan: '10.0.0.1' } }),
          target({ ssh: { address: '10.0.0.1' } }),
        ),
      ),
    ).toEqual([
      'the target is reached at 10.0.0.1, and sshd is to listen on 10.9.9.1 = Add the address to `listenAddresses`.',
    ]);
  });

  test('where keys do not count, or not alone, or are looked for elsewhere', () => {
    expect(at('root', { settings: { PubkeyAuthentication: false } })).toEqual([
      'stead logs in with a key, and PubkeyAuthentication is off = Take the setting out: it is on by default.',
    ]);
    expect(at('root', { settings: { AuthenticationMethods: 'publickey,password' } })).toEqual([
      'stead logs in with a key alone, and AuthenticationMethods asks for publickey,password = Add `publickey` to it, or ask the others for more in a block of `match`.',
    ]);
    expect(
      mistakes(
        one(
          { authorizedKeysFiles: ['/etc/ssh/keys/%u'] },
          users({ users: { root: { authorizedKeys: [KEYS[0]] } } }),
          target({ ssh: { address: '10.0.0.1', user: 'root' } }),
        ),
      ),
    ).toEqual([
      "the target logs in as root, whose keys are in ~/.ssh/authorized_keys, which is not read = Add '.ssh/authorized_keys'.",
    ]);
  });
});

test('a setting with an option of its own, and a block that is for everybody, are refused', () => {
  expect(mistakes(one({ settings: { passwordauthentication: true } }))).toEqual([
    'passwordauthentication has an option of its own, whose value comes first and counts = Set that option instead: `stead options ssh` lists them.',
  ]);
  expect(mistakes(one({ match: [{ settings: { MaxSessions: 1 } }] }))).toEqual([
    'this block of `match` is for every connection = Say for which ones, or move its settings out of it.',
  ]);
});

describe.runIf(available('root', 'sshd', 'ssh-keygen'))('the real sshd', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'stead-sshd-'));
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')]);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** The configuration where its key is this test's. */
  const file = (content: string): string => {
    const path = join(folder, 'sshd_config');
    writeFileSync(path, content.replace(/^HostKey .*\n/m, ''));
    return path;
  };
  const sshd = (path: string, ...more: string[]) =>
    spawnSync('/usr/sbin/sshd', ['-f', path, '-h', join(folder, 'key'), ...more], { encoding: 'utf8' });

  test('takes every setting, and what is for some connections for these', () => {
    const path = file(text(fleet(EVERYTHING).host('box'), CONF));
    expect(sshd(path, '-t')).toMatchObject({ status: 0, stderr: '' });
    const of = (user: string, address: string): string =>
      sshd(path, '-T', '-C', `user=${user},host=x,addr=${address},laddr=10.0.0.1,lport=22`).stdout;
    expect(of('anna', '10.9.9.5')).toContain('passwordauthentication yes\n');
    expect(of('anna', '10.9.9.7')).toContain('passwordauthentication no\n');
    expect(of('bert', '10.9.9.5')).toContain('passwordauthentication no\n');
  });

  test('refuses what it does not know, and the check sees what another file says first', () => {
    const box = fleet(one({})).host('box');
    expect(sshd(file(`${text(box, CONF)}NoSuchSetting yes\n`), '-t')).toMatchObject({ status: 255 });
    const [shell = '', ...words] = box.get(checks).preflight['sshd']!;
    const path = (content: string): string => file(content) && `${folder}:${process.env['PATH']}:/usr/sbin`;
    writeFileSync(
      join(folder, 'sshd'),
      `#!/bin/sh\nexec /usr/sbin/sshd -f ${folder}/sshd_config -h ${folder}/key "$@"\n`,
      { mode: 0o755 },
    );
    const check = (content: string) =>
      spawnSync(shell, words, { encoding: 'utf8', env: { PATH: path(content) } });
    expect(check(text(box, CONF))).toMatchObject({ status: 0, stdout: '' });
    const before = check(`PasswordAuthentication yes\n${text(box, CONF)}`);
    expect(before).toMatchObject({ status: 1 });
    expect(before.stdout).toContain("sshd does not take 'passwordauthentication no'");
    expect(check(`${text(box, CONF)}NoSuchSetting yes\n`).status).toBe(255);
  });

  test('a known_hosts file is one that ssh-keygen finds hosts in', () => {
    const evaluation = fleet(
      host('box', { use: [ssh({ publicHostKeys: [readFileSync(join(folder, 'key.pub'), 'utf8').trim()] })] }),
    );
    const path = join(folder, 'known_hosts');
    writeFileSync(path, text(evaluation.host('box'), KNOWN));
    expect(spawnSync('ssh-keygen', ['-F', 'box', '-f', path]).status).toBe(0);
    expect(spawnSync('ssh-keygen', ['-F', 'other', '-f', path]).status).toBe(1);
  });
});
