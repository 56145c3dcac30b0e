// Whether a generation is to stay: the host's verbs that look if it is well, confirm it, or give it more time.
import { PassThrough } from 'node:stream';
import { SteadError } from '../options/index.ts';
import { hostLines, unreadable } from './hostLines.ts';
import type { Session } from './target.ts';

/** Marks the current generation as confirmed; fails when it is not `generation`. */
export async function confirm(session: Session, generation: number): Promise<void> {
  await hostLines(session, 'confirm', [String(generation)]);
}

/** A host that waits to be told whether its generation is to stay. */
export interface Waiting {
  /** Tells it to keep the generation; returns once that is written there, else throws `host.confirm`. */
  confirm(): Promise<void>;
  /** Leaves the generation unconfirmed; returns once the host waits no more. */
  leave(): Promise<void>;
}

/**
 * Has a host ready to confirm its generation: nothing is left then but the one word. Whoever dies before it is said has
 * said no. @throws SteadError as `confirm` does
 */
export async function readyToConfirm(session: Session, generation: number): Promise<Waiting> {
  const word = new PassThrough();
  const ready = Promise.withResolvers<'ready'>();
  const end = hostLines(session, 'confirm', [String(generation), 'together'], {
    stdin: word,
    onStderr: (line) => {
      if (line === 'ready') ready.resolve('ready');
    },
  });
  const first = await Promise.race([ready.promise, end]);
  // Without the word it can only have ended with an error.
  if (first !== 'ready') throw unreadable('confirm', first.map((line) => line.join('\t')).join('\n'));
  // Awaited below; it may fail before that.
  end.catch(() => {});
  return {
    confirm: async () => {
      word.end('confirm\n');
      await end;
    },
    leave: async () => {
      word.end();
      await end.catch((error: unknown) => {
        if (!(error instanceof SteadError)) throw error;
      });
    },
  };
}

/** Gives an unconfirmed generation its whole time to be confirmed once more. */
export async function renew(session: Session, generation: number): Promise<void> {
  await hostLines(session, 'renew', [String(generation)]);
}

/**
 * Tells a host that took a generation back by itself that this was the generation's own fault: whoever deploys was
 * there to confirm it, and could not.
 */
export async function blame(session: Session, generation: number): Promise<void> {
  await hostLines(session, 'blame', [String(generation)]);
}

/** Returns where `generation` is current, none of its units has failed and its health checks pass; else throws `host.well`. */
export async function well(session: Session, generation: number): Promise<void> {
  await hostLines(session, 'well', [String(generation)]);
}
