// Cuts a stream of bytes into lines.

import { StringDecoder } from 'node:string_decoder';

/** Collects UTF-8 text that comes in chunks, and calls `onLine` for every whole line and the unfinished last one. */
export function collectLines(onLine?: (line: string) => void): {
  push(chunk: Uint8Array): void;
  end(): string;
} {
  const decoder = new StringDecoder('utf8');
  const parts: string[] = [];
  let open = '';
  const take = (text: string): void => {
    parts.push(text);
    if (!onLine) return;
    const lines = (open + text).split('\n');
    open = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  };
  return {
    push: (chunk) => take(decoder.write(Buffer.from(chunk))),
    end: () => {
      take(decoder.end());
      if (open !== '') onLine?.(open);
      open = '';
      return parts.join('');
    },
  };
}
