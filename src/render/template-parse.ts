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
    const { line, column, reason, hint } = parseFailure(cause, source.text);
    throw new SteadError({
      code: 'template.syntax',
      message: `the template cannot be read: ${reason}`,
      places: [{ place: { file: source.name, line, column } }],
      hint: hint ?? 'Check the braces, and that every block that is opened is closed.',
      cause,
    });
  }
}

interface Failure {
  readonly line: number;
  readonly column: number;
  readonly reason: string;
  readonly hint?: string;
}

/** Handlebars reports a place in one way from its grammar (see `loadHandlebars`), in another from its later checks. */
function parseFailure(cause: unknown, text: string): Failure {
  const error = cause as Error & Partial<GrammarError> & { lineNumber?: number; column?: number };
  if (error.loc === undefined) {
    const reason = error.message.replace(/ - \d+:\d+$/, '');
    return { line: error.lineNumber ?? 1, column: (error.column ?? 0) + 1, reason };
  }
  const open = error.token === 'EOF' ? unclosed(text) : undefined;
  if (open !== undefined) return open;
  const { last_line: line, last_column: column } = error.loc;
  const rest = text.split('\n')[line - 1]?.slice(column) ?? '';
  const blanks = rest.length - rest.trimStart().length;
  const reason = error.token === 'EOF' ? 'it ends too early' : 'this is not expected here';
  return { line, column: column + blanks + 1, reason };
}

/** The innermost block that is not closed where the text ends. */
function unclosed(text: string): Failure | undefined {
  const open: { readonly name: string; readonly offset: number }[] = [];
  for (const { 1: mark, 2: name, index, 0: found } of text.matchAll(/\{\{~?([#/])\s*([\w-]+)/g)) {
    if (mark === '#') open.push({ name: name!, offset: index + found.length - name!.length });
    else open.pop();
  }
  const last = open.at(-1);
  if (last === undefined) return undefined;
  const before = text.slice(0, last.offset).split('\n');
  return {
    line: before.length,
    column: before.at(-1)!.length + 1,
    reason: `the block "${last.name}" is not closed`,
    hint: `Write {{/${last.name}}} where it ends.`,
  };
}
