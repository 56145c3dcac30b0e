// What is wrong with the JSON of a file that configuration imports.
import { SteadError } from '../../options/index.ts';
import type { SourceFile } from './file.ts';

const UNREADABLE = 'the JSON cannot be read: ';

/** What such an error says is wrong, for a sentence about what the file is. */
export function jsonReason({ message }: SteadError): string {
  return message.slice(UNREADABLE.length);
}

/** The error that keeps a JSON file from being read; undefined where it is fine. */
export function jsonError(source: SourceFile): SteadError | undefined {
  const { text } = source;
  try {
    JSON.parse(text);
    return undefined;
  } catch (cause) {
    const { message } = cause as SyntaxError;
    const at = /at position (\d+)/.exec(message)?.[1];
    const end = text.trimEnd().length;
    const start = at === undefined ? end : Math.min(Number(at), end);
    const isTrailing = /[}\]]/.test(text[start] ?? '') && text.slice(0, start).trimEnd().endsWith(',');
    return new SteadError({
      code: 'import.syntax',
      message: `${UNREADABLE}${phraseOf(message)}`,
      places: [source.spot({ start, end: start + 1 })],
      hint: isTrailing
        ? 'JSON has no comma behind the last item.'
        : 'JSON has double quotes around keys and texts, and no comments.',
      cause,
    });
  }
}

/** V8's sentence without the position, which the excerpt shows, and without the text, which it shows as well. */
function phraseOf(message: string): string {
  const phrase = message.replace(/(?: in JSON)? at position .*$/s, '').replace(/, (?:\.\.\.)?".*$/s, '');
  const short = phrase.replace(/^Unexpected end of JSON input$/, 'it ends too early');
  return short[0]!.toLowerCase() + short.slice(1);
}
