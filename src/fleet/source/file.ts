// Source files with their syntax trees, for messages that point inside them. The parser is loaded on first use.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { ParseResult, Span } from 'oxc-parser';
import type { LabelledPlace, Place } from '../../options/index.ts';

const require = createRequire(import.meta.url);
const lineEnd = /\r\n|[\n\r\u2028\u2029]/g;
const files = new Map<string, SourceFile | undefined>();

/** A source file as it stands on disk, without a byte order mark. Offsets count UTF-16 units, as the parser and V8 do. */
export class SourceFile {
  readonly path: string;
  readonly text: string;
  readonly #lineStarts: readonly number[];
  #parsed: ParseResult | undefined;

  constructor(path: string, text: string) {
    this.path = path;
    this.text = text;
    this.#lineStarts = [0, ...[...text.matchAll(lineEnd)].map((match) => match.index + match[0].length)];
  }

  /** Its syntax tree, module record and syntax errors. */
  get parsed(): ParseResult {
    if (this.#parsed !== undefined) return this.#parsed;
    const { parseSync } = require('oxc-parser') as typeof import('oxc-parser');
    return (this.#parsed = parseSync(this.path, this.text, { showSemanticErrors: true }));
  }

  /** A line without its end; lines count from 1. */
  line(number: number): string | undefined {
    const start = this.#lineStarts[number - 1];
    return start === undefined
      ? undefined
      : this.text.slice(start, this.#lineStarts[number]).replace(/[\r\n\u2028\u2029]+$/, '');
  }

  offsetOf({ line, column }: Place): number {
    return (this.#lineStarts[line - 1] ?? this.text.length) + column - 1;
  }

  placeOf(offset: number): Place {
    const after = this.#lineStarts.findIndex((start) => start > offset);
    const line = after === -1 ? this.#lineStarts.length : after;
    return { file: this.path, line, column: offset - this.#lineStarts[line - 1]! + 1 };
  }

  /** Where a node stands, and how much of its first line it covers. */
  spot({ start, end }: Span): LabelledPlace & { readonly length: number } {
    const place = this.placeOf(start);
    const rest = (this.line(place.line) ?? '').length - place.column + 1;
    return { place, length: Math.max(1, Math.min(end - start, rest)) };
  }
}

/** The file at an absolute path, read once; undefined where there is none that can be read. */
export function sourceFile(path: string): SourceFile | undefined {
  if (!files.has(path)) files.set(path, read(path));
  return files.get(path);
}

function read(path: string): SourceFile | undefined {
  try {
    return new SourceFile(path, readFileSync(path, 'utf8').replace(/^\u{feff}/u, ''));
  } catch {
    // Code whose file is gone or was never one (`<unknown>`) is shown by its place alone.
    return undefined;
  }
}
