// The errors of everything that can be wrong with an option's definitions.
import { isDeepStrictEqual } from 'node:util';
import { SteadError, type ErrorFields, type LabelledPlace } from '../error.ts';
import { nearest } from '../nearest.ts';
import { below, type At } from './at.ts';
import { literal } from './expected.ts';
import type { Input } from './input.ts';
import { keysOf, optionPath, type Path } from './path.ts';
import type { Problem } from './problem.ts';
import { alternatives, shown } from './shown.ts';

/** The dotted path of the option that `at` stands at. */
export function pathText(at: At): string {
  return optionPath(at.scope.set.name, keysOf(at.path));
}

/** Where an input stands in the source: its call, and the keys inside it. */
export function placeOf(input: Input, label?: string, focus?: 'key'): LabelledPlace {
  const { site, declares } = input.source;
  if (declares !== undefined) return { place: site.place(), label: `${declares} computes a default` };
  return {
    place: site.place(),
    keys: keysOf(input.path),
    ...(focus === undefined ? {} : { focus }),
    ...(label === undefined ? {} : { label }),
  };
}

/** A problem of the value that inputs made together; without inputs it is the default that has the problem. */
export function wrongValue(at: At, problem: Problem, inputs: readonly Input[]): SteadError {
  const { keys, value } = problem;
  const { path } = keys.reduce(below, at);
  const places = inputs.map((input) => placeOf({ ...input, path: keys.reduce(pathBelow, input.path) }));
  const hint = inputs.length > 0 ? suggestion(problem) : 'This is the default that the option set declares.';
  return optionError({ scope: at.scope, path }, value === undefined ? 'option.missing' : 'option.value', {
    message: problemText(problem),
    places: places.length > 0 ? places : [declaredAt(at)],
    ...(hint === undefined ? {} : { hint }),
  });
}

/** A value of the wrong kind, such as text where a list belongs. */
export function wrongKind(at: At, expected: string, input: Input): SteadError {
  return wrongValue(at, { keys: [], phrase: expected, sentence: false, value: input.value }, [input]);
}

export function unknownOption(at: At, key: string, known: readonly string[], input: Input): SteadError {
  const near = nearest(key, known).map((name) => `\`${name}\``);
  return optionError(below(at, key), 'option.unknown', {
    message: `${pathText(at)} has no option \`${key}\``,
    places: [placeOf({ ...input, path: { parent: input.path, key } }, undefined, 'key')],
    hint:
      near.length > 0
        ? `Did you mean ${alternatives(near)}?`
        : `Known here: ${known.length > 0 ? known.join(', ') : 'nothing'}.`,
  });
}

export function conflict(at: At, inputs: readonly Input[]): SteadError {
  const distinct = inputs.filter(
    (input, index) => inputs.findIndex((other) => isDeepStrictEqual(other.value, input.value)) === index,
  );
  return optionError(at, 'option.conflict', {
    message: `has ${distinct.length} different values of the same priority: ${distinct.map((input) => shown(input.value)).join(', ')}`,
    places: inputs.map((input) => placeOf(input, `defined as ${shown(input.value)}`)),
    hint: 'Keep one of them, wrap the one that shall win in force(…), or the others in fallback(…).',
  });
}

/** @param parents definitions of what the option belongs to */
export function missing(at: At, expected: string, parents: readonly Input[]): SteadError {
  const { name } = at.scope.set;
  return optionError(at, 'option.missing', {
    message: `is not set; expected ${expected}`,
    places: parents.length > 0 ? parents.map((input) => placeOf(input)) : [declaredAt(at)],
    hint:
      parents.length > 0
        ? `Add \`${String(at.path?.key)}\` here, or in another definition of ${name} on this host.`
        : `Nothing on this host defines ${name}: add ${name}({ … }) to its \`use\`.`,
  });
}

export function readOnly(at: At, inputs: readonly Input[]): SteadError {
  const own = inputs.filter((input) => input.source.declares === undefined);
  const computed = own.length < inputs.length || inputs.length === 1;
  return optionError(at, 'option.read-only', {
    message: computed
      ? `is read-only: ${at.scope.set.name} itself says what it is`
      : `is read-only and is defined ${own.length} times`,
    places: own.map((input) => placeOf(input)),
    hint: computed ? 'Remove this definition.' : 'Remove all definitions but one.',
  });
}

export function branches(at: At, discriminator: string, inputs: readonly Input[]): SteadError {
  return optionError(at, 'option.branch', {
    message: `its definitions name different values of \`${discriminator}\`: ${inputs.map((input) => shown(input.value)).join(', ')}`,
    places: inputs.map((input) => placeOf(input, `${discriminator} is ${shown(input.value)}`)),
    hint: `All definitions of it must name the same \`${discriminator}\`; force(…) makes one of them win.`,
  });
}

/** A refine or transform of the option's schema gives a promise. */
export function asynchronousSchema(at: At): SteadError {
  return optionError(at, 'option.schema', {
    message: 'its schema is asynchronous, and configuration is computed at once',
    places: [declaredAt(at)],
    hint: 'Give refine, transform and preprocess functions that are not `async`.',
  });
}

/** The schema of a list, record or object replaces its value. */
export function overwrites(at: At): SteadError {
  return optionError(at, 'option.schema', {
    message: 'its schema changes the merged value by overwrite(…), which lists and objects do not support',
    places: [declaredAt(at)],
    hint: 'Use transform(…) instead.',
  });
}

/** An error of the option at `at`, on its host. */
export function optionError(
  at: At,
  code: string,
  fields: Omit<ErrorFields, 'code' | 'host' | 'option'>,
): SteadError {
  return new SteadError({ code, host: at.scope.hostName, option: pathText(at), ...fields });
}

function problemText({ phrase, sentence, reason, value }: Problem): string {
  const because = reason === undefined ? '' : `: ${reason}`;
  if (value === undefined) return `is not set; expected ${phrase}`;
  if (!sentence) return `expected ${phrase}, got ${shown(value)}${because}`;
  const isObject = typeof value === 'object' && value !== null;
  return `${phrase}${isObject ? '' : `, got ${shown(value)}`}${because}`;
}

/** The nearest of the names that would have been right. */
export function suggestion({ value, known = [] }: Pick<Problem, 'value' | 'known'>): string | undefined {
  const near = typeof value === 'string' ? nearest(value, known) : [];
  return near.length > 0 ? `Did you mean ${alternatives(near.map(literal))}?` : undefined;
}

function declaredAt(at: At): LabelledPlace {
  return { place: at.scope.set.site.place(), label: `${at.scope.set.name} is declared here` };
}

function pathBelow(parent: Path | undefined, key: string | number): Path {
  return { parent, key };
}
