// Programs that tests need: installed when this is root on Debian, else their tests are left out aloud.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findProgram } from './host.ts';

/**
 * Whether a program is here, after an attempt to install its Debian package.
 * Services that a package brings are not started.
 */
export function haveProgram(program: string, debianPackage: string): boolean {
  if (findProgram(program)) return true;
  if (process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    const options = ['-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300'];
    execFileSync('apt-get', ['install', ...options, debianPackage], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    });
    return findProgram(program) !== undefined;
  }
  console.warn(
    `left out: what needs ${program} (Debian package ${debianPackage}), which is not installed here`,
  );
  return false;
}

/** The shells that the host's scripts are made for, as far as they are here. */
export function shells(): string[] {
  return (
    [
      ['dash', 'dash'],
      ['busybox', 'busybox-static'],
      ['bash', 'bash'],
    ] as const
  )
    .filter(([program, debianPackage]) => haveProgram(program, debianPackage))
    .map(([program]) => program);
}
