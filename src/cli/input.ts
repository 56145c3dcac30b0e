// What a person, or a pipe, gives to a verb.
import { createInterface } from 'node:readline/promises';
import { buffer } from 'node:stream/consumers';
import { Writable } from 'node:stream';
import { SteadError } from '../options/error.ts';
import type { Process } from './context.ts';

/** All bytes of standard input. */
export function everythingFrom(stdin: Process['stdin']): Promise<Uint8Array> {
  return buffer(stdin);
}

/** Asks on the terminal for what is not to be seen there. */
export async function askSecretly({ stdin, stderr }: Process, question: string): Promise<string> {
  // What readline echoes goes nowhere.
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: stdin, output: silent, terminal: true });
  stderr.write(question);
  try {
    return await terminal.question('');
  } finally {
    terminal.close();
    stderr.write('\n');
  }
}

/** Asks a question on the terminal; gives the answer without the space around it. */
export type Ask = (question: string) => Promise<string>;

/**
 * One conversation on the terminal: answers that come ahead of their questions are kept for them.
 * The end of the input (Ctrl-D) or Ctrl-C ends it with SteadError `usage.unanswered`.
 */
export function conversation({ stdin, stderr }: Process): { readonly ask: Ask } & AsyncDisposable {
  const terminal = createInterface({ input: stdin, output: stderr, terminal: true });
  const lines = terminal[Symbol.asyncIterator]();
  let isOver = false;
  terminal.on('SIGINT', () => terminal.close()).on('close', () => (isOver = true));
  return {
    ask: async (question) => {
      terminal.setPrompt(question);
      if (isOver) stderr.write(question);
      else terminal.prompt();
      const { done, value } = await lines.next();
      if (done !== true) return value.trim();
      stderr.write('\n');
      throw new SteadError({
        code: 'usage.unanswered',
        message: 'there was no answer; nothing was written',
      });
    },
    [Symbol.asyncDispose]: async () => terminal.close(),
  };
}
