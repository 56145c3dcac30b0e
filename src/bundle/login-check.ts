// The checks that bundles bring whose files decide who may log in and become root: a mistake there locks everyone out.
import type { CheckSource, FileSource } from './source.ts';

const CHECKS = [
  {
    name: 'sudoers',
    reads: /^\/etc\/sudoers(\.d\/|$)/,
    script: 'command -v visudo >/dev/null || exit 0; visudo -c',
  },
  {
    name: 'sshd',
    reads: /^\/etc\/ssh\/sshd_config(\.d\/|$)/,
    // sshd wants the folder that its unit makes, which is not there while a socket waits for it.
    script: 'command -v sshd >/dev/null || exit 0; mkdir -p -m 0755 /run/sshd && sshd -t',
  },
] as const;

/** Reads the files as sudo and sshd will, where the host has these; none for a bundle without such files. */
export function loginChecks(files: readonly FileSource[]): CheckSource[] {
  return CHECKS.filter(({ reads }) => files.some(({ path }) => reads.test(path))).map(({ name, script }) => ({
    name,
    command: ['sh', '-c', script],
  }));
}
