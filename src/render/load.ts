// The libraries behind the writers, loaded on first use: most runs of the command need none of them.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

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
  // A polyfill in that file takes a random number while it loads. Evaluation refuses random numbers
  // and may be what asks for the first template, so the file is given a constant instead.
  const { random } = Math;
  Math.random = () => 0;
  try {
    const handlebars = require('handlebars/dist/handlebars.min.js') as HandlebarsWithParser;
    handlebars.Parser.parseError = (message, details) => {
      throw Object.assign(new Error(message), details);
    };
    return handlebars;
  } finally {
    Math.random = random;
  }
}

export function loadYaml(): typeof import('yaml') {
  return require('yaml') as typeof import('yaml');
}

export function loadToml(): typeof import('smol-toml') {
  return require('smol-toml') as typeof import('smol-toml');
}
