// Which outputs of recipes a host must have, and which of them it lacks, by their names in its store.
import { basename } from 'node:path';
import type { Bundle } from '../bundle/index.ts';
import type { HostEvaluation } from '../options/index.ts';
import type { Probe, Session } from '../targets/index.ts';

/**
 * Brings outputs to a host, by their names in its store, before it is switched.
 * @throws SteadError `recipe.*` where one cannot be built; the host is as it was then
 */
export type Realise = (host: HostEvaluation, session: Session, names: readonly string[]) => Promise<void>;

/** Outputs, by their names in the store, that a host said it lacks. */
export function lackingOutputs({ manifest }: Bundle, { missing }: Probe): readonly string[] {
  if (manifest.recipes.length === 0) return [];
  const lacks = new Set(missing);
  return outputNames(manifest).filter((name) => lacks.has(name));
}

/** Outputs of a host, by their names in the store. */
export function outputNames({ recipes: rows }: Bundle['manifest']): readonly string[] {
  return rows.map(({ path }) => basename(path));
}
