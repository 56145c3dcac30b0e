// The runs that were made from here, kept in out/runs.jsonl: one line each, the newest last.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../bundle/index.ts';
import { whoDeploys } from './here.ts';
import type { Outcome } from './outcome.ts';

const FILE = join('out', 'runs.jsonl');

/** Older ones are forgotten. */
const KEPT = 500;

const schema = z.object({
  verb: z.string(),
  when: z.iso.datetime(),
  by: z.string(),
  seconds: z.number(),
  commit: z.string().nullable(),
  hosts: z.array(
    z.object({
      host: z.string(),
      state: z.string(),
      generation: z.number().optional(),
      hash: z.string().optional(),
      error: z.string().optional(),
    }),
  ),
});

/** A run over hosts, as it is remembered where it was made. */
export type Run = z.output<typeof schema>;

/** Remembers a run; one that found nothing to do leaves no trace. */
export function recordRun(
  repository: string,
  { verb, start, commit }: { readonly verb: string; readonly start: Date; readonly commit: string | null },
  outcomes: readonly Outcome[],
): void {
  if (outcomes.every(({ state }) => state === 'unchanged')) return;
  const hosts = outcomes.map(({ host, state, generation, hash, error }) => ({
    host,
    state,
    generation,
    hash,
    error: error?.message,
  }));
  const when = `${start.toISOString().slice(0, 19)}Z`;
  const seconds = Math.round((Date.now() - start.getTime()) / 1000);
  const run = { verb, when, by: whoDeploys(), seconds, commit, hosts };
  const kept = [...runsHere(repository), run].slice(-KEPT);
  writeFileAtomic(join(repository, FILE), kept.map((one) => `${JSON.stringify(one)}\n`).join(''));
}

/** The runs of this checkout, oldest first. A line that cannot be read is one less. */
export function runsHere(repository: string): readonly Run[] {
  let text: string;
  try {
    text = readFileSync(join(repository, FILE), 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    try {
      return [schema.parse(JSON.parse(line))];
    } catch {
      return [];
    }
  });
}
