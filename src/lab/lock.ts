// A lock among processes, given back by the kernel when its holder dies.

import { once } from 'node:events';
import { execa } from 'execa';

/** Does some work while no other process does work under the same file's lock. */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const holder = execa('flock', [file, 'sh', '-c', 'echo locked; cat'], { stdin: 'pipe', stderr: 'inherit' });
  try {
    await Promise.race([once(holder.stdout, 'data'), holder]);
    return await work();
  } finally {
    holder.stdin.end();
    await holder;
  }
}
