// The errors of everything that can be wrong with an option's definitions.
import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { DEFINITION, SteadError, type ErrorFields, type LabelledPlace } from '../error.ts';
import { didYouMean, nearest } from '../nearest.ts';
import { below, type At } from './at.ts';
import { PRIORITY } from '../wrapper.ts';
import { conversion } from './conversion.ts';
import { branchesWith, elsewhere } from './elsewhere.ts';
import { literal } from './expected.ts';
import type { Site } from '../place.ts';
import type { Input, Running } from './input.ts';
import { keysOf, optionPath, type SourcePath } from './path.ts';
import type { Problem } from './problem.ts';
import { alternatives, shown } from './shown.ts';

/** The dotted path of the option that `at` stands at. */
export function pathText(at: At): string {
  return optionPath(at.scope.set.name, keysOf(at.path));
}

/** Where an input stands in the source: its call, and the keys inside it; or where its condition does. */
export function placeOf(running: Running, label?: string, focus?: 'key'): LabelledPlace {
  const { source, path, condition } = running;
  const { site, declares } = source;
  const text = label ?? (declares && `${declares.name} computes a default`);
  if (condition !== undefined) return { place: condition.place(), keys: [], argument: 0 };
  const keys = keysOf(path);
  const value = focus === 'key' ? keys.at(-1) : running.value;
  const calls = site.calls();
  return {
    place: site.place(),
    keys,
    ...(calls.length === 0 ? {} : { calls }),
    [DEFINITION]: { source, keys, ...(value === undefined ? {} : { value }) },
    ...(declares === undefined ? {} : { argument: declares.argument }),
    ...(focus === undefined ? {} : { focus }),
    ...(text === undefined ? {} : { label: text }),
  };
}

/** What is wrong with the first argument of the `when` at `site`. */
export function noCondition(site: Site, got: unknown): Omit<ErrorFields, 'code'> {
  return {
    message: `the condition of when(…) must be true or false, got ${shown(got)}`,
    places: [{ place: site.place(), keys: [], argument: 0 }],
    hint: 'Compare, as in when(() => self.port !== undefined, …).',
  };
}

/**
 * A problem of the value that inputs made together; without inputs it is the default that has the problem.
 * @param schema what the value as a whole has to fit, for advice on what to write instead
 */
export function wrongValue(
  at: At,
  problem: Problem,
  inputs: readonly Input[],
  schema?: z.core.$ZodType,
): SteadError {
  const { keys, value } = problem;
  const { path } = keys.reduce(below, at);
  const places = concerned(inputs, keys).map((input) =>
    placeOf({ ...input, value, path: keys.reduce(pathBelow, input.path) }),
  );
  const hint =
    inputs.length > 0
      ? (suggestion(problem) ?? conversionOf(problem, schema))
      : 'This is the default that the option set declares.';
  return optionError({ scope: at.scope, path }, value === undefined ? 'option.missing' : 'option.value', {
    message: problemText(problem),
    places: places.length > 0 ? places : [declaredAt(at)],
    hint,
  });
}

/** What to write instead, unless the reason says that already. */
function conversionOf(
  { keys, value, reason }: Problem,
  schema: z.core.$ZodType | undefined,
): string | undefined {
  return reason?.includes('write ') ? undefined : conversion(keys.length > 0 ? undefined : schema, value);
}

/** The inputs to show for what is wrong at `keys`: computed defaults only where they alone say it. */
function concerned(inputs: readonly Input[], [key]: readonly (string | number)[]): readonly Input[] {
  const own = inputs.filter((input) => input.source.declares === undefined);
  const says = ({ value }: Input): boolean =>
    key === undefined || (typeof value === 'object' && value !== null && Object.hasOwn(value, key));
  return own.some(says) ? own : inputs;
}

/** A value of the wrong kind, such as text where a list belongs. */
export function wrongKind(at: At, expected: string, input: Input, schema?: z.core.$ZodType): SteadError {
  const problem = { keys: [], phrase: expected, sentence: false, value: input.value };
  if (at.path !== undefined) return wrongValue(at, problem, [input], schema);
  const { name } = at.scope.set;
  return optionError(at, 'option.value', {
    message: problemText(problem),
    places: [placeOf(input)],
    hint: `Write its options as an object: ${name}({ … }).`,
  });
}

export function unknownOption(at: At, key: string, known: readonly string[], input: Input): SteadError {
  const meant = key.includes('.') ? [] : nearest(key, known);
  const near = meant.map((name) => `\`${name}\``);
  return optionError(below(at, key), 'option.unknown', {
    message: `${pathText(at)} has no option \`${key}\``,
    places: [placeOf({ ...input, path: { parent: input.path, key } }, undefined, 'key')],
    hint: didYouMean(near) ?? formerHint(at, key, input.value) ?? unknownHint(at, key, known),
    misspelt: { within: pathText(at), meant: meant.map((name) => pathText(below(at, name))) },
  });
}

/** Of a name that is near to one which an option had, and of what `readSource` gives where its text belongs. */
function formerHint({ scope: { set }, path }: At, key: string, value: unknown): string | undefined {
  if (isSource(value)) return 'This is what readSource gives: write `.text` behind it.';
  const group = optionPath('', keysOf(path));
  const former = set.migrations.filter(([from]) => optionPath('', from.slice(0, -1)) === group);
  const [name] = nearest(
    key,
    former.map(([from]) => from.at(-1)!),
  );
  const migration = former.find(([from]) => from.at(-1) === name)?.[1];
  if (migration === undefined) return undefined;
  return migration.kind === 'renamed'
    ? `Did you mean \`${name}\`? It is called \`${migration.to}\` now.`
    : `Did you mean \`${name}\`? ${migration.advice}`;
}

function isSource(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { name, text, ...others } = value as Record<string, unknown>;
  return typeof name === 'string' && typeof text === 'string' && Object.keys(others).length === 0;
}

function unknownHint({ scope: { set }, path }: At, key: string, known: readonly string[]): string {
  const branches = branchesWith(set.schema, keysOf(path), key);
  if (branches.length > 0) {
    const there = alternatives(branches.map((branch) => `\`${branch}\``));
    return `\`${key}\` goes with ${there}. Known here: ${known.join(', ')}.`;
  }
  const others = elsewhere(set.schema, key).slice(0, 3);
  const [first] = others;
  if (first !== undefined && first.length > 1 && first.join('.') === key)
    return `Write it as \`${nested(first)}\`.`;
  return (
    didYouMean(others.map((keys) => `\`${optionPath(set.name, keys)}\``)) ??
    `Known here: ${known.length > 0 ? known.join(', ') : 'nothing'}.`
  );
}

export function conflict(at: At, inputs: readonly Input[]): SteadError {
  const distinct = inputs.filter(
    (input, index) => inputs.findIndex((other) => isDeepStrictEqual(other.value, input.value)) === index,
  );
  const show = told(distinct.map((input) => input.value));
  const text = (input: Input): string => show(input.value);
  return optionError(at, 'option.conflict', {
    message: `has ${distinct.length} different values of the same priority: ${distinct.map(text).join(', ')}`,
    places: inputs.map((input) => placeOf(input, `defined as ${text(input)}`)),
    hint: conflictHint(inputs[0]!.priority),
  });
}

function conflictHint(priority: number): string {
  switch (priority) {
    case PRIORITY.plain:
      return 'Keep one of them, wrap the one that shall win in force(…), or the others in fallback(…).';
    case PRIORITY.force:
      return 'All of them are forced: keep one, or leave force(…) to the one that shall win.';
    case PRIORITY.fallback:
      return 'All of them are fallbacks: keep one, or define the one that shall win without fallback(…).';
    default:
      return `All of them have the priority ${priority}: keep one, or give the one that shall win a smaller number.`;
  }
}

/** Values as messages show them; texts that begin alike for long are shown from where they differ. */
function told(values: readonly unknown[]): (value: unknown) => string {
  const texts = values.filter((value) => typeof value === 'string');
  const [first = ''] = texts;
  const alike = texts.length < values.length || new Set(texts.map(shown)).size === texts.length;
  if (alike) return shown;
  let same = 0;
  while (texts.every((text) => text[same] === first[same])) same += 1;
  const start = Math.max(0, same - 20);
  return (value) => (start === 0 ? shown(value) : shown(`…${(value as string).slice(start)}`));
}

export function readOnly(at: At, inputs: readonly Input[]): SteadError {
  const own = inputs.filter((input) => input.source.declares === undefined);
  const computed = own.length < inputs.length || inputs.length === 1;
  return optionError(at, 'option.read-only', {
    message: computed
      ? `is read-only: ${at.scope.set.name} itself says what it is`
      : `is read-only and is defined ${own.length} times`,
    places: own.map((input) => placeOf(input)),
    hint: !computed
      ? 'Remove all definitions but one.'
      : `Remove ${own.length === 1 ? 'this definition' : 'these definitions'}.`,
  });
}

export function branches(at: At, discriminator: string, inputs: readonly Input[]): SteadError {
  return optionError(at, 'option.branch', {
    message: `its definitions name different values of \`${discriminator}\`: ${inputs.map((input) => shown(input.value)).join(', ')}`,
    places: inputs.map((input) => placeOf(input, `${discriminator} is ${shown(input.value)}`)),
    hint: conflictHint(inputs[0]!.priority),
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
  return didYouMean(near.map(literal));
}

export function declaredAt(at: At): LabelledPlace {
  return { place: at.scope.set.site.place(), label: `${at.scope.set.name} is declared here` };
}

export function pathBelow(parent: SourcePath | undefined, key: string | number): SourcePath {
  return { parent, key };
}

/** `tls: { certificate: … }` for the keys that lead to an option. */
export function nested(keys: readonly string[]): string {
  return keys
    .map((key) => (/^[A-Za-z_$][\w$]*$/.test(key) ? key : `'${key}'`))
    .reduceRight((inner, key) => `${key}: ${inner === '' ? '…' : `{ ${inner} }`}`, '');
}
