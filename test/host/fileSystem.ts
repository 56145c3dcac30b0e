// A host on a small file system of its own, mounted where no other process sees it. Needs root.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { hostIn, newRoot, runProcess } from './host.ts';
import type { Host, Result } from './host.ts';

export interface MountedHost extends Host {
  /** Its root where the file system is mounted. */
  readonly path: string;
  /** Runs a command where the file system is mounted; `$1` is the host's root. */
  run(command: string): Promise<Result>;
}

/** `mount` is a command of sh that mounts something at `$1`. It ends with the test. */
export async function makeMountedHost(mount: string): Promise<MountedHost> {
  const root = newRoot();
  // Whoever dies, its standard input ends, and the namespace with it. What others unmount meanwhile, such as a lab the
  // disk of a host, must not stay mounted here.
  const holder = spawn('unshare', [
    '--mount',
    '--propagation=slave',
    'sh',
    '-c',
    `{ ${mount}; } >&2 && echo mounted && exec cat`,
    'sh',
    root,
  ]);
  onTestFinished(async () => {
    holder.stdin.end();
    if (holder.exitCode === null) await once(holder, 'exit');
  });
  let problem = '';
  holder.stderr.on('data', (chunk: Buffer) => (problem += chunk.toString()));
  await Promise.race([once(holder.stdout, 'data'), once(holder, 'exit')]);
  if (holder.exitCode !== null) throw new Error(`${mount}: ${problem}`);
  const argv = ['nsenter', `--mount=/proc/${holder.pid}/ns/mnt`, '--'];
  return {
    ...hostIn(root, 'sh', { argv, slash: `/proc/${holder.pid}/root` }),
    path: root,
    run: (command) => runProcess([...argv, 'sh', '-c', command, 'sh', root], {}),
  };
}
