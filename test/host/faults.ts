// Tools of a host that do something evil at one of their calls: kill, cut, fill, fail.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { findProgram, writeScript } from './host.ts';

/** Every tool with which the host's scripts change what another process sees. */
const tools = ['mv', 'ln', 'rm', 'rmdir', 'mkdir', 'cp', 'chmod'];

/** The moment of a call: its number, from 1, and on which side of it. */
export interface Moment {
  readonly call: number;
  readonly side: 'before' | 'after';
}

export interface Faults {
  /** A folder of tools to be put before PATH. */
  readonly path: string;
  /** From now on calls are counted anew, and the fault happens at that moment; at none without one. */
  aim(moment?: Moment): void;
  /** How many calls there were since then. */
  calls(): number;
}

/**
 * `fault` is a command of sh: `kill -9 0` ends the whole process group.
 * @param failing calls of `cp` with this in their words fail
 */
export function makeFaults(fault: string, failing = '/nothing fails/'): Faults {
  const folder = mkdtempSync(join(tmpdir(), 'stead-faults-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'bin');
  mkdirSync(path);
  for (const tool of tools) {
    const run = `'${findProgram(tool)}' "$@"`;
    writeScript(
      join(path, tool),
      `#!/bin/sh
read -r call <'${folder}/calls'
call=$((call + 1))
echo "$call" >'${folder}/calls'
read -r moment <'${folder}/moment'
fault() {
  ${fault}
}
[ "$call before" != "$moment" ] || fault
code=0
case "${tool} $*" in
  'cp '*'${failing}'*) code=1 ;;
  *) ${run} || code=$? ;;
esac
[ "$call after" != "$moment" ] || fault
exit "$code"
`,
    );
  }
  const faults: Faults = {
    path,
    aim: (moment) => {
      writeFileSync(join(folder, 'calls'), '0\n');
      writeFileSync(join(folder, 'moment'), `${moment?.call ?? 0} ${moment?.side ?? 'before'}\n`);
    },
    calls: () => Number(readFileSync(join(folder, 'calls'), 'utf8')),
  };
  faults.aim();
  return faults;
}

/** Both sides of every call; or of every `step`th. */
export function momentsOf(calls: number, step = 1): Moment[] {
  return Array.from({ length: calls }, (_, index) => index + 1)
    .filter((call) => (call - 1) % step === 0)
    .flatMap((call) => [
      { call, side: 'before' },
      { call, side: 'after' },
    ]);
}
