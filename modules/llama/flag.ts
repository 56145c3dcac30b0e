// What kinds of flags llama-server has: what an option takes for each, and how many words follow it on a command line.
import { line, z } from 'stead';

/** One flag of llama-server. */
export interface Flag {
  /** Its names on a command line, the one that is written first. */
  readonly names: readonly string[];
  /** Names that switch it off, where it has such. */
  readonly off: readonly string[];
  /** How many words follow it. */
  readonly words: 0 | 1 | 2;
  /** What these words may be, where that is a few. */
  readonly choices: readonly string[];
  /** What an option of that name takes. */
  readonly schema: z.core.$ZodType<FlagValue>;
}

export type FlagValue = boolean | number | string | readonly number[];

/** A flag that is there or not. */
export function present(names: readonly string[], about: string) {
  return { names, off: [], words: 0, choices: [], schema: z.boolean().describe(about) } as const;
}

/** A flag that another one switches off. */
export function onOff(names: readonly string[], off: readonly string[], about: string) {
  return { names, off, words: 0, choices: [], schema: z.boolean().describe(about) } as const;
}

/** A flag with a number, or one of a few words in its place. */
export function number(names: readonly string[], about: string): NumberFlag<never>;
export function number<const Word extends string>(
  names: readonly string[],
  choices: readonly Word[],
  about: string,
): NumberFlag<Word>;
export function number<Word extends string>(
  names: readonly string[],
  ...[first, second]: readonly [string] | readonly [readonly Word[], string]
): NumberFlag<Word> {
  const choices = typeof first === 'string' ? [] : first;
  const about = typeof first === 'string' ? first : (second ?? '');
  const schema = choices.length === 0 ? z.number() : z.union([z.number(), z.enum(choices)]);
  return {
    names,
    off: [],
    words: 1,
    choices: [],
    schema: schema.describe(about) as z.core.$ZodType<number | Word, number | Word>,
  };
}

interface NumberFlag<Word extends string> extends Flag {
  readonly schema: z.core.$ZodType<number | Word, number | Word>;
}

/** A flag with one of a few words. */
export function choice<const Word extends string>(
  names: readonly string[],
  choices: readonly Word[],
  about: string,
) {
  return { names, off: [], words: 1, choices, schema: z.enum(choices).describe(about) } as const;
}

/** A flag with any text of one line. */
export function text(names: readonly string[], about: string) {
  return { names, off: [], words: 1, choices: [], schema: line().describe(about) } as const;
}

/** A flag with two numbers. */
export function pair(names: readonly string[], about: string) {
  return {
    names,
    off: [],
    words: 2,
    choices: [],
    schema: z.tuple([z.number(), z.number()]).describe(about),
  } as const;
}
