// The values that definitions give one option, with wrappers opened and the winners picked.
import type { RawDefinition } from '../definition.ts';
import type { SteadError } from '../error.ts';
import type { Site } from '../place.ts';
import { ORDER, PRIORITY, rewrapped, wrap, wrapperOf, type When } from '../wrapper.ts';
import type { At } from './at.ts';
import { noCondition, optionError, placeOf } from './errors.ts';
import { isLazy } from './lazy.ts';
import type { SourcePath } from './path.ts';

/** One definition's value for one option. */
export interface Input {
  readonly value: unknown;
  readonly priority: number;
  /** A priority was asked for; an inner one no longer counts, as the outermost wrapper decides. */
  readonly ranked: boolean;
  readonly order: number;
  readonly ordered: boolean;
  readonly source: InputSource;
  /** Where the value stands inside the source's call. */
  readonly path: SourcePath | undefined;
}

/** What an input came from: a definition, or the declaration of the option set (its computed defaults). */
export interface InputSource {
  readonly site: Site;
  /** Set on computed defaults. */
  readonly declares?: Declares;
}

export interface Declares {
  /** The option set that declares them. */
  readonly name: string;
  /** Which argument of the call at the source's site gives them. */
  readonly argument: number;
}

/** What user code runs for: an input, or the condition that stands around it. */
export interface Running extends Pick<Input, 'source' | 'path'> {
  /** The input's value, where it is known. */
  readonly value?: unknown;
  readonly condition?: Site;
}

export function definitionInput(definition: RawDefinition): Input {
  return {
    value: definition.settings,
    priority: PRIORITY.plain,
    ranked: false,
    order: ORDER.plain,
    ordered: false,
    source: definition,
    path: undefined,
  };
}

/** The input for `key` of an object, or for an item of a list. */
export function childInput(input: Input, key: string | number, value: unknown): Input {
  const { priority, ranked, order, ordered, source, path } = input;
  return { value, priority, ranked, order, ordered, source, path: { parent: path, key } };
}

/** Whether finding these inputs' value may run user code. Losing thunks do not count. */
export function needsEvaluation(inputs: readonly Input[]): boolean {
  let settled = Infinity;
  let lazy: Input[] | undefined;
  for (const input of inputs) {
    if (isLazy(input.value)) (lazy ??= []).push(input);
    else settled = Math.min(settled, settledPriority(input.value, input.priority, input.ranked));
  }
  return lazy?.some((input) => (knownPriority(input) ?? -Infinity) <= settled) ?? false;
}

/**
 * The inputs of the smallest priority, wrappers opened and thunks run. A thunk or a condition whose
 * priority is known and too weak is not run, so it may read what the winner decides.
 */
export function winners(inputs: readonly Input[], at: At): readonly Input[] {
  let candidates: readonly Input[] = inputs;
  if (!inputs.every(isSettled)) candidates = ranked(inputs, at);
  if (candidates.length === 1) return opened(candidates, at);
  while (candidates.length > 0) {
    const best = strongest(candidates);
    const first = candidates.filter((input) => input.priority === best);
    const found = opened(first, at);
    if (found.length > 0) return found;
    candidates = candidates.filter((input) => input.priority !== best);
  }
  return [];
}

/** All inputs with wrappers opened, but for thunks and conditions whose priority is known: those wait. */
export function ranked(inputs: readonly Input[], at: At): readonly Input[] {
  const result: Input[] = [];
  for (const input of inputs) open(input, at, result, false);
  return result;
}

/** All inputs with wrappers opened and thunks run, whatever their priority. */
export function opened(inputs: readonly Input[], at: At): readonly Input[] {
  if (inputs.every(isSettled)) return inputs;
  const result: Input[] = [];
  for (const input of inputs) open(input, at, result, true);
  return result;
}

/** The smallest priority among inputs; Infinity for none. */
export function strongest(inputs: readonly Input[]): number {
  return inputs.reduce((best, input) => Math.min(best, input.priority), Infinity);
}

/** The input without conditions around the whole of it that hold; undefined where one does not. */
export function conditioned(input: Input, at: At): Input | undefined {
  const value = strip(input.value);
  return value === undefined ? undefined : { ...input, value };

  function strip(inner: unknown): unknown {
    const wrapper = wrapperOf(inner);
    if (wrapper === undefined) return inner;
    if (wrapper.kind === 'when') return holds(wrapper, input, at) ? strip(wrapper.value) : undefined;
    if (wrapper.kind !== 'merge') {
      const value = strip(wrapper.value);
      return value === undefined ? undefined : rewrapped(wrapper, () => value);
    }
    const values = wrapper.values.map(strip);
    return values.every((value) => value === undefined) ? undefined : wrap({ ...wrapper, values });
  }
}

/** Stable, by the order asked for. */
export function inOrder(inputs: readonly Input[]): readonly Input[] {
  return inputs.length < 2 ? inputs : inputs.toSorted((a, b) => a.order - b.order);
}

function isSettled({ value }: Input): boolean {
  return typeof value !== 'function' && value !== undefined && wrapperOf(value) === undefined;
}

/** Thunks that give thunks: more than anyone writes, fewer than never. */
const MOST_THUNKS = 100;

function endless(at: At, input: Input): SteadError {
  return optionError(at, 'option.endless', {
    message: 'a thunk gives a thunk, and that one the next, without end',
    places: [placeOf(input)],
    hint: 'Have it give a value.',
  });
}

/** @param everything whether user code is run although its priority, which is known, may lose */
function open(input: Input, at: At, result: Input[], everything: boolean): void {
  const { source } = input;
  let { value, priority, ranked, order, ordered, path } = input;
  for (let thunks = 0; ;) {
    if (typeof value === 'function') {
      if (ranked && !everything) break;
      thunks += 1;
      if (thunks > MOST_THUNKS) throw endless(at, input);
      value = at.scope.call(at, input, value as (context: unknown) => unknown);
      if (value instanceof Promise) throw asynchronous(at, input);
      continue;
    }
    const wrapper = wrapperOf(value);
    if (wrapper === undefined) break;
    switch (wrapper.kind) {
      case 'priority':
        if (!ranked) [priority, ranked] = [wrapper.priority, true];
        value = wrapper.value;
        break;
      case 'order':
        if (!ordered) [order, ordered] = [wrapper.order, true];
        value = wrapper.value;
        break;
      case 'moved':
        [path, value] = [wrapper.path, wrapper.value];
        break;
      case 'when': {
        const known = everything ? undefined : knownPriority({ value, priority, ranked });
        if (known !== undefined && typeof wrapper.condition === 'function') {
          result.push({ value, priority: known, ranked: true, order, ordered, source, path });
          return;
        }
        if (!holds(wrapper, input, at)) return;
        value = wrapper.value;
        break;
      }
      case 'merge':
        for (const [part, inner] of wrapper.values.entries()) {
          const own = wrapper.written === true ? { parent: path, key: { part } } : path;
          open({ value: inner, priority, ranked, order, ordered, source, path: own }, at, result, everything);
        }
        return;
      default:
        wrapper satisfies never;
    }
  }
  if (value !== undefined) result.push({ value, priority, ranked, order, ordered, source, path });
}

/** Whether a condition holds, run with the input's place at hand for errors. */
function holds({ condition, site }: When, { source, path }: Input, at: At): boolean {
  const result: unknown =
    typeof condition === 'function'
      ? at.scope.call(at, { source, path, condition: site }, condition)
      : condition;
  if (typeof result === 'boolean') return result;
  throw optionError(at, 'option.condition', noCondition(site, result));
}

/** The priority that an input has whatever its thunks and conditions give; undefined where they may change it. */
function knownPriority(input: Pick<Input, 'value' | 'priority' | 'ranked'>): number | undefined {
  if (input.ranked) return input.priority;
  for (let wrapper = wrapperOf(input.value); wrapper !== undefined;) {
    if (wrapper.kind === 'priority') return wrapper.priority;
    if (wrapper.kind === 'merge') break;
    wrapper = wrapperOf(wrapper.value);
  }
  return undefined;
}

/** The strongest priority in a value without thunks and open conditions; Infinity where nothing is defined. */
function settledPriority(value: unknown, priority: number, ranked: boolean): number {
  const wrapper = wrapperOf(value);
  if (wrapper === undefined) return value === undefined ? Infinity : priority;
  switch (wrapper.kind) {
    case 'priority':
      return settledPriority(wrapper.value, ranked ? priority : wrapper.priority, true);
    case 'merge':
      return Math.min(...wrapper.values.map((part) => settledPriority(part, priority, ranked)));
    case 'when':
      return wrapper.condition === false ? Infinity : settledPriority(wrapper.value, priority, ranked);
    default:
      return settledPriority(wrapper.value, priority, ranked);
  }
}

function asynchronous(at: At, input: Input): SteadError {
  return optionError(at, 'option.asynchronous', {
    message: 'its thunk gives a promise; configuration is computed at once',
    places: [placeOf(input)],
    hint: 'Write a thunk that is not `async`. Files of the repository are read with readSource(…).',
  });
}
