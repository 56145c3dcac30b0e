// What a definition that an implementation made follows from: settings of the option set that it implements, and what
// those follow from, back to what a person wrote. Worked out only for a message.
import { DEFINITION, type DefinedValue, type LabelledPlace } from '../error.ts';
import { entryNames } from '../merge/descent.ts';
import { placeOf } from '../merge/errors.ts';
import { isComputing } from '../merge/lazy.ts';
import { optionPath } from '../merge/path.ts';
import type { AnyOptionSet } from '../types.ts';
import { PRIORITY } from '../wrapper.ts';
import { attempt } from './attempt.ts';
import type { HostEvaluation } from './host.ts';
import { traced, type Trace } from './trace.ts';
import { explain } from './why.ts';

/** A definition that another one follows from. */
export interface Origin {
  /** The option that it follows from; the option set alone where no one option can be told. */
  readonly option: string;
  /**
   * How the two hang together: the option has the `value`, it `names` the entry that the value is in, its `default`
   * is the value, or no more is known than that the option `set` is used.
   */
  readonly kind: 'value' | 'name' | 'default' | 'set';
  readonly place: LabelledPlace;
  readonly value: unknown;
  /** The option set whose implementation makes the one from the other. */
  readonly maker: AnyOptionSet;
  /** What it follows from in turn; nothing where a person wrote it. */
  readonly from: readonly Origin[];
}

/** Implementations of implementations: more than anyone writes, fewer than never. */
const DEEPEST = 8;

/** What a value follows from; nothing where no implementation made its definition. */
export function originsOf(host: HostEvaluation, defined: DefinedValue, depth = 0): readonly Origin[] {
  const maker = host.makerOf(defined.source);
  if (maker === undefined || depth === DEEPEST) return [];
  return (
    attempt(() => byValue({ host, maker, depth }, defined)) ??
    attempt(() => byName({ host, maker, depth }, defined)) ??
    attempt(() => [used({ host, maker, depth })]) ??
    []
  );
}

/** One step from a definition to what it follows from. */
interface Step {
  readonly host: HostEvaluation;
  readonly maker: AnyOptionSet;
  readonly depth: number;
}

/** The definitions of the one option that has the value, or the one thing in it. */
function byValue(step: Step, { keys: near, value }: DefinedValue): readonly Origin[] | undefined {
  if (value === undefined || typeof value === 'function') return undefined;
  const { host, maker } = step;
  const settings = host.get(maker);
  const found = written(step, traced(settings, value, near, isWritten(step)), 'value');
  if (found !== undefined) return found;
  const unset = traced(settings, value, near, () => true);
  if (unset !== undefined) {
    return [{ ...used(step), kind: 'default', option: optionPath(maker.name, unset.keys) }];
  }
  const inner = only(value);
  return inner === value ? undefined : written(step, traced(settings, inner, near, isWritten(step)), 'value');
}

/** The definitions of the one option that names the entry which the value is in. */
function byName(step: Step, { source, keys }: DefinedValue): readonly Origin[] | undefined {
  const { host, maker } = step;
  const { set } = source as { readonly set?: AnyOptionSet };
  const plain = keys.filter((key) => typeof key !== 'object');
  for (const name of set === undefined ? [] : entryNames(set.schema, plain)) {
    const found = written(step, traced(host.get(maker), name, keys, isWritten(step)), 'name');
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What a value comes to that holds one thing alone; of others, the value. */
function only(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || isComputing(value)) return value;
  const [one, ...others] = Object.values(value) as unknown[];
  return one === undefined || others.length > 0 ? value : only(one);
}

function written(
  { host, maker, depth }: Step,
  trace: Trace | undefined,
  kind: Origin['kind'],
): readonly Origin[] | undefined {
  if (trace === undefined) return undefined;
  const { keys, focus } = trace;
  return winning(host, maker, keys).map(({ place, value }) => {
    const defined = place[DEFINITION]!;
    return {
      option: optionPath(maker.name, keys),
      kind,
      place: focus === undefined ? place : { ...place, focus },
      value,
      maker,
      from: originsOf(host, focus === undefined ? defined : { ...defined, value: keys.at(-1) }, depth + 1),
    };
  });
}

/** Whether somebody defines what stands at a spot of the settings. */
function isWritten({ host, maker }: Step): (trace: Trace) => boolean {
  return ({ keys }) => winning(host, maker, keys).length > 0;
}

/** The definitions that decide an option, but for defaults. */
function winning(host: HostEvaluation, set: AnyOptionSet, keys: readonly (string | number)[]) {
  return explain(host, set, keys).filter(({ won, priority }) => won && priority !== PRIORITY.default);
}

/** Where a person uses the option set whose implementation ran, or that led to it. */
export function useOf(host: HostEvaluation, maker: AnyOptionSet): Origin {
  const root = (origin: Origin): Origin => (origin.from[0] === undefined ? origin : root(origin.from[0]));
  return root(used({ host, maker, depth: 0 }));
}

/** Where the option set is used at all: in the host's own file, if it is used there. */
function used({ host, maker, depth }: Step): Origin {
  const inputs = host.inputs(maker);
  const own = inputs.filter(({ source }) => host.makerOf(source) === undefined);
  const { file } = host.declared.site.place();
  const nearest = own.find(({ source }) => source.site.place().file === file) ?? own[0] ?? inputs[0]!;
  const { place } = placeOf(nearest);
  const from = originsOf(host, { source: nearest.source, keys: [] }, depth + 1);
  return { option: maker.name, kind: 'set', place: { place }, value: nearest.value, maker, from };
}
