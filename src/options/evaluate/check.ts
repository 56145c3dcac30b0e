// Everything of one host computed and checked, so that nothing is left to fail later.
import { SteadError } from '../error.ts';
import { compile } from '../merge/compile.ts';
import type { Site } from '../place.ts';
import { rawSet } from '../set.ts';
import type { AnyOptionSet } from '../types.ts';
import type { HostEvaluation } from './host.ts';
import { understood } from './errors.ts';
import { checkNotice } from './notice.ts';
import { readDeep } from './read.ts';
import { SetScope } from './scope.ts';

/** Computes every option and assertion of a host; errors go to the evaluation. @returns the used sets */
export function checkHost(host: HostEvaluation): readonly AnyOptionSet[] {
  const { errors } = host.evaluation;
  const guard = (code: () => void, what = 'its settings', declared?: Site): boolean => {
    try {
      code();
      return true;
    } catch (error) {
      errors.add(understood(error, host.name, what, undefined, declared));
      return false;
    }
  };
  const used: AnyOptionSet[] = [];
  for (const set of host.knownSets()) {
    let uses = true;
    guard(() => void (uses = host.uses(set)));
    if (!uses) continue;
    used.push(set);
    guard(() => void host.run(set));
    if (guard(() => void host.inputs(set)))
      guard(() => readDeep(host.get(set), errors), set.name, rawSet(set).site);
    else guard(() => checkDespite(host, set));
  }
  // Checks may be added while checks run.
  for (let index = 0; index < host.later.length; index += 1) guard(host.later[index]!);
  for (const notice of host.notices()) guard(() => checkNotice(notice, host));
  return used;
}

/** Errors that speak of one definition alone, and so hold whatever the others say. */
const OF_ONE_DEFINITION: ReadonlySet<string> = new Set(['option.unknown', 'option.value', 'option.key']);

/** Checks the definitions of a set of which others could not be made, as far as that says anything. */
function checkDespite(host: HostEvaluation, set: AnyOptionSet): void {
  const found = new Set<SteadError>();
  const scope = new SetScope(host, set, { errors: found, later: [] });
  const inputs = host.inputsDespite(set);
  readDeep(compile(set.schema).merge(inputs, { scope, path: undefined }, inputs), found);
  for (const error of found) if (OF_ONE_DEFINITION.has(error.code)) host.evaluation.errors.add(error);
}
