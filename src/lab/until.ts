// Waiting for a condition, never without end.

import { setTimeout as sleep } from 'node:timers/promises';
import { SteadError } from '../options/error.ts';

/** Asks again and again until it is so. @throws SteadError `lab.timeout` that says what was waited for */
export async function until(
  what: string,
  seconds: number,
  check: () => Promise<boolean> | boolean,
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!(await check())) {
    if (performance.now() > end) {
      throw new SteadError({ code: 'lab.timeout', message: `waited ${seconds} s in vain until ${what}` });
    }
    await sleep(20);
  }
}
