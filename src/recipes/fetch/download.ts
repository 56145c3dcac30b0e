// One file from the web, or from this machine, to a place of its own.
import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SteadError } from '../../options/index.ts';

const QUIET_MILLISECONDS = 60_000;
/** Before the second try, and before the last. */
const PAUSES_MILLISECONDS = [1000, 3000];

/**
 * Fetches a URL (http, https, file) into a file, in up to three tries.
 * @throws SteadError `fetch.failed`; what has arrived by then is not removed
 */
export async function download(url: string, path: string): Promise<void> {
  await tried(url, async (body) => {
    await pipeline(body, createWriteStream(path, { flags: 'w', flush: true }));
  });
}

/** A URL's content, held in memory. @throws SteadError `fetch.failed` */
export async function downloaded(url: string): Promise<Buffer> {
  return tried(url, async (body) => Buffer.concat((await body.toArray()) as Buffer[]));
}

/** Does something with a URL's content; what may pass by itself is tried again. */
async function tried<T>(url: string, use: (body: Readable) => Promise<T>): Promise<T> {
  for (let index = 0; ; index += 1) {
    try {
      return await use(url.startsWith('file:') ? createReadStream(fileURLToPath(url)) : await opened(url));
    } catch (cause) {
      const pause = PAUSES_MILLISECONDS[index];
      if (pause === undefined || url.startsWith('file:') || cause instanceof Refused)
        throw failed(url, cause);
      await setTimeout(pause);
    }
  }
}

/** An answer that another try would not change. */
class Refused extends Error {}

/** The body of an answer; it fails when nothing comes for a minute. */
async function opened(url: string): Promise<Readable> {
  const quiet = new AbortController();
  const giveUp = (): void => quiet.abort(new Error(`nothing came for ${QUIET_MILLISECONDS / 1000} seconds`));
  let timer = globalThis.setTimeout(giveUp, QUIET_MILLISECONDS);
  const response = await fetch(url, { signal: quiet.signal }).catch((error: unknown) => {
    clearTimeout(timer);
    throw error;
  });
  if (!response.ok || response.body === null) {
    clearTimeout(timer);
    await response.body?.cancel();
    const answer = `the answer is ${response.status} ${response.statusText}`.trimEnd();
    throw response.status < 500 && response.status !== 429 ? new Refused(answer) : new Error(answer);
  }
  const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
  body.on('data', () => {
    clearTimeout(timer);
    timer = globalThis.setTimeout(giveUp, QUIET_MILLISECONDS);
  });
  body.on('close', () => clearTimeout(timer)).pause();
  return body;
}

function failed(url: string, cause: unknown): SteadError {
  if (cause instanceof SteadError) return cause;
  const { message, cause: deeper } = cause as Error;
  const why = message === 'fetch failed' && deeper instanceof Error ? deeper.message : message;
  return new SteadError({
    code: 'fetch.failed',
    message: `${url} cannot be fetched: ${why}`,
    hint: 'Check the address and the network; through a proxy, set NODE_USE_ENV_PROXY=1 and https_proxy.',
    cause,
  });
}
