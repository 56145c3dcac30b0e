// What is wrong with the arguments of a server or of one of its models.
import { assert, warn, type Contribution, type OptionReference } from 'stead';
import { keysOf, wordProblem, type Arguments } from './arguments.ts';

/** Flags that are said in another way, or that would undo what the service stands for. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  host: 'It is the option `address`.',
  port: 'It is the option `port`.',
  model: 'It follows from the catalogue `models`.',
  alias: 'It is the option `aliases` of a model.',
  metrics: 'It is the option `metrics`.',
  'cors-origins': 'It is the option `corsOrigins`.',
  'api-key': 'Everybody on the host could read the key among its processes; give `apiKeyFile`.',
  'api-key-file': 'It is the option `apiKeyFile`.',
  'hf-token':
    'Everybody on the host could read it among its processes; the catalogue `models` has `tokenFile`.',
  'models-dir': 'Models on demand are those of `llamaOnDemand`.',
  'models-preset': 'Models on demand are those of `llamaOnDemand`.',
  'models-max': 'Models on demand are those of `llamaOnDemand`.',
  'models-autoload': 'Models on demand are those of `llamaOnDemand`.',
};

/** Flags with which it would fetch a model by itself. */
const FETCHES = /^((model|mmproj)-url|docker-repo|hf-(repo|file)|spec-draft-hf|.*-(default|spec))$/;

/** The assertions on arguments at a place: one each for a flag that is elsewhere, and for the words of `extraFlags`. */
export function* argumentProblems(
  given: Arguments,
  newFlags: readonly string[],
  at: (...keys: string[]) => OptionReference,
  elsewhere: Readonly<Record<string, string>> = ELSEWHERE,
): Generator<Contribution> {
  const problem = wordProblem(given.extraFlags, newFlags);
  if (problem !== undefined) yield assert(false, problem, at('extraFlags'));
  for (const key of keysOf(given)) {
    const instead =
      elsewhere[key] ??
      (isFetch(key)
        ? 'It would be fetched unchecked, at every start: name the model in the catalogue `models`.'
        : undefined);
    const place = given.flags[key] === undefined ? at('extraFlags') : at('flags', key);
    if (instead === undefined) continue;
    yield assert(false, { message: `--${key} is not said as a flag`, hint: instead }, place);
  }
}

/** Says that whoever reaches a server may use it. @param at its option `openTo` */
export function* keyWarning(
  { openTo, apiKeyFile }: { readonly openTo: readonly string[]; readonly apiKeyFile?: string | undefined },
  name: string,
  at: OptionReference,
): Generator<Contribution> {
  yield warn(
    openTo.length === 0 || apiKeyFile !== undefined,
    {
      message: `${name} answers everybody in ${openTo.join(', ')}`,
      hint: 'With `apiKeyFile` it asks for a key.',
    },
    at,
  );
}

/** What a server of models on demand says in another way. */
export const ON_DEMAND_ELSEWHERE: Readonly<Record<string, string>> = {
  ...ELSEWHERE,
  'models-dir': 'Models on demand are those of the catalogue `models`.',
  'models-preset': 'Models on demand are those of the catalogue `models`.',
  'models-max': 'It is the option `maxModels`.',
  'models-autoload': 'Models on demand load by themselves.',
  'sleep-idle-seconds': 'It is the option `idleSeconds`.',
};

function isFetch(key: string): boolean {
  return FETCHES.test(key) && key !== 'spec-default';
}
