// Running configuration with everything that varies held away from it.
import { redirectConsole } from './console.ts';
import { guardGlobals, guardProperty } from './globals.ts';
import { pinLocale } from './locale.ts';

let running = 0;
let restore: (() => void)[] = [];
const costly = new Set<string>();

/**
 * Runs `code`, which may return a promise, with the clock, randomness, the environment, the network and
 * timers refused to configuration and packages it imports, and with locale and time zone pinned. All of it is
 * restored when the last of several such runs has ended, also when it failed.
 */
export function guarded<T>(code: () => T): T {
  if (running === 0) {
    restore = [...pinLocale(), ...guardGlobals(), ...redirectConsole()];
    for (const name of costly) restore.push(...guardNetwork(name));
  }
  running += 1;
  let later: Promise<unknown> | undefined;
  try {
    const result = code();
    if (!(result instanceof Promise)) return result;
    later = result.finally(release);
    return later as T;
  } finally {
    if (later === undefined) release();
  }
}

/**
 * Also guards a global that takes Node long to bring up, which merely putting a guard there does
 * (`WebSocket`: 30 ms). To be called when configuration that mentions it is about to run.
 */
export function guardCostly(name: string): void {
  if (costly.has(name)) return;
  costly.add(name);
  if (running > 0) restore.push(...guardNetwork(name));
}

function guardNetwork(name: string): (() => void)[] {
  const undo = guardProperty(name, 'network');
  return undo === undefined ? [] : [undo];
}

function release(): void {
  running -= 1;
  if (running > 0) return;
  for (const undo of restore.toReversed()) undo();
  restore = [];
}
