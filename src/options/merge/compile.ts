// From a zod schema to the function that merges definitions of it: made once for each schema.
import type { z } from 'zod';
import { innerType, kindOf, type Kind } from '../kinds.ts';
import type { At } from './at.ts';
import { checksOf, expectedOf, outcome, parsed } from './check.ts';
import { conflict, readOnly } from './errors.ts';
import { missing } from './missing.ts';
import { needsEvaluation, opened, strongest, winners, type Input } from './input.ts';
import { mergerOf } from './mergers.ts';
import { quickOf, UNSETTLED, type Quick } from './quick.ts';

/** How one kind of schema merges. */
export interface Merger {
  /** Its value is made of parts: with nothing defined it is `{}` or `[]`, or the errors of what is missing inside. */
  readonly emptyValue: boolean;
  /** A priority on the whole means each of its keys, and takes nothing from other definitions' keys. */
  readonly pushesPriorityDown: boolean;
  /** What it takes, where the schema's own error for an absent value says less. */
  readonly expected?: string;
  /** Merging parses by the whole schema, the checks that stand on it included. */
  readonly parses?: boolean;
  /** Merging reads the whole merged value, computed defaults included. */
  readonly readsAll?: boolean;
  /** Whether merging this value, which is no thunk itself, may run user code at once. Unless given, it does not. */
  runsUserCode?(value: unknown): boolean;
  /**
   * The value that the inputs make together; wrappers are opened and the winners picked.
   * @param parents definitions of the enclosing object, shown when something is not set
   * @throws SteadError when they do not fit the schema or each other
   */
  merge(inputs: readonly Input[], at: At, parents: readonly Input[]): unknown;
}

/** A schema made ready to merge definitions. */
export interface Compiled {
  /** The schema without `.default()`, `.optional()` and the like. */
  readonly core: z.core.$ZodTypes;
  readonly kind: Kind;
  /** The schema says what holds where nothing is defined. */
  readonly hasDefault: boolean;
  merger(): Merger;
  /** The merged value of one plain definition, or of none; UNSETTLED where that takes `merge`. */
  readonly quick: Quick;
  /** Whether merging these inputs may run user code, so that it has to wait until the value is read. */
  runsUserCode(inputs: readonly Input[]): boolean;
  /** As `Merger.merge`, from inputs as they come; none at all gives the default. Checks of the whole run later. */
  merge(inputs: readonly Input[], at: At, parents: readonly Input[]): unknown;
  /** The same, with the checks run at once. */
  mergeChecked(inputs: readonly Input[], at: At, parents: readonly Input[]): unknown;
}

export type Compile = (schema: z.core.$ZodType) => Compiled;

const compiled = new WeakMap<z.core.$ZodType, Compiled>();

export function compile(schema: z.core.$ZodType): Compiled {
  let result = compiled.get(schema);
  if (result === undefined) compiled.set(schema, (result = compileNow(schema)));
  return result;
}

/** A merged value with the definitions that made it. */
interface Merged {
  readonly value: unknown;
  readonly inputs: readonly Input[];
}

function compileNow(schema: z.core.$ZodType): Compiled {
  const { core, nullable } = unwrapped(schema);
  const hasDefault = allowsNothing(schema);
  const kind = kindOf(schema);
  const check = checksOf(schema);
  // Made on first use: a recursive schema meets itself here.
  let made: Merger | undefined;
  const merger = (): Merger => (made ??= mergerOf(core, kind, schema, compile));
  let cachedDefault: Merged | undefined;

  const merged = (inputs: readonly Input[], at: At, parents: readonly Input[]): Merged => {
    if (inputs.length === 0) return absent(at, parents);
    if (kind.readOnly === true) checkReadOnly(inputs, at);
    const { pushesPriorityDown } = merger();
    const candidates = pushesPriorityDown ? opened(inputs, at) : winners(inputs, at);
    if (candidates.length === 0) return absent(at, parents);
    if (candidates.length === 1 && !pushesPriorityDown) {
      const value = settled(candidates[0]!.value);
      if (value !== UNSETTLED) return { value, inputs: candidates };
    }
    const nulls = nullable ? candidates.filter((input) => input.value === null) : [];
    if (nulls.length === 0) return { value: merger().merge(candidates, at, parents), inputs: candidates };
    const others = candidates.filter((input) => input.value !== null);
    if (strongest(nulls) < strongest(others)) return { value: null, inputs: nulls };
    if (strongest(nulls) === strongest(others)) throw conflict(at, candidates);
    return { value: merger().merge(others, at, parents), inputs: others };
  };

  // Made on first use, too.
  let quick: Quick | undefined;
  const settled: Quick = (value) => (quick ??= quickOf(schema, core, kind, compile))(value);

  const absent = (at: At, parents: readonly Input[]): Merged => {
    if (hasDefault) return (cachedDefault ??= { value: defaultOf(schema, at), inputs: [] });
    if (merger().emptyValue) return { value: merger().merge([], at, parents), inputs: [] };
    const expected = merger().expected ?? expectedOf(core, at);
    throw missing(at, `${expected}${nullable ? ' or null' : ''}`, parents);
  };

  const checkReadOnly = (inputs: readonly Input[], at: At): void => {
    const all = opened(inputs, at);
    if (all.length > (schema._zod.optin === 'defaulted' ? 0 : 1)) throw readOnly(at, all);
  };

  return {
    core,
    kind,
    hasDefault,
    merger,
    quick(value) {
      if (value === undefined) return cachedDefault === undefined ? UNSETTLED : cachedDefault.value;
      return settled(value);
    },
    runsUserCode(inputs) {
      const { readsAll, runsUserCode } = merger();
      if (readsAll === true || needsEvaluation(inputs)) return true;
      return runsUserCode !== undefined && inputs.some((input) => runsUserCode(input.value));
    },
    merge(inputs, at, parents) {
      const result = merged(inputs, at, parents);
      if (check !== undefined && result !== cachedDefault && merger().parses !== true) {
        at.scope.later(() => check(result.value, result.inputs, at, parents));
      }
      return result.value;
    },
    mergeChecked(inputs, at, parents) {
      const result = merged(inputs, at, parents);
      if (result !== cachedDefault && merger().parses !== true) {
        check?.(result.value, result.inputs, at, parents);
      }
      return result.value;
    },
  };
}

function defaultOf(schema: z.core.$ZodType, at: At): unknown {
  // z.exactOptional() has no value for what is not there.
  const result = outcome(schema, undefined, undefined, at);
  return !result.success && schema._zod.optin === 'optional' ? undefined : parsed(schema, undefined, [], at);
}

/** What stands inside `.default()`, `.optional()` and the like, and whether null is among the values. */
function unwrapped(schema: z.core.$ZodType): { core: z.core.$ZodTypes; nullable: boolean } {
  let core = schema;
  let nullable = false;
  for (let inner = innerType(core); inner !== undefined; inner = innerType(core)) {
    nullable ||= (core as z.core.$ZodTypes)._zod.def.type === 'nullable';
    core = inner;
  }
  return { core: core as z.core.$ZodTypes, nullable };
}

/** Whether the schema says what holds where nothing is defined, be it undefined. */
function allowsNothing(schema: z.core.$ZodType): boolean {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'unknown':
    case 'any':
    case 'undefined':
    case 'void':
      return true;
    case 'pipe':
      // The step of z.preprocess need not know what to do with undefined.
      return def.in._zod.def.type !== 'transform' && allowsNothing(def.in);
    case 'union':
      return def.options.some(allowsNothing);
    default:
      return schema._zod.optin !== undefined;
  }
}
