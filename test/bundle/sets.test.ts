// The base option sets: what a configuration of packages, accounts and the kernel becomes in a bundle.
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { files, host, kernel, packages, sysctl, users, type Host } from 'stead';
import { bundleSource, type BundleSource } from '../../src/bundle/index.ts';
import { Evaluation } from '../../src/options/index.ts';
import { told } from '../told.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKKplJM6YWqGkbD//AoH0rkVuzPzqnCkJHUXP7EqrUxF me@laptop';

type Use = NonNullable<Parameters<typeof host>[1]['use']>;

function evaluated(...use: Use): Evaluation {
  return new Evaluation([host('a', { use }) as Host]);
}

function source(...use: Use): BundleSource {
  const aliases: Record<string, { name: string; version?: string }> = {
    web: { name: 'nginx', version: '1.22.*' },
    site: { name: 'nginx', version: '1.24.*' },
    'http-client': { name: 'curl' },
  };
  return bundleSource(evaluated(...use).host('a'), (name) => aliases[name] ?? { name });
}

function text(from: BundleSource, path: string): string | undefined {
  const file = from.files.find((one) => one.path === path);
  return file !== undefined && 'content' in file ? String(file.content) : undefined;
}

function mistakes(...use: Use): string[] {
  return evaluated(...use)
    .check()
    .errors.map(told);
}

test('a package has the version of the package set, or the one that the host says', () => {
  const found = source(
    packages({
      install: ['web', 'http-client'],
      versions: { 'http-client': '7.88.*', htop: '3*' },
      hold: ['vim'],
    }),
  );
  expect(found.packages).toEqual([
    { name: 'nginx', version: '1.22.*', hold: false },
    { name: 'curl', version: '7.88.*', hold: false },
    { name: 'htop', version: '3*', hold: false },
    { name: 'vim', version: null, hold: true },
  ]);
  expect(text(found, '/etc/apt/preferences.d/stead')).toBe(`\
Package: curl
Pin: version 7.88.*
Pin-Priority: 1001

Package: htop
Pin: version 3*
Pin-Priority: 1001

Package: nginx
Pin: version 1.22.*
Pin-Priority: 1001
`);
});

test('packages of any version need no preferences of apt', () => {
  const found = source(packages({ install: ['curl', 'http-client'], hold: ['http-client'] }));
  expect(found.packages).toEqual([{ name: 'curl', version: null, hold: true }]);
  expect(found.files).toEqual([]);
});

test('one package in two versions is refused', () => {
  expect(() => source(packages({ install: ['web', 'site'] }))).toThrow(
    expect.objectContaining({
      code: 'packages.version',
      message: 'the package nginx is wanted in two versions, 1.22.* and 1.24.*',
    }),
  );
});

test("a user's keys become a file of their own in the home folder", () => {
  const found = source(
    users({ users: { eva: { system: false, authorizedKeys: [KEY] }, root: { authorizedKeys: [KEY] } } }),
  );
  expect(found.files).toMatchObject([
    { path: '/home/eva/.ssh', kind: 'directory', mode: '0700', owner: 'eva', group: 'eva' },
    { path: '/home/eva/.ssh/authorized_keys', kind: 'copy', mode: '0600', owner: 'eva', content: `${KEY}\n` },
    { path: '/root/.ssh', kind: 'directory', mode: '0700', owner: 'root', group: 'root' },
    { path: '/root/.ssh/authorized_keys', kind: 'copy', mode: '0600', owner: 'root' },
  ]);
});

test('a user says which of group, home and shell hold for one that exists already', () => {
  const found = source(
    users({
      users: { www: {}, root: { shell: '/bin/zsh' }, eva: { system: false, group: 'staff', home: '/e' } },
    }),
  );
  expect(
    found.users.map(({ name, group, home, shell, enforced }) => [name, group, home, shell, enforced]),
  ).toEqual([
    ['eva', 'staff', '/e', '/bin/bash', ['group', 'home']],
    ['root', 'root', '/root', '/bin/zsh', ['shell']],
    ['www', 'www', '/var/lib/www', '/usr/sbin/nologin', []],
  ]);
});

test('two users or groups of one number are refused', () => {
  const numbers = users({
    users: { a: { uid: 1500 }, b: { uid: 1500 }, c: { uid: 1501 } },
    groups: { a: { gid: 7 }, b: { gid: 7 } },
  });
  expect(mistakes(numbers)).toEqual([
    'the users a and b have the same uid, 1500 = Give one of them another.',
    'the groups a and b have the same gid, 7 = Give one of them another.',
  ]);
});

test('what decides who may log in is checked by the programs that read it', () => {
  const checked = (path: string): string[] =>
    source(files({ paths: { [path]: 'x' } })).checks.map(({ name, command }) => `${name}: ${command.at(-1)}`);
  expect(checked('/etc/sudoers.d/eva')).toEqual([expect.stringMatching(/^sudoers: .*visudo -c$/)]);
  expect(checked('/etc/ssh/sshd_config')).toEqual([expect.stringMatching(/^sshd: .*sshd -t$/)]);
  expect(checked('/etc/ssh/ssh_config')).toEqual([]);
});

test('settings of the kernel are one file of sysctl.d, sorted', () => {
  const found = source(
    sysctl({ settings: { 'vm.swappiness': 10, 'net.ipv4.ip_local_port_range': '1024 65535' } }),
  );
  expect(text(found, '/etc/sysctl.d/60-stead.conf')).toBe(
    'net.ipv4.ip_local_port_range = 1024 65535\nvm.swappiness = 10\n',
  );
  const names = { 'net.ipv4.conf.eth0/1.rp_filter': 1, 'net/ipv4/conf/eth0.2/rp_filter': ' 4  5' };
  expect(source(sysctl({ settings: names })).kernel.sysctl).toEqual({
    'net/ipv4/conf/eth0.1/rp_filter': '1',
    'net/ipv4/conf/eth0.2/rp_filter': '4 5',
  });
});

test('modules are loaded at each start, or not by themselves', () => {
  const found = source(kernel({ modules: ['br_netfilter', 'wireguard'], blacklist: ['nouveau'] }));
  expect(text(found, '/etc/modules-load.d/stead.conf')).toBe('br_netfilter\nwireguard\n');
  expect(text(found, '/etc/modprobe.d/stead.conf')).toBe('blacklist nouveau\n');
  expect(found.kernel).toMatchObject({ add: [], remove: [], modules: ['br_netfilter', 'wireguard'] });
});

test('kernel parameters reach GRUB through a file that it reads after its own', () => {
  const found = source(kernel({ parameters: { add: ['a=1', 'b*'], remove: ['quiet'] } }));
  expect(found.kernel).toMatchObject({ add: ['a=1', 'b*'], remove: ['quiet'] });
  const script = text(found, '/etc/default/grub.d/60-stead.cfg') ?? '';
  const grub = `GRUB_CMDLINE_LINUX='root=x  * quiet'\nGRUB_CMDLINE_LINUX_DEFAULT='quiet splash a=1'\n`;
  const shown = `printf '%s|%s' "$GRUB_CMDLINE_LINUX" "$GRUB_CMDLINE_LINUX_DEFAULT"`;
  expect(execFileSync('sh', ['-eu', '-c', grub + script + shown], { encoding: 'utf8' })).toBe(
    'root=x * a=1 b*|splash',
  );
});

test('a kernel parameter that is added and removed is refused', () => {
  expect(mistakes(kernel({ parameters: { add: ['quiet'], remove: ['quiet'] } }))).toEqual([
    'the kernel parameter quiet is both added and removed = Keep one of them.',
  ]);
});
