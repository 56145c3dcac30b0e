// Asking hosts how they are: what runs, what ran before, what has drifted.
import { SteadError } from '../options/index.ts';
import {
  generations,
  log,
  status,
  type Generation,
  type HostStatus,
  type LogEntry,
  type Session,
  type Target,
} from '../targets/index.ts';

/** What a host answered, or why it did not. */
export type Answer<T> =
  { readonly host: string; readonly value: T } | { readonly host: string; readonly error: SteadError };

export function hostGenerations(
  host: string,
  target: Target,
): Promise<Answer<{ readonly generations: readonly Generation[] }>> {
  return ask(host, target, async (session) => ({ generations: await generations(session) }));
}

export function hostLog(
  host: string,
  target: Target,
): Promise<Answer<{ readonly entries: readonly LogEntry[] }>> {
  return ask(host, target, async (session) => ({ entries: await log(session) }));
}

export function hostStatus(host: string, target: Target): Promise<Answer<HostStatus>> {
  return ask(host, target, status);
}

/** A host's answer to a question over a session of its own. */
export async function ask<T>(
  host: string,
  target: Target,
  question: (session: Session) => Promise<T>,
): Promise<Answer<T>> {
  try {
    const session = await target.open();
    try {
      return { host, value: await question(session) };
    } finally {
      await session.close();
    }
  } catch (error) {
    if (error instanceof SteadError) return { host, error };
    throw error;
  }
}
