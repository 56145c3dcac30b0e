// The checks of a bundle, run before it is switched to: on the machine that builds, or on its host.
import { z } from 'zod';
import { directoryTarget } from './directory.ts';
import { read } from './hostAnswer.ts';
import { hostLines } from './hostLines.ts';
import type { Session } from './target.ts';

/** How one check of a bundle went. */
export interface CheckResult {
  readonly name: string;
  /** `absent`: its program is not installed there. */
  readonly state: 'passed' | 'failed' | 'absent';
  /** The command as a line of shell. */
  readonly command: string;
  /** What it said, where it failed. */
  readonly output: readonly string[];
}

/**
 * Runs the checks of the bundle in a folder where its files stand over those of this machine, which sees nothing of
 * it. Without root that takes a user namespace (user_namespaces(7)).
 * @param isRoot whether this process is root
 * @throws SteadError `host.check` where no private mounts can be had
 */
export async function checkHere(folder: string, isRoot: boolean): Promise<CheckResult[]> {
  const session = await directoryTarget({ name: 'this machine', directory: '/' }).open();
  const prefix = isRoot ? [] : ['unshare', '--user', '--map-root-user', '--mount', '--'];
  const lines = await hostLines(
    { ...session, run: (argv, options) => session.run([...prefix, ...argv], options) },
    'check',
    [folder],
  );
  return checkResults(lines);
}

/**
 * Runs the checks of a bundle that is in a host's store over that host's files. Nothing, where it wants packages or
 * accounts that are not there yet: only a switch can tell then.
 * @param signature in ssh-keygen's format; empty for a host that declares no signers
 * @throws SteadError `host.preflight`, `host.locked`
 */
export async function preflight(session: Session, bundle: string, signature: string): Promise<CheckResult[]> {
  return checkResults(await hostLines(session, 'preflight', [bundle], { stdin: signature }));
}

function checkResults(lines: readonly string[][]): CheckResult[] {
  const results: (CheckResult & { readonly output: string[] })[] = [];
  for (const [kind, ...columns] of lines) {
    if (kind === 'output') {
      results.at(-1)?.output.push(columns.join('\t'));
    } else {
      const [name, state, command] = columns;
      results.push({
        name: read(z.string(), name, 'check'),
        state: read(z.enum(['passed', 'failed', 'absent']), state, 'check'),
        command: read(z.string(), command, 'check'),
        output: [],
      });
    }
  }
  return results;
}
