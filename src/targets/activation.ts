// The host's verbs that change which generation runs, typed; how they end is data.

import { z } from 'zod';
import { absent, generationNumber, hash, read } from './hostAnswer.ts';
import { parseLines, unreadable } from './hostLines.ts';
import { hostCommand } from './hostCommand.ts';
import type { Session } from './target.ts';

/**
 * What a bundle is activated for: from now on; until the next boot; from the next boot on. `prepare` ends before the
 * first change; `together` is a switch whose health is asked for later (`well`), when other hosts have switched too.
 */
export type Goal = 'switch' | 'test' | 'boot' | 'prepare' | 'together';

export interface SwitchOptions {
  readonly goal?: Goal;
  /** Whether the host takes itself back unless confirmed; its own settings decide where nothing is said. */
  readonly watchdog?: boolean;
  /** The hash of the only plan that may be carried out. */
  readonly plan?: string;
  /** Whether units that are to run and do not are started, where the bundle runs already. */
  readonly wake?: boolean;
  readonly by?: string;
  readonly commit?: string;
  readonly signature?: string;
  readonly onStderr?: (line: string) => void;
}

const outcomes = z.enum([
  'switched',
  'unchanged',
  'prepared',
  'staged',
  'rolled-back',
  'removed',
  'failed',
  'partial',
]);

/** How a switch or a rollback ended; `code` is the exit code of the design, section 6. */
export interface SwitchResult {
  readonly outcome: z.infer<typeof outcomes>;
  /**
   * 0; 1 nothing changed; 4 it failed after the commit point and was put back; 5 locked by another switch; 6 it could
   * neither be completed nor put back.
   */
  readonly code: number;
  /** The generation that is meant, where the host got as far as to name one. */
  readonly generation: number | undefined;
  readonly hash: string | undefined;
  /** What the host said, for people. */
  readonly output: string;
}

/** Switches a host to a bundle that is in its store. Failures of the switch are results; see `code`. */
export function switchTo(
  session: Session,
  bundle: string,
  options: SwitchOptions = {},
): Promise<SwitchResult> {
  const args = [bundle, '--goal', options.goal ?? 'switch'];
  if (options.watchdog !== undefined) args.push('--watchdog', options.watchdog ? 'yes' : 'no');
  if (options.plan !== undefined) args.push('--plan', options.plan);
  if (options.wake === true) args.push('--stopped', 'start');
  if (options.by !== undefined) args.push('--by', options.by);
  if (options.commit !== undefined) args.push('--commit', options.commit);
  if (options.signature === undefined) return activation(session, 'switch', args, options.onStderr);
  return activation(session, 'switch', [...args, '--signature', 'yes'], options.onStderr, options.signature);
}

/** Rolls a host back to `generation`, or to the one that the current one was switched from. @param by who asks for it */
export function rollback(
  session: Session,
  by: string,
  generation?: number,
  onStderr?: (line: string) => void,
): Promise<SwitchResult> {
  const to = generation === undefined ? [] : [String(generation)];
  return activation(session, 'rollback', [...to, '--by', by], onStderr);
}

/** Takes a host's current generation back at once, confirmed or not, to the one before, or to none. */
export function abandon(session: Session, by: string, generation: number): Promise<SwitchResult> {
  return activation(session, 'abandon', [String(generation), '--by', by], undefined);
}

/** Follows a switch that is under way on a host, or tells how the last one ended. */
export function attend(session: Session, onStderr?: (line: string) => void): Promise<SwitchResult> {
  return activation(session, 'attend', [], onStderr);
}

/** Takes everything of stead away from a host; what was there before its first switch comes back. */
export function removeAll(session: Session, onStderr?: (line: string) => void): Promise<SwitchResult> {
  return activation(session, 'remove', [], onStderr);
}

async function activation(
  session: Session,
  verb: string,
  args: readonly string[],
  onStderr: ((line: string) => void) | undefined,
  stdin = '',
): Promise<SwitchResult> {
  const result = await hostCommand(session, verb, args, { stdin, ...(onStderr ? { onStderr } : {}) });
  const line = parseLines(result.stdout).at(-1);
  const outcome = outcomes.safeParse(line?.[0]);
  if (result.code === 0 && !outcome.success) throw unreadable(verb, result.stdout);
  return {
    outcome: outcome.success ? outcome.data : 'failed',
    code: result.code,
    generation: outcome.success ? read(z.union([absent, generationNumber]), line?.[1], verb) : undefined,
    hash: outcome.success
      ? read(z.union([z.literal('').transform((): undefined => undefined), hash]), line?.[2], verb)
      : undefined,
    output: result.stderr,
  };
}
