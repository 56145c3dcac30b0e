// Work that no two processes do at a time.

import { holdLock } from '../deploy/lock.ts';

/** Does some work while no other process does work under the same file's lock. */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  await using _lock = await holdLock(file, { wait: true });
  return await work();
}
