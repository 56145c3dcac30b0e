// A syntax error in words that say what to do: the parser's own name its tokens.
import type { Span } from 'oxc-parser';
import type { SourceFile } from './file.ts';

/** What the parser says of an error. */
export interface Complaint {
  readonly message: string;
  readonly helpMessage: string | null;
  readonly labels: readonly Span[];
}

export interface Advice {
  readonly message: string;
  readonly hint: string;
}

/** What is wrong and what to do about it, by what stands where the parser stopped. */
export function syntaxAdvice(complaint: Complaint, source: SourceFile): Advice {
  const start = complaint.labels[0]?.start ?? source.text.length;
  const at: Spot = {
    source,
    start,
    word: wordAt(source, start),
    before: source.text.slice(0, start).trimEnd(),
  };
  for (const [pattern, advise] of known) {
    const match = pattern.exec(complaint.message);
    if (match !== null) return advise(at, match, complaint);
  }
  return { message: complaint.message, hint: parsersHint(complaint) ?? LOOK_BEFORE };
}

interface Spot {
  readonly source: SourceFile;
  readonly start: number;
  /** What the parser stopped at: a word, or a character; empty at the end of the file. */
  readonly word: string;
  /** The text before it, without blanks at its end. */
  readonly before: string;
}

type Advise = (at: Spot, match: RegExpExecArray, complaint: Complaint) => Advice;

const LOOK_BEFORE = 'Look at what stands before it: a comma, a quote or a bracket may be missing.';

const known: readonly (readonly [RegExp, Advise])[] = [
  [/^Expected (`.*`) but found/, notExpected],
  [/^Unexpected token/, unexpected],
  [
    /^Expected a semicolon/,
    () => ({ message: 'two things stand beside one another, with nothing between them', hint: LOOK_BEFORE }),
  ],
  [
    /^Unterminated string/,
    ({ word }) => ({ message: 'this text does not end', hint: `Close it with ${word} where it ends.` }),
  ],
  [/comment$/, () => ({ message: 'this comment does not end', hint: 'Close it with */ where it ends.' })],
  [
    /^Unterminated regular expression/,
    () => ({
      message: 'this regular expression does not end',
      hint: 'Close it with / where it ends; text stands in quotes.',
    }),
  ],
  [
    /^Invalid characters after number/,
    ({ source, before }) => {
      const text = /[\w.]*$/.exec(before)![0] + /^[\w.]*/.exec(source.text.slice(before.length))![0];
      return { message: `${text} is no number`, hint: `Text stands in quotes: '${text}'.` };
    },
  ],
  [
    /'0'-prefixed octal/,
    ({ word }) => ({
      message: `${word} is an octal number in the form of old`,
      hint: `A file mode is text, '${word}'; as a number it is 0o${word.replace(/^0/, '')}.`,
    }),
  ],
  [
    /^Invalid Character `(.)`/u,
    (_, [, character]) => ({
      message: `no code is written with ${character}`,
      hint: /[‘’“”]/.test(character!)
        ? `Write straight quotes, ' or ".`
        : 'Take it out, or put it into text.',
    }),
  ],
  [
    /^Identifier expected\. '(\w+)' is a reserved word/,
    (_, [, word]) => ({
      message: `\`${word}\` is a word of the language, and no name`,
      hint: 'Choose another name.',
    }),
  ],
  [
    /^Identifier `(.+)` has already been declared/,
    (_, [, name]) => ({
      message: `\`${name}\` is declared twice`,
      hint: 'Rename one of the two, or take it out.',
    }),
  ],
  [
    /^Invalid assignment in object literal/,
    () => ({ message: '`=` stands where `:` belongs', hint: 'Write `name: value` in an object.' }),
  ],
  [
    /'return' statement/,
    () => ({
      message: '`return` stands outside a function',
      hint: 'Take it out: what a file makes it exports, as in `export default …`.',
    }),
  ],
];

/** Where the parser knows what could have stood there. */
function notExpected(
  { source, word, before }: Spot,
  [, expected]: RegExpExecArray,
  { labels }: Complaint,
): Advice {
  const message = `expected ${expected} but found ${word === '' ? 'the end of the file' : `\`${word}\``}`;
  const open = labels[1]?.start ?? innermostOpen(before);
  if (open !== undefined && !startsValue(word)) return { message, hint: closeFirst(open, source) };
  if (expected!.includes('`,`') && startsValue(word)) return { message, hint: 'Put a comma before it.' };
  return { message, hint: LOOK_BEFORE };
}

function unexpected({ source, start, word, before }: Spot): Advice {
  const message = word === '' ? 'the file ends too early' : `unexpected \`${word}\``;
  const open = innermostOpen(before);
  if (open !== undefined && /[)\]}]/.test(word) && CLOSING[source.text[open]!] !== word) {
    return { message, hint: closeFirst(open, source) };
  }
  if (/\bfrom$/.test(before) && startsValue(word)) {
    const name = /^[\w@./-]+/.exec(source.text.slice(start))?.[0] ?? word;
    return { message, hint: `Put the name in quotes: '${name}'.` };
  }
  const [, after] = /([:=])$/.exec(before) ?? [];
  if (after !== undefined && !startsValue(word)) {
    return { message, hint: `Something is missing between the \`${after}\` and it.` };
  }
  return { message, hint: LOOK_BEFORE };
}

function parsersHint({ helpMessage }: Complaint): string | undefined {
  if (helpMessage === null) return undefined;
  return /[.?!]$/.test(helpMessage) ? helpMessage : `${helpMessage}.`;
}

function closeFirst(open: number, source: SourceFile): string {
  return `Close the \`${source.text[open]}\` of line ${source.placeOf(open).line} before it.`;
}

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

function wordAt({ text }: SourceFile, start: number): string {
  return /^(?:[\w$]+|\.\.\.|\S)/.exec(text.slice(start).trimStart())?.[0] ?? '';
}

/** Whether a value, a name or a bracket that opens begins with it. */
function startsValue(word: string): boolean {
  return /^[\w$'"`([{]/.test(word);
}

/** Where the innermost bracket stands that is open at the end of a text. */
function innermostOpen(text: string): number | undefined {
  const open: number[] = [];
  for (const { 0: found, index } of text.matchAll(
    /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\/.*|\/\*[^]*?\*\/|[()[\]{}]/g,
  )) {
    if (CLOSING[found] !== undefined) open.push(index);
    else if (found.length === 1) open.pop();
  }
  return open.at(-1);
}
