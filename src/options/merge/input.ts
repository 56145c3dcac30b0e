// The values that definitions give one option, with wrappers opened and the winners picked.
import type { RawDefinition } from '../definition.ts';
import { SteadError } from '../error.ts';
import type { Site } from '../place.ts';
import { ORDER, PRIORITY, wrapperOf, type Condition, type Wrapper } from '../wrap.ts';
import type { At } from './at.ts';
import type { Path } from './path.ts';

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
  readonly path: Path | undefined;
}

/** What an input came from: a definition, or the declaration of the option set (its computed defaults). */
export interface InputSource {
  readonly site: Site;
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
  return { ...input, value, path: { parent: input.path, key } };
}

/** Whether finding these inputs' value may run user code. Losing thunks do not count. */
export function needsEvaluation(inputs: readonly Input[]): boolean {
  let settled = Infinity;
  let lazy: Input[] | undefined;
  for (const input of inputs) {
    if (isLazy(input.value)) (lazy ??= []).push(input);
    else settled = Math.min(settled, rankOf(input).priority);
  }
  return (
    lazy?.some((input) => {
      const rank = rankOf(input);
      return !rank.ranked || rank.priority <= settled;
    }) ?? false
  );
}

/**
 * The inputs of the smallest priority, wrappers opened and thunks run. A thunk whose priority is known
 * and too weak is not run, so it may read what the winner decides.
 */
export function winners(inputs: readonly Input[], at: At): Input[] {
  let candidates: Input[] = [];
  for (const input of inputs) open(input, at, candidates, false);
  while (candidates.length > 0) {
    const best = Math.min(...candidates.map((input) => input.priority));
    const opened: Input[] = [];
    for (const input of candidates) if (input.priority === best) open(input, at, opened, true);
    if (opened.length > 0) return opened;
    candidates = candidates.filter((input) => input.priority !== best);
  }
  return [];
}

/** All inputs with wrappers opened and thunks run, whatever their priority. */
export function opened(inputs: readonly Input[], at: At): Input[] {
  const result: Input[] = [];
  for (const input of inputs) open(input, at, result, true);
  return result;
}

/** Stable, by the order asked for. */
export function inOrder(inputs: readonly Input[]): readonly Input[] {
  return inputs.length < 2 ? inputs : inputs.toSorted((a, b) => a.order - b.order);
}

function open(input: Input, at: At, result: Input[], runRanked: boolean): void {
  const { source, path } = input;
  let { value, priority, ranked, order, ordered } = input;
  for (;;) {
    const wrapper = wrapperOf(value);
    if (wrapper !== undefined) {
      switch (wrapper.kind) {
        case 'priority':
          if (!ranked) [priority, ranked] = [wrapper.priority, true];
          value = wrapper.value;
          continue;
        case 'order':
          if (!ordered) [order, ordered] = [wrapper.order, true];
          value = wrapper.value;
          continue;
        case 'when':
          if (!holds(wrapper.condition, input, at)) return;
          value = wrapper.value;
          continue;
        case 'merge':
          for (const part of wrapper.values) {
            open({ value: part, priority, ranked, order, ordered, source, path }, at, result, runRanked);
          }
          return;
        default:
          wrapper satisfies never;
      }
    }
    if (typeof value === 'function' && (runRanked || !ranked)) {
      const thunk = value as (context: unknown) => unknown;
      value = at.scope.call(input, () => thunk(at.scope.context));
      continue;
    }
    if (value !== undefined) result.push({ value, priority, ranked, order, ordered, source, path });
    return;
  }
}

/** Whether a condition holds, run with the input's place at hand for errors. */
export function holds(condition: Condition, input: Input, at: At): boolean {
  if (typeof condition === 'boolean') return condition;
  const result: unknown =
    typeof condition === 'function' ? at.scope.call(input, () => condition(at.scope.context)) : condition;
  if (typeof result === 'boolean') return result;
  throw new SteadError({
    code: 'option.condition',
    message: `the condition of when(…) must be true or false, got ${String(result)}`,
    host: at.scope.hostName,
    places: [{ place: input.source.site.place(), label: 'used here' }],
    hint: 'Compare explicitly, as in when(() => self.port !== undefined, …).',
  });
}

function isLazy(value: unknown): boolean {
  if (typeof value === 'function') return true;
  const wrapper = wrapperOf(value);
  return wrapper !== undefined && isLazyWrapper(wrapper);
}

function isLazyWrapper(wrapper: Wrapper): boolean {
  if (wrapper.kind === 'merge') return wrapper.values.some(isLazy);
  return (wrapper.kind === 'when' && typeof wrapper.condition === 'function') || isLazy(wrapper.value);
}

function rankOf(input: Input): { priority: number; ranked: boolean } {
  if (input.ranked) return input;
  for (let wrapper = wrapperOf(input.value); wrapper !== undefined;) {
    if (wrapper.kind === 'priority') return { priority: wrapper.priority, ranked: true };
    if (wrapper.kind === 'merge') break;
    wrapper = wrapperOf(wrapper.value);
  }
  return input;
}
