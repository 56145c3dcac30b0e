// What a host says that a switch would do, as data.

import { hash, read } from './hostAnswer.ts';
import { hostLines, single } from './hostLines.ts';
import type { Session } from './target.ts';

/** One thing that a switch would do. */
export interface PlannedStep {
  /** `download`, `package`, `account`, `file`, `system` or `unit`. */
  readonly part: string;
  /** What is done: `link`, `keep`, `install`, `restart`. */
  readonly step: string;
  readonly subject: string;
  readonly why: string;
}

/** All that a switch would do, in its order. */
export interface HostPlan {
  readonly steps: readonly PlannedStep[];
  /** Another one as soon as the host or the bundle is another. */
  readonly hash: string;
}

/**
 * What a switch to a bundle would do on a host; nothing is changed there.
 * @param tables its tables by name, for a bundle that the host does not have
 */
export async function plan(
  session: Session,
  bundle: string,
  tables: Readonly<Record<string, string>>,
): Promise<HostPlan> {
  const stdin = Object.entries(tables)
    .map(([name, text]) => `\t${name}\n${text}`)
    .join('');
  const lines = await hostLines(session, 'plan', [bundle], { stdin });
  const steps = lines
    .filter(([part]) => part !== 'plan')
    .map(([part = '', step = '', subject = '', ...why]) => ({ part, step, subject, why: why.join(' ') }));
  return { steps, hash: read(hash, single(lines, 'plan')('plan')[0], 'plan') };
}
