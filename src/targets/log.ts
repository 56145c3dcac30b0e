// The history of a host, as the host itself kept it.
import { z } from 'zod';
import { absent, amount, generationNumber, read } from './hostAnswer.ts';
import { hostLines, values } from './hostLines.ts';
import { generations, type Generation } from './generations.ts';
import type { Session } from './target.ts';

/** A unit that was stopped, started, restarted or reloaded. */
export interface TouchedUnit {
  readonly step: string;
  readonly unit: string;
}

/** That a generation was left for one from before. */
export interface Return {
  /** UTC, RFC 3339. */
  readonly when: string;
  /** The generation that ran then; none where it was the first. */
  readonly to: number | undefined;
  /** A rollback was asked for, or the state that the generation got when it was taken back. */
  readonly why: 'asked' | 'failed' | 'rolled-back' | 'unconfirmed';
  /** Who asked for it; the host did it by itself where nobody did. */
  readonly by: string | undefined;
  readonly seconds: number | undefined;
  /** In that order of steps. */
  readonly units: readonly TouchedUnit[];
}

/** What is known of a generation: when it was switched to, by whom, how long that took, what it touched. */
export interface LogEntry extends Generation {
  readonly by: string | undefined;
  /** The generation that ran before. */
  readonly previous: number | undefined;
  readonly seconds: number | undefined;
  /** In that order of steps. */
  readonly units: readonly TouchedUnit[];
  /** Oldest first. */
  readonly returns: readonly Return[];
}

/** All generations of a host with what each did, oldest first. */
export async function log(session: Session): Promise<LogEntry[]> {
  const all = await generations(session);
  const lines = await hostLines(session, 'log', []);
  const of = (key: string, number: number): string[][] =>
    values(lines, key).flatMap(([about, ...rest]) => (about === String(number) ? [rest] : []));
  return all.map((generation) => {
    const [by, previous] = of('by', generation.generation)[0] ?? [];
    const [seconds] = of('took', generation.generation)[0] ?? [];
    return {
      ...generation,
      by: read(z.union([absent, z.string().optional()]), by, 'log'),
      previous: read(z.union([absent, generationNumber.optional()]), previous ?? '-', 'log'),
      seconds: seconds === undefined ? undefined : read(amount, seconds, 'log'),
      units: of('unit', generation.generation).map(([step = '', unit = '']) => ({ step, unit })),
      returns: returnsOf(lines.filter(([, about]) => about === String(generation.generation))),
    };
  });
}

const why = z.enum(['asked', 'failed', 'rolled-back', 'unconfirmed']);

/** A row `left` begins one; rows `moved` after it are the units that it touched. */
function returnsOf(lines: readonly string[][]): Return[] {
  const returns: (Return & { readonly units: TouchedUnit[] })[] = [];
  for (const [key, , ...rest] of lines) {
    if (key === 'left') {
      const [when, to, reason, by, seconds] = rest;
      returns.push({
        when: read(z.iso.datetime(), when, 'log'),
        to: read(z.union([absent, generationNumber]), to, 'log'),
        why: read(why, reason, 'log'),
        by: read(z.union([absent, z.string()]), by, 'log'),
        seconds: read(z.union([absent, amount]), seconds, 'log'),
        units: [],
      });
    }
    if (key === 'moved') returns.at(-1)?.units.push({ step: rest[0] ?? '', unit: rest[1] ?? '' });
  }
  return returns;
}
