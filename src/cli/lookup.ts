// Hosts and option sets by the names that a command line gives.
import {
  didYouMean,
  nearest,
  SteadError,
  type AnyOptionSet,
  type Evaluation,
  type HostEvaluation,
} from '../options/index.ts';
import { selectHosts } from '../deploy/index.ts';

/** @throws SteadError `host.unknown` */
export function hostNamed(evaluation: Evaluation, name: string): HostEvaluation {
  return selectHosts(evaluation.hosts, [name], false)[0]!;
}

/** An option set that the host uses. @throws SteadError `option-set.unknown` */
export function setNamed(host: HostEvaluation, name: string): AnyOptionSet {
  const sets = host.usedSets();
  const found = sets.find((set) => set.name === name);
  if (found !== undefined) return found;
  const known = sets.map((set) => set.name).sort();
  const near = nearest(name, known);
  throw new SteadError({
    code: 'option-set.unknown',
    message: `${host.name} does not use an option set "${name}"`,
    hint: didYouMean(near) ?? `It uses: ${known.join(', ')}.`,
  });
}
