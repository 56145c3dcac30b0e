// TypeScript's language server, asked as an editor asks it.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const tsc = join(import.meta.dirname, '../../node_modules/typescript/bin/tsc');

export interface LanguageServer {
  request(method: string, params: object): Promise<unknown>;
  notify(method: string, params: object): void;
  end(): void;
}

/** A language server for a folder, over stdin and stdout, ready for requests. */
export async function languageServer(folder: string): Promise<LanguageServer> {
  const child = spawn(process.execPath, [tsc, '--lsp', '--stdio'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const waiting = new Map<number, (result: unknown) => void>();
  let buffer = Buffer.alloc(0);
  let last = 0;
  const send = (message: object): void => {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  };
  child.stdout.on('data', (chunk: Buffer) => {
    buffer = Buffer.concat([buffer, chunk]);
    for (;;) {
      const head = /^Content-Length: (\d+)\r\n(?:.*\r\n)*?\r\n/.exec(buffer.toString('latin1'));
      if (head === null || buffer.length < head[0].length + Number(head[1])) return;
      const body = buffer.subarray(head[0].length, head[0].length + Number(head[1])).toString();
      buffer = buffer.subarray(head[0].length + Number(head[1]));
      const message = JSON.parse(body) as { id?: number; method?: string; result?: unknown; error?: unknown };
      if (message.method !== undefined && message.id !== undefined) send({ id: message.id, result: null });
      else if (message.id !== undefined) waiting.get(message.id)?.(message.result ?? message.error);
    }
  });
  const request = (method: string, params: object): Promise<unknown> => {
    last += 1;
    send({ id: last, method, params });
    return new Promise((settle) => waiting.set(last, settle));
  };
  const notify = (method: string, params: object): void => send({ method, params });
  await request('initialize', {
    processId: process.pid,
    rootUri: `file://${folder}`,
    capabilities: {},
    workspaceFolders: [{ uri: `file://${folder}`, name: 'fleet' }],
  });
  notify('initialized', {});
  return { request, notify, end: () => void child.kill() };
}
