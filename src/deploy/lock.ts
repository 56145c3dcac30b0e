// A lock among processes of this machine, given back by the kernel when its holder dies.
import { once } from 'node:events';
import { execa } from 'execa';

/** A lock that is held until it is disposed of. */
export type HeldLock = AsyncDisposable;

/**
 * Takes the lock of a file, which is made where it lacks.
 * @param options `wait`: until it is free; else it is taken at once or not at all
 * @returns undefined where another process holds it
 */
export async function holdLock(
  file: string,
  options: { readonly wait: boolean },
): Promise<HeldLock | undefined> {
  const argv = [...(options.wait ? [] : ['-n', '-E', String(TAKEN)]), file, 'sh', '-c', 'echo locked; cat'];
  const holder = execa('flock', argv, { stdin: 'pipe', stderr: 'inherit', reject: false });
  // The compiler takes two seconds over the type of the result anywhere but in an `await`.
  const ended = async () => {
    const { exitCode, message } = await holder;
    return { exitCode, message };
  };
  const end = await Promise.race([once(holder.stdout, 'data').then(() => undefined), ended()]);
  if (end?.exitCode === TAKEN) return undefined;
  if (end !== undefined) throw new Error(`${file} cannot be locked: ${end.message ?? 'flock ended at once'}`);
  return {
    [Symbol.asyncDispose]: async () => {
      holder.stdin.end();
      await holder;
    },
  };
}

/** What flock(1) is to end with where the lock is taken. */
const TAKEN = 75;
