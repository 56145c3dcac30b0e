// Counts the processes that a verb starts on a host, forks included, so that no clock is involved.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram, runProcess } from './host.ts';
import type { Host, Result } from './host.ts';

export interface Cost extends Result {
  /** Processes besides the first. */
  readonly processes: number;
}

/** Runs a verb of a generation's own script under strace(1); `shell` is the program that reads it. */
export async function countProcesses(host: Host, args: readonly string[], shell = 'dash'): Promise<Cost> {
  const folder = mkdtempSync(join(tmpdir(), 'stead-cost-'));
  try {
    const trace = join(folder, 'trace');
    const script = `${host.root}/var/lib/stead/current/runtime/stead-host`;
    const strace = [findProgram('strace') ?? 'strace', '-f', '-qq', '-e', 'signal=none'];
    const calls = ['-e', 'trace=clone,clone3,fork,vfork', '-o', trace];
    const result = await runProcess([...strace, ...calls, shell, script, '--root', host.root, ...args], {});
    const started = readFileSync(trace, 'utf8').match(/ = [0-9]+$/gm) ?? [];
    return { ...result, processes: started.length };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
