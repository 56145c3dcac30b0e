// The history of a host, as the host itself kept it.
import { z } from 'zod';
import { absent, amount, generationNumber, hostLines, read, values } from './hostAnswer.ts';
import { generations, type Generation } from './generations.ts';
import type { Session } from './target.ts';

/** What is known of a generation: when it was switched to, by whom, how long that took, what it touched. */
export interface LogEntry extends Generation {
  readonly by: string | undefined;
  /** The generation that ran before. */
  readonly previous: number | undefined;
  readonly seconds: number | undefined;
  /** Units that were stopped, started, restarted or reloaded, in that order of steps. */
  readonly units: readonly { readonly step: string; readonly unit: string }[];
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
    };
  });
}
