// The real programs that tests run: installed before the first test where that is possible.
import { execFileSync, type ExecFileSyncOptions } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { LAB_PROGRAMS, labObstacle } from '../../src/lab/requirements.ts';

/** Program, Debian's package, and what is not tested without it. */
const PROGRAMS = [
  { program: 'sshd', package: 'openssh-server', tests: 'switching over SSH' },
  { program: 'ssh-keygen', package: 'openssh-client', tests: 'host keys' },
  { program: 'sudo', package: 'sudo', tests: 'logging in as a user who uses sudo' },
  { program: 'visudo', package: 'sudo', tests: 'the rendered sudoers' },
  { program: 'busybox', package: 'busybox-static', tests: 'the host scripts under busybox ash' },
  { program: 'dash', package: 'dash', tests: 'the host scripts under dash' },
  { program: 'shellcheck', package: 'shellcheck', tests: 'shellcheck of the host scripts' },
  { program: 'dnsmasq', package: 'dnsmasq-base', tests: 'the rendered dnsmasq configuration' },
  { program: 'wg-quick', package: 'wireguard-tools', tests: 'the rendered WireGuard configuration' },
  { program: 'wireguard-go', package: 'wireguard-go', tests: 'the rendered WireGuard configuration' },
  { program: 'ip', package: 'iproute2', tests: 'the rendered WireGuard configuration' },
  { program: 'ss', package: 'iproute2', tests: 'how many segments an SSH message takes' },
  { program: 'networkctl', package: 'systemd', tests: 'the rendered networks' },
  { program: 'ifup', package: 'ifupdown', tests: 'the rendered networks' },
  { program: 'nft', package: 'nftables', tests: 'the rendered firewall' },
  { program: 'systemd-analyze', package: 'systemd', tests: 'calendar expressions against systemd' },
  { program: 'apt-config', package: 'apt', tests: 'the rendered apt configuration' },
  { program: 'zstd', package: 'zstd', tests: 'copying with zstd' },
  { program: 'xfs_io', package: 'xfsprogs', tests: 'power cuts of a file system' },
  { program: 'age', package: 'age', tests: 'secrets against age itself' },
  { program: 'ansible-vault', package: 'ansible-core', tests: 'secrets of Ansible' },
  { program: 'strace', package: 'strace', tests: 'the cost of a switch in processes' },
  { program: 'crontab', package: 'cron', tests: 'rendered lines of cron' },
  { program: 'logrotate', package: 'logrotate', tests: 'how logs are rotated' },
  { program: 'git', package: 'git', tests: 'provenance' },
  { program: 'zsh', package: 'zsh', tests: 'completion in zsh' },
  { program: 'fish', package: 'fish', tests: 'completion in fish' },
  { program: 'openssl', package: 'openssl', tests: 'certificates' },
  { program: 'flock', package: 'util-linux', tests: 'certificates' },
  { program: 'nginx', package: 'nginx-light', tests: 'the rendered nginx configuration' },
  { program: 'certbot', package: 'certbot', tests: 'issuing certificates' },
  { program: 'chromium', package: 'chromium', tests: 'the page of the fleet in a browser' },
  { program: 'qemu-aarch64-static', package: 'qemu-user-static', tests: 'the host scripts on arm64' },
] as const;

const LAB = Object.entries(LAB_PROGRAMS).map(([program, name]) => ({
  program,
  package: name,
  tests: 'real hosts',
}));

export type Program = (typeof PROGRAMS)[number]['program'];

/** Whether a test that needs these programs, or root, can run here. */
export function available(...programs: (Program | 'root')[]): boolean {
  return programs.every((name) => (name === 'root' ? process.getuid?.() === 0 : found(name)));
}

/** vitest's global setup: installs what is missing as root on Debian, else says what is skipped and why. */
export default function setup(): void {
  const missing = [...PROGRAMS, ...LAB].filter(({ program }) => !found(program));
  if (missing.length > 0 && canInstall()) {
    const packages = [...new Set(missing.map((one) => one.package))];
    console.log(`installing ${packages.join(', ')} for the tests`);
    install(packages);
  }
  for (const { program, package: name, tests } of PROGRAMS) {
    if (!found(program)) console.log(`skipped: ${tests}, for want of ${program} (apt-get install ${name})`);
  }
  if (process.getuid?.() !== 0) {
    console.log('skipped: tests that need root; `sudo npm test` runs them too');
  }
  const obstacle = labObstacle();
  if (obstacle !== undefined)
    console.log(`skipped: real hosts, since ${obstacle.message}. ${obstacle.hint ?? ''}`);
}

function canInstall(): boolean {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version');
}

function install(packages: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options: ExecFileSyncOptions = { env, stdio: ['ignore', 'ignore', 'inherit'] };
  const apt = ['-qq', '-o', 'DPkg::Lock::Timeout=300'];
  execFileSync('apt-get', [...apt, 'update'], options);
  // A service that a package would start has no business on the machine that runs the tests.
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) execFileSync('sh', ['-c', `printf '#!/bin/sh\\nexit 101\\n' >${policy} && chmod 755 ${policy}`]);
  try {
    execFileSync('apt-get', [...apt, 'install', '-y', '--no-install-recommends', ...packages], options);
  } finally {
    if (ours) execFileSync('rm', ['-f', policy]);
  }
}

function found(program: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
