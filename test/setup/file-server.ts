// A server of files over HTTP with faults that are asked for: what a host's downloads meet in the world.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';

/** What the next request for a file meets; without one it is answered as it should be. */
export type Fault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** So many bytes of the body, then the connection breaks. */
  | { readonly cut: number }
  /** So many bytes of the body, then nothing until `release`. */
  | { readonly stall: number }
  /** The whole file with 200, whatever was asked for. */
  | 'ignore range'
  /** A body without an end and without a length. */
  | 'endless'
  | { readonly redirect: string };

export interface Asked {
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
  readonly host: string | undefined;
}

export interface FileServer {
  readonly origin: string;
  readonly port: number;
  readonly files: Map<string, Buffer>;
  readonly faults: Map<string, Fault[]>;
  readonly asked: Asked[];
  /** How many bodies were being sent at the same time, at most. */
  readonly most: number;
  /** How many stall. */
  readonly stalled: number;
  /** Goes on with what stalls. */
  release(): void;
}

// Tests that run side by side share their file's end.
const servers: Server[] = [];
afterAll(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** Serves on every address of this machine until the file's tests end. */
export async function fileServer(files: Readonly<Record<string, Buffer>>): Promise<FileServer> {
  const state = {
    files: new Map(Object.entries(files)),
    faults: new Map<string, Fault[]>(),
    asked: [] as Asked[],
    waiting: [] as (() => void)[],
    underWay: 0,
    most: 0,
  };
  const server = createServer((request, response) => {
    state.most = Math.max(state.most, ++state.underWay);
    response.once('close', () => state.underWay--);
    answer(state, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  servers.push(server);
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    files: state.files,
    faults: state.faults,
    asked: state.asked,
    get most() {
      return state.most;
    },
    get stalled() {
      return state.waiting.length;
    },
    release: () => state.waiting.splice(0).forEach((go) => go()),
  };
}

function answer(
  state: {
    readonly files: Map<string, Buffer>;
    readonly faults: Map<string, Fault[]>;
    readonly asked: Asked[];
    readonly waiting: (() => void)[];
  },
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const path = new URL(request.url ?? '/', 'http://x').pathname;
  const { range, authorization, host } = request.headers;
  state.asked.push({ path, range, authorization, host });
  const fault = state.faults.get(path)?.shift();
  const content = state.files.get(path);
  if (typeof fault === 'object' && 'status' in fault) {
    response.writeHead(fault.status, fault.headers).end('an error page');
    return;
  }
  if (typeof fault === 'object' && 'redirect' in fault) {
    response.writeHead(302, { location: fault.redirect }).end();
    return;
  }
  if (content === undefined) {
    response.writeHead(404).end('there is no such file');
    return;
  }
  if (fault === 'endless') {
    response.writeHead(200);
    const more = (): boolean => response.write(Buffer.alloc(65_536));
    response.on('drain', more);
    more();
    return;
  }
  const start = fault === 'ignore range' ? 0 : Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
  if (start >= content.length && start > 0) {
    response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
    return;
  }
  const body = content.subarray(start);
  response.writeHead(start > 0 ? 206 : 200, {
    'content-length': body.length,
    ...(start > 0 ? { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` } : {}),
  });
  if (typeof fault === 'object' && 'cut' in fault) {
    response.write(body.subarray(0, fault.cut), () => setTimeout(() => response.destroy(), 50));
  } else if (typeof fault === 'object') {
    response.write(body.subarray(0, fault.stall));
    state.waiting.push(() => response.end(body.subarray(fault.stall)));
  } else {
    response.end(body);
  }
}
