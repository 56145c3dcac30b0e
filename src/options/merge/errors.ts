// The texts of everything that can be wrong with an option's definitions.
import { SteadError, type LabelledPlace } from '../error.ts';
import { nearest } from '../nearest.ts';
import type { At } from './at.ts';
import type { Input } from './input.ts';
import { keysOf, optionPath, type Path } from './path.ts';

/** The dotted path of the option that `at` stands at. */
export function pathText(at: At): string {
  return optionPath(at.scope.set.name, keysOf(at.path));
}

/** Where an input stands in the source: its call, and the keys inside it. */
export function placeOf(input: Input, label?: string, focus?: 'key'): LabelledPlace {
  return {
    place: input.source.site.place(),
    keys: keysOf(input.path),
    ...(focus === undefined ? {} : { focus }),
    ...(label === undefined ? {} : { label }),
  };
}

export function wrongValue(at: At, expected: string, value: unknown, inputs: readonly Input[]): SteadError {
  const [first] = inputs;
  return new SteadError({
    code: 'option.value',
    host: at.scope.hostName,
    option: pathText(at),
    message: `expected ${expected}, got ${shown(value)}`,
    places: first === undefined ? [declaredAt(at)] : inputs.map((input) => placeOf(input)),
    ...(first === undefined ? { hint: 'This is the default that the option set declares.' } : {}),
  });
}

export function unknownOption(at: At, key: string, known: readonly string[], input: Input): SteadError {
  const near = nearest(key, known);
  const where = pathText(at);
  const quoted = near.map((name) => `\`${name}\``);
  return new SteadError({
    code: 'option.unknown',
    host: at.scope.hostName,
    option: pathText({ scope: at.scope, path: { parent: at.path, key } }),
    message: `${where} has no option \`${key}\``,
    places: [placeOf({ ...input, path: { parent: input.path, key } }, undefined, 'key')],
    hint:
      quoted.length > 0
        ? `Did you mean ${alternatives(quoted)}?`
        : `Known here: ${known.length > 0 ? known.join(', ') : 'nothing'}.`,
  });
}

export function conflict(at: At, inputs: readonly Input[]): SteadError {
  return new SteadError({
    code: 'option.conflict',
    host: at.scope.hostName,
    option: pathText(at),
    message: `has ${inputs.length} different values of the same priority: ${inputs.map((input) => shown(input.value)).join(', ')}`,
    places: inputs.map((input) => placeOf(input, `defined as ${shown(input.value)}`)),
    hint: 'Keep one of them, wrap the one that shall win in force(…), or the others in fallback(…).',
  });
}

export function missing(at: At, expected: string, parents: readonly Input[]): SteadError {
  const set = at.scope.set;
  const keys = keysOf(at.path);
  return new SteadError({
    code: 'option.missing',
    host: at.scope.hostName,
    option: pathText(at),
    message: `is not set; expected ${expected}`,
    places: parents.length > 0 ? parents.map((input) => placeOf(input)) : [declaredAt(at)],
    hint:
      parents.length > 0
        ? `Add \`${String(keys.at(-1))}\` here, or in another definition of ${set.name} on this host.`
        : `The host ${at.scope.hostName} does not define ${set.name}: add ${set.name}({ … }) to its \`use\`.`,
  });
}

export function readOnlyTwice(at: At, inputs: readonly Input[]): SteadError {
  return new SteadError({
    code: 'option.read-only',
    host: at.scope.hostName,
    option: pathText(at),
    message: `is read-only and is defined ${inputs.length} times`,
    places: inputs.map((input) => placeOf(input)),
    hint: 'Remove all definitions but the first.',
  });
}

export function branches(at: At, discriminator: string, inputs: readonly Input[]): SteadError {
  const value = (input: Input): string => shown((input.value as Record<string, unknown>)[discriminator]);
  return new SteadError({
    code: 'option.branch',
    host: at.scope.hostName,
    option: pathText(at),
    message: `its definitions name different values of \`${discriminator}\`: ${inputs.map(value).join(', ')}`,
    places: inputs.map((input) =>
      placeOf(
        { ...input, path: { parent: input.path, key: discriminator } },
        `${discriminator} is ${value(input)}`,
      ),
    ),
    hint: `All definitions of one option must name the same \`${discriminator}\`.`,
  });
}

export function removedOption(at: At, advice: string, input: Input): SteadError {
  return new SteadError({
    code: 'option.removed',
    host: at.scope.hostName,
    option: pathText(at),
    message: 'no longer exists',
    places: [placeOf(input, undefined, 'key')],
    hint: advice,
  });
}

export function renamedOption(at: At, to: string, input: Input): SteadError {
  return new SteadError({
    code: 'option.renamed',
    host: at.scope.hostName,
    option: pathText(at),
    message: `is called ${at.scope.set.name}.${to} now`,
    places: [placeOf(input, undefined, 'key')],
    hint: `Write \`${to}\` instead; the old name still works for now.`,
  });
}

export function changedOption(at: At, advice: string, input: Input): SteadError {
  return new SteadError({
    code: 'option.changed',
    host: at.scope.hostName,
    option: pathText(at),
    message: `${shown(input.value)} is an old form of this option`,
    places: [placeOf(input)],
    hint: advice,
  });
}

/** A value as an error shows it: JSON-like, at most 60 characters. */
export function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint') return `${value}n`;
  if (value instanceof Set) return `a set of ${value.size}`;
  if (value instanceof Map) return `a map of ${value.size}`;
  let text: string;
  try {
    text = JSON.stringify(value) ?? String(value);
  } catch {
    text = Object.prototype.toString.call(value);
  }
  if (typeof value === 'number') text = String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…${text.at(-1)}` : text;
}

/** `a`, `a or b`, `a, b or c`. */
export function alternatives(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

function declaredAt(at: At): LabelledPlace {
  return { place: at.scope.set.site.place(), label: `${at.scope.set.name} is declared here` };
}

/** An input as far as a message needs it, at another path. */
export function inputAt(input: Input, path: Path | undefined): Input {
  return { ...input, path };
}
