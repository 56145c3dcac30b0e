// How a template reads a value: every step of a name must exist, and what is written must be text.
import { SteadError } from '../options/error.ts';
import { didYouMean, nearest } from '../options/nearest.ts';
import type { Use } from './template-syntax.ts';

/** What the helpers need to know about the template that is being filled. */
export interface Reading {
  readonly template: string;
  readonly uses: readonly Use[];
}

interface HelperOptions {
  readonly data: DataFrame;
}

/** The frame of one block: `@index` and so on, what `Reading` says, and the frame around it. */
interface DataFrame {
  readonly reading: Reading;
  readonly root: unknown;
  readonly _parent?: DataFrame;
  readonly [name: string]: unknown;
}

/** The helper `read`: the value of a use, beginning at `base`; with `key`, one computed key of `base`. */
export function readValue(values: readonly unknown[]): unknown {
  const [base, useIndex] = values as [unknown, number];
  const { data } = values.at(-1) as HelperOptions;
  const use = useAt(data, useIndex);
  const keys = values.length === 4 ? [String(values[2])] : use.parts;
  let value = use.data === null ? base : outward(data, use.data);
  for (const [depth, key] of keys.entries()) {
    if (typeof value !== 'object' || value === null) refuseStep(value, keys, depth, use, data);
    // Frames of `each` inherit their names as own properties; so do records, and nothing else counts.
    const next = Object.hasOwn(value, key) ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
    if (next === undefined) refuseMissing(value, keys, depth, use, data);
    value = next;
  }
  return value;
}

/** The helper `text`: what `{{name}}` writes. */
export function text(value: unknown, useIndex: number, { data }: HelperOptions): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  const use = useAt(data, useIndex);
  const hint =
    value === null
      ? `Put it between {{#if ${use.written}}} and {{/if}}, or give it a value.`
      : `Write one of its keys, or go through it with {{#each ${use.written}}}.`;
  return refuse('template.value', `"${use.written}" is ${kindOf(value)}, not text`, hint, use, data);
}

/** The helper `collection`: what `each` goes through, or null for "nothing". */
export function collection(value: unknown, useIndex: number, { data }: HelperOptions): unknown {
  if (typeof value === 'object') return value;
  const use = useAt(data, useIndex);
  return refuse(
    'template.value',
    `"${use.written}" is ${kindOf(value)}, and each needs a list or a record`,
    'Pass a list, or use {{#if}} for a single value.',
    use,
    data,
  );
}

function useAt(data: DataFrame, index: number): Use {
  const use = data.reading.uses[index];
  if (use === undefined) throw new RangeError(`template use ${index}`);
  return use;
}

function outward(frame: DataFrame, steps: number): unknown {
  let result: DataFrame | undefined = frame;
  for (let step = 0; step < steps; step++) result = result?._parent;
  return result;
}

function refuseStep(
  value: unknown,
  keys: readonly string[],
  depth: number,
  use: Use,
  data: DataFrame,
): never {
  refuse(
    'template.missing',
    `"${use.written}" has no value: ${owner(keys, depth, use)} is ${kindOf(value)}, without "${keys[depth]}"`,
    value === null
      ? `Put it between {{#if ${keys.slice(0, depth).join('.')}}} and {{/if}}, or give ${owner(keys, depth, use)} a value.`
      : undefined,
    use,
    data,
  );
}

function refuseMissing(
  value: object,
  keys: readonly string[],
  depth: number,
  use: Use,
  data: DataFrame,
): never {
  const key = keys[depth] ?? '';
  const isSet = Object.hasOwn(value, key);
  const problem = isSet ? `"${key}" is undefined` : `there is no "${key}"`;
  refuse(
    'template.missing',
    `"${use.written}" has no value: ${problem} in ${owner(keys, depth, use)}`,
    isSet
      ? `Give it a value; or null where there is none, and {{#if ${use.written}}} around what needs it.`
      : missingHint(key, value, depth, use, data),
    use,
    data,
  );
}

function missingHint(
  key: string,
  value: object,
  depth: number,
  use: Use,
  { root }: DataFrame,
): string | undefined {
  if (use.data !== null && depth === 0) return `"@${key}" exists inside of {{#each}} only.`;
  if (
    depth === 0 &&
    value !== root &&
    typeof root === 'object' &&
    root !== null &&
    Object.hasOwn(root, key)
  ) {
    return `Names inside a block belong to its item; write "@root.${key}" for the template's own.`;
  }
  const known = Object.keys(value);
  const near = nearest(key, known);
  const guess = didYouMean(near.map((name) => `"${name}"`));
  if (guess !== undefined) return guess;
  if (known.length === 0 || Array.isArray(value)) return undefined;
  return `Known here: ${known.slice(0, 10).join(', ')}${known.length > 10 ? ', …' : ''}.`;
}

/** Words for that in which a key was looked for. */
function owner(keys: readonly string[], depth: number, use: Use): string {
  if (depth > 0) return `"${keys.slice(0, depth).join('.')}"`;
  if (use.parts.length === 0) return `"${use.written}"`;
  const before = use.written.slice(0, -use.parts.join('.').length).replace(/[./]$/, '');
  return before === '' || before === '@' || before === 'this' ? 'the values here' : `"${before}"`;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'undefined';
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'object':
      return 'a record';
    case 'string':
      return 'text';
    default:
      return `a ${typeof value}`;
  }
}

function refuse(
  code: string,
  message: string,
  hint: string | undefined,
  use: Use,
  { reading }: DataFrame,
): never {
  throw new SteadError({
    code,
    message,
    places: [
      {
        place: { file: reading.template, line: use.line, column: use.column },
        length: use.written.length,
      },
    ],
    hint,
  });
}
