// What llama-server is told for a model: flags by name as options, words of a command line, and presets of its router.
import { didYouMean, line, nearest, z, type Statement } from 'stead';
import type { Flag, FlagValue } from './flag.ts';
import { RELEASE, serverFlags } from './flags.ts';

type Known = typeof serverFlags;

/** Values of flags by their names: `{ 'ctx-size': 8192, 'flash-attn': 'on' }`. */
export type FlagValues = Readonly<Record<string, FlagValue | undefined>>;

/** What is said for one model or for all of them. */
export interface Arguments {
  readonly flags: FlagValues;
  readonly extraFlags: readonly string[];
}

/** The options that hold them. */
export const argumentOptions = {
  flags: z
    .object(flagShape())
    .describe(
      "Flags of llama-server by their long names, typed from its own list: `{ 'ctx-size': 8192, 'flash-attn': 'on', 'gpu-layers': 'all', jinja: true, 'reasoning-budget': 0 }`. `false` is the flag that switches it off, where there is one.",
    ),
  extraFlags: z
    .array(line())
    .default([])
    .describe("Further arguments, word by word, over those before: `['-ctk', 'q8_0']`."),
};

const byName: ReadonlyMap<string, readonly [string, Flag]> = new Map(
  Object.entries<Flag>(serverFlags).flatMap(([key, flag]) =>
    [...flag.names, ...flag.off].map((name) => [name, [key, flag] as const] as const),
  ),
);

/** Flags as words of a command line; where several say the same, the last one counts. */
export function commandWords(...given: readonly Arguments[]): string[] {
  const flags = new Map(
    given.flatMap((one) => Object.entries(one.flags).filter(([, value]) => value !== undefined)),
  );
  const words = [...flags].flatMap(([key, value]) => wordsOf(serverFlags[key as keyof Known], value));
  return [...words, ...given.flatMap(({ extraFlags }) => extraFlags)];
}

function wordsOf({ names, off }: Flag, value: FlagValue | undefined): string[] {
  const name = names.find((one) => one.startsWith('--')) ?? names[0]!;
  if (value === undefined) return [];
  if (value === true) return [name];
  if (value === false) return off.slice(-1);
  return [name, ...(Array.isArray(value) ? value.map(String) : [String(value)])];
}

/** Flags as the keys and values of a preset. */
export function presetSettings({ flags, extraFlags }: Arguments): Record<string, string> {
  const words = [...commandWords({ flags, extraFlags })];
  const settings: Record<string, string> = {};
  while (words.length > 0) {
    const name = words.shift()!;
    const [key, flag] = byName.get(name) ?? [name.replace(/^-+/, ''), undefined];
    // A flag that the list does not have takes a value, where something follows that is no flag.
    const takes = flag?.words ?? (words[0] === undefined || /^-[a-z-]/.test(words[0]) ? 0 : 1);
    settings[key] =
      takes === 0 ? String(flag?.off.includes(name) !== true) : words.splice(0, takes).join(' ');
  }
  return settings;
}

/**
 * What is wrong with words for llama-server's command line, if anything is: a flag that it does not have, one without
 * the value that it needs.
 * @param newFlags names of flags that the list does not have yet
 */
export function wordProblem(
  given: readonly string[],
  newFlags: readonly string[] = [],
): Statement | undefined {
  for (let index = 0; index < given.length; index++) {
    const word = given[index]!;
    const flag = byName.get(word)?.[1];
    if (flag === undefined) {
      if (newFlags.includes(word)) {
        if (given[index + 1] !== undefined && !isFlag(given[index + 1]!)) index++;
        continue;
      }
      return word.startsWith('-') ? unknown(word) : loose(word);
    }
    for (let taken = 0; taken < flag.words; taken++) {
      const value = given[++index];
      const hint = flag.choices.length > 0 ? `It takes ${oneOf(flag.choices)}.` : 'Write the value after it.';
      if (value === undefined) return { message: `${word} needs a value`, hint };
      if (byName.has(value))
        return { message: `${word} needs a value, and would take ${value} for it, which follows`, hint };
      if (flag.choices.length > 0 && !flag.choices.includes(value)) {
        return { message: `${word} cannot be ${value}`, hint };
      }
    }
  }
  return undefined;

  function isFlag(word: string): boolean {
    return byName.has(word) || newFlags.includes(word);
  }
}

function unknown(word: string): Statement {
  const near = nearest(word, [...byName.keys()]);
  return {
    message: `llama-server ${RELEASE} has no flag ${word}`,
    hint: didYouMean(near) ?? 'One that a newer release brought is named in `newFlags`.',
  };
}

function loose(word: string): Statement {
  return {
    message: `${word} is no flag, and no flag before it takes it`,
    hint: 'Take it out, or write its flag before it.',
  };
}

function oneOf(words: readonly string[]): string {
  return words.length === 1 ? words[0]! : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/** The keys of flags that words of a command line set. */
export function keysOf({ flags, extraFlags }: Arguments): string[] {
  const given = Object.keys(flags).filter((key) => flags[key] !== undefined);
  return [...given, ...extraFlags.flatMap((word) => byName.get(word)?.[0] ?? [])];
}

function flagShape(): { [Key in keyof Known]: z.ZodOptional<Known[Key]['schema']> } {
  // The compiler takes long to compare types of optional schemas with each other.
  const shape: Record<string, z.core.$ZodType> = {};
  for (const [key, { schema }] of Object.entries<Flag>(serverFlags)) shape[key] = z.optional(schema);
  return shape as ReturnType<typeof flagShape>;
}
