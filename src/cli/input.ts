// What a person, or a pipe, gives to a verb.
import { createInterface } from 'node:readline/promises';
import { buffer } from 'node:stream/consumers';
import { Writable } from 'node:stream';
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
