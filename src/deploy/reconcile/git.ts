// Runs git in the fleet's repository.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Without end a server that does not answer would hold the run, and its lock, until the next night. */
const LIMIT_MS = 300_000;

/** What git prints, without the last line's end. @throws what execFile does, with `stderr` */
export async function gitOutput(repository: string, args: readonly string[]): Promise<string> {
  const { stdout } = await execute('git', ['-C', repository, ...args], {
    maxBuffer: 64 * 1024 * 1024,
    timeout: LIMIT_MS,
    // Nobody is there to type a password or to look at a host key.
    env: { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_SSH_COMMAND: sshCommand(), LC_ALL: 'C.UTF-8' },
  });
  return stdout.replace(/\n$/, '');
}

function sshCommand(): string {
  return `${process.env['GIT_SSH_COMMAND'] ?? 'ssh'} -o BatchMode=yes -o ConnectTimeout=30`;
}
