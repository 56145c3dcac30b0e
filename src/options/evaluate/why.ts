// Why an option has its value: every definition of it, with priority and place, and which one won.
import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import type { LabelledPlace } from '../error.ts';
import { below, type At } from '../merge/at.ts';
import { compile } from '../merge/compile.ts';
import { childSchema, coreOf } from '../merge/descent.ts';
import { placeOf } from '../merge/errors.ts';
import { childInput, inOrder, opened, ranked, strongest, type Input } from '../merge/input.ts';
import { isPlainObject, ownValue } from '../merge/lazy.ts';
import { stepped } from '../merge/pipe.ts';
import { entryDefaults } from '../merge/record.ts';
import type { AnyOptionSet } from '../types.ts';
import { PRIORITY } from '../wrapper.ts';
import { attempt } from './attempt.ts';
import type { HostEvaluation } from './host.ts';

/** One definition of an option. */
export interface Explanation {
  readonly place: LabelledPlace;
  /** As defined, before any parsing; a function where it is a thunk that has not run. */
  readonly value: unknown;
  readonly priority: number;
  readonly won: boolean;
}

/** A definition on the way down to the option. */
interface Candidate {
  readonly input: Input;
  /** What it belongs to was overridden as a whole. */
  readonly lost: boolean;
}

/** What stands at one step of the way. */
interface Level {
  readonly at: At;
  readonly schema: z.core.$ZodType | undefined;
  readonly candidates: readonly Candidate[];
  /** The merged value, where it can be computed. */
  readonly value: unknown;
}

/**
 * Every definition of the option at `keys`, strongest first. Lists, records and objects have several
 * winners, which add up; an empty result means that the default of the schema holds.
 */
export function explain(
  host: HostEvaluation,
  set: AnyOptionSet,
  keys: readonly (string | number)[],
): readonly Explanation[] {
  const computed = host.computed(set);
  const inputs = [...host.inputs(set), ...(computed === undefined ? [] : [computed.input])];
  let level: Level = judged({
    at: host.at(set),
    schema: set.schema,
    candidates: inputs.map((input) => ({ input, lost: false })),
    value: attempt(() => host.get(set)),
  });
  for (const key of keys) level = judged(descended(level, key));
  const { candidates } = level;
  const written = candidates.filter(({ input }) => input.source.declares === undefined);
  // Beside definitions, what an option set computes for a whole group of options says nothing.
  return (written.length > 0 && adds(level.schema) ? written : candidates)
    .map(({ input, lost }) => ({
      place: placeOf(input),
      value: input.value,
      priority: input.priority,
      won: !lost,
    }))
    .sort((a, b) => a.priority - b.priority);
}

/** The name people give a priority. */
export function priorityName(priority: number): string {
  const name = Object.entries(PRIORITY).find(([, level]) => level === priority)?.[0];
  return name === undefined ? `priority ${priority}` : name === 'plain' ? 'defined' : name;
}

/** Opens the candidates of a level and decides which of them count. */
function judged(level: Level): Level {
  const { at, schema, value } = level;
  const candidates = level.candidates.flatMap(({ input, lost }) =>
    (attempt(() => opened([input], at)) ?? attempt(() => ranked([input], at)) ?? []).map((one) => ({
      input: attempt(() => preprocessed(one, schema, at)) ?? one,
      lost,
    })),
  );
  if (adds(schema)) {
    const branch = discriminatorOf(schema);
    const chosen = branch && isPlainObject(value) ? value[branch] : undefined;
    return {
      ...level,
      candidates: candidates.map(({ input, lost }) => ({
        input,
        lost: lost || names(input, branch, chosen, at),
      })),
    };
  }
  const best = strongest(candidates.flatMap(({ input, lost }) => (lost ? [] : [input])));
  return {
    ...level,
    candidates: candidates.map(({ input, lost }) => ({ input, lost: lost || input.priority > best })),
  };
}

function descended(level: Level, key: string | number): Level {
  const schema = level.schema && coreOf(level.schema);
  const at = below(level.at, key);
  const value = attempt(() => (level.value as Record<string | number, unknown> | undefined)?.[key]);
  const inner = { at, schema: schema && childSchema(schema, key), value };
  if (typeof key === 'number') {
    const items = inOrder(level.candidates.filter(({ lost }) => !lost).map(({ input }) => input)).flatMap(
      (input) =>
        Array.isArray(input.value)
          ? input.value.flatMap(
              (item, index) => attempt(() => opened([childInput(input, index, item)], at)) ?? [],
            )
          : [],
    );
    // Where equal items count once, every definition of this one is told.
    const isShorter = Array.isArray(level.value) && level.value.length < items.length;
    const own = isShorter
      ? items.filter((input) => isDeepStrictEqual(input.value, value))
      : items.slice(key, key + 1);
    return { ...inner, candidates: own.map((input) => ({ input, lost: false })) };
  }
  const candidates = level.candidates.flatMap(({ input, lost }) => {
    const own = isPlainObject(input.value) ? ownValue(input.value, key) : undefined;
    return own === undefined ? [] : [{ input: childInput(input, key, own), lost }];
  });
  const defaults = level.schema && compile(level.schema).kind.entryDefaults;
  if (defaults === undefined) return { ...inner, candidates };
  const computed = attempt(() => entryDefaults(defaults, key, at));
  if (computed === undefined) return { ...inner, candidates };
  computed.bound(value);
  return { ...inner, candidates: [...candidates, { input: computed.input, lost: false }] };
}

/** Definitions of it add up, each key with its own priority. */
function adds(schema: z.core.$ZodType | undefined): boolean {
  return schema !== undefined && compile(schema).merger().pushesPriorityDown;
}

/** Whether a definition is for another branch of a discriminated union than the `chosen` one. */
function names(input: Input, branch: string | undefined, chosen: unknown, at: At): boolean {
  if (branch === undefined || chosen === undefined || !isPlainObject(input.value)) return false;
  const own = ownValue(input.value, branch);
  if (own === undefined) return false;
  const named = attempt(() => opened([childInput(input, branch, own)], below(at, branch))) ?? [];
  return named.some((one) => one.value !== chosen);
}

function preprocessed(input: Input, schema: z.core.$ZodType | undefined, at: At): Input {
  const step = schema && stepOf(schema);
  return step === undefined ? input : { ...input, value: stepped(step, input, at) };
}

function discriminatorOf(schema: z.core.$ZodType | undefined): string | undefined {
  const def = schema && coreOf(schema)._zod.def;
  return def?.type === 'union' && 'discriminator' in def ? String(def.discriminator) : undefined;
}

function stepOf(schema: z.core.$ZodType): z.core.$ZodType | undefined {
  const { def } = compile(schema).core._zod;
  return def.type === 'pipe' && def.in._zod.def.type === 'transform' ? def.in : undefined;
}
