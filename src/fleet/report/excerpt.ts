// A line of source with a caret under the part that is meant, as it stands in a terminal.
import { withoutPasswords } from '../../options/index.ts';

/** How many columns of a source line are shown. */
const WIDTH = 96;
const LEAD = 24;
const wide =
  /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|\p{Emoji_Presentation}|[\u{20000}-\u{3FFFD}]/u;
const narrow = /[\p{Mn}\p{Me}\p{Cf}]/u;

export interface Excerpt {
  /** The line, cut at both ends where it is long; tabs stay, other control characters do not. */
  readonly text: string;
  /** What stands before the caret, so that the caret is under its character. */
  readonly indent: string;
  readonly caret: string;
}

/** @param column of the first character meant, from 1; @param length in UTF-16 units */
export function excerpt(source: string, column: number, length: number): Excerpt {
  const line = withoutPasswords(source);
  const { start, end } = window(line, column - 1);
  const cutBefore = start > 0 ? '…' : '';
  const before = line.slice(start, column - 1);
  const meant = line.slice(column - 1, Math.min(column - 1 + length, end));
  return {
    text: printable(`${cutBefore}${line.slice(start, end)}${end < line.length ? '…' : ''}`),
    indent: [...`${cutBefore}${before}`]
      .map((character) => (character === '\t' ? '\t' : ' '.repeat(columns(character))))
      .join(''),
    caret: '^'.repeat(Math.max(1, columns(meant))),
  };
}

/** The part of a line that is shown. */
function window(line: string, index: number): { start: number; end: number } {
  if (line.length <= WIDTH) return { start: 0, end: line.length };
  const start = index < WIDTH - LEAD ? 0 : index - LEAD;
  return { start: boundary(line, start), end: boundary(line, Math.min(line.length, start + WIDTH)) };
}

/** Never between the halves of a surrogate pair. */
function boundary(line: string, index: number): number {
  const code = line.charCodeAt(index);
  return code >= 0xdc00 && code <= 0xdfff ? index - 1 : index;
}

function columns(text: string): number {
  let sum = 0;
  for (const character of text) sum += narrow.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return sum;
}

function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- a source line must not steer the terminal
  return text.replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, '·');
}
