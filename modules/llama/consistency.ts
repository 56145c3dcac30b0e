// What is wrong with the arguments of a server or of one of its models.
import { assert, warn, type Contribution, type OptionReference } from 'stead';
import { keysOf, wordProblem, type Arguments } from './arguments.ts';

/** Flags that are said in another way, or that would undo what the service stands for. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  host: 'it is the option `address`',
  port: 'it is the option `port`',
  model: 'it follows from the catalogue `models`',
  alias: 'it is the option `aliases` of a model',
  metrics: 'it is the option `metrics`',
  'cors-origins': 'it is the option `corsOrigins`',
  'api-key': 'everybody on the host could read the key among its processes; give `apiKeyFile`',
  'api-key-file': 'it is the option `apiKeyFile`',
  'hf-token':
    'everybody on the host could read it among its processes; the catalogue `models` has `tokenFile`',
  'models-dir': 'models on demand are those of `llamaOnDemand`',
  'models-preset': 'models on demand are those of `llamaOnDemand`',
  'models-max': 'models on demand are those of `llamaOnDemand`',
  'models-autoload': 'models on demand are those of `llamaOnDemand`',
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
  yield assert(problem === undefined, problem ?? '', at('extraFlags'));
  for (const key of keysOf(given)) {
    const why =
      elsewhere[key] ??
      (isFetch(key)
        ? 'it would be fetched unchecked, at every start; the catalogue `models` names it'
        : undefined);
    const place = given.flags[key] === undefined ? at('extraFlags') : at('flags', key);
    yield assert(why === undefined, `--${key} is not said as a flag: ${why}`, place);
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
    `${name} answers everybody in ${openTo.join(', ')}: with \`apiKeyFile\` it asks for a key`,
    at,
  );
}

/** What a server of models on demand says in another way. */
export const ON_DEMAND_ELSEWHERE: Readonly<Record<string, string>> = {
  ...ELSEWHERE,
  'models-dir': 'models on demand are those of the catalogue `models`',
  'models-preset': 'models on demand are those of the catalogue `models`',
  'models-max': 'it is the option `maxModels`',
  'models-autoload': 'models on demand load by themselves',
  'sleep-idle-seconds': 'it is the option `idleSeconds`',
};

function isFetch(key: string): boolean {
  return FETCHES.test(key) && key !== 'spec-default';
}
