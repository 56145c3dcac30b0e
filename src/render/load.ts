// The libraries behind the writers, loaded on first use: most runs of the command need none of them.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { Date } = globalThis;

/** What the grammar knows about text it cannot read: the token, and the place where the one before it ended. */
export interface GrammarError {
  readonly token: string;
  readonly loc: { readonly last_line: number; readonly last_column: number };
}

type HandlebarsWithParser = typeof import('handlebars') & {
  Parser: { parseError: (message: string, details: GrammarError) => never };
};

/** Handlebars, as its one-file build: it loads in a third of the time of its forty modules. */
export function loadHandlebars(): typeof import('handlebars') {
  const handlebars = load('handlebars/dist/handlebars.min.js') as HandlebarsWithParser;
  handlebars.Parser.parseError = (message, details) => {
    throw Object.assign(new Error(message), details);
  };
  return handlebars;
}

export function loadYaml(): typeof import('yaml') {
  return load('yaml') as typeof import('yaml');
}

export function loadToml(): typeof import('smol-toml') {
  return load('smol-toml') as typeof import('smol-toml');
}

/**
 * Evaluation refuses the clock and random numbers, and may be what asks for a library first.
 * While one loads, smol-toml derives a class from Date, and a polyfill in handlebars takes a
 * random number: they get the real class, and a constant.
 */
function load(name: string): unknown {
  const { Date: refusedDate } = globalThis;
  const { random: refusedRandom } = Math;
  globalThis.Date = Date;
  Math.random = () => 0;
  try {
    return require(name);
  } finally {
    globalThis.Date = refusedDate;
    Math.random = refusedRandom;
  }
}
