// The repository's fleet, evaluated, for verbs that look at it.
import { evaluateRepository, provenance, type EvaluatedFleet } from '../deploy/index.ts';
import type { CliContext } from './context.ts';

export function evaluated(context: CliContext): Promise<EvaluatedFleet> {
  return evaluateRepository(context.repository, provenance(context.repository, context.version));
}
