// The generations of a host, as its verb `generations` lists them.
import { z } from 'zod';
import { absent, generationNumber, hash, read } from './hostAnswer.ts';
import { hostLines, values } from './hostLines.ts';
import type { Session } from './target.ts';

/** See src/host/lib-generations.sh. */
export const generationState = z.enum([
  'switching',
  'applied',
  'confirmed',
  'testing',
  'staged',
  'failed',
  'rolled-back',
  'unconfirmed',
  'partial',
]);

export interface Generation {
  readonly generation: number;
  readonly hash: string;
  readonly state: z.infer<typeof generationState>;
  /** UTC, RFC 3339. */
  readonly when: string;
  readonly commit: string | undefined;
  readonly current: boolean;
}

/** All generations of a host, oldest first. */
export async function generations(session: Session): Promise<Generation[]> {
  const lines = await hostLines(session, 'generations', []);
  return values(lines, 'generation').map(([number, sum, stateText, when, commit, current]) => ({
    generation: read(generationNumber, number, 'generations'),
    hash: read(hash, sum, 'generations'),
    state: read(generationState, stateText, 'generations'),
    when: read(z.iso.datetime(), when, 'generations'),
    commit: read(z.union([absent, z.string()]), commit, 'generations'),
    current: current === 'current',
  }));
}
