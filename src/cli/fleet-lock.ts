// One run at a time works for a whole fleet in one clone.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { holdLock, type HeldLock } from '../deploy/lock.ts';
import type { CliContext } from './context.ts';

/** The lock; undefined where another run has it, once it is said which. */
export async function fleetLock(context: CliContext): Promise<HeldLock | undefined> {
  const out = join(context.repository, 'out');
  mkdirSync(out, { recursive: true });
  const file = join(out, '.fleet.lock');
  const lock = await holdLock(file, { wait: false });
  if (lock === undefined) {
    const holder = readFileSync(file, 'utf8').trim();
    context.note(`error: another run is under way in ${context.repository}: ${holder}`);
  } else {
    writeFileSync(file, `pid ${process.pid} on ${hostname()}, since ${new Date().toISOString()}\n`);
  }
  return lock;
}
