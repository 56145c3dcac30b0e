// From a template's text to its syntax tree, with the place of what cannot be read.
import { SteadError } from '../options/error.ts';
import type { GrammarError } from './load.ts';

/** A template's text and the name of the file it was read from, for errors. */
export interface TemplateSource {
  readonly name: string;
  readonly text: string;
}

/** @throws SteadError `template.syntax` with the place at which the text stops being a template. */
export function parseTemplate(
  source: TemplateSource,
  parse: (text: string) => hbs.AST.Program,
): hbs.AST.Program {
  try {
    return parse(source.text);
  } catch (cause) {
    const { line, column, reason } = parseFailure(cause, source.text);
    throw new SteadError({
      code: 'template.syntax',
      message: `the template cannot be read: ${reason}`,
      places: [{ place: { file: source.name, line, column } }],
      hint: 'Check the braces, and that every block that is opened is closed.',
      cause,
    });
  }
}

/** Handlebars reports a place in one way from its grammar (see `loadHandlebars`), in another from its later checks. */
function parseFailure(cause: unknown, text: string): { line: number; column: number; reason: string } {
  const error = cause as Error & Partial<GrammarError> & { lineNumber?: number; column?: number };
  if (error.loc === undefined) {
    const reason = error.message.replace(/ - \d+:\d+$/, '');
    return { line: error.lineNumber ?? 1, column: (error.column ?? 0) + 1, reason };
  }
  const { last_line: line, last_column: column } = error.loc;
  const rest = text.split('\n')[line - 1]?.slice(column) ?? '';
  const blanks = rest.length - rest.trimStart().length;
  const reason = error.token === 'EOF' ? 'it ends too early' : 'this is not expected here';
  return { line, column: column + blanks + 1, reason };
}
