// One file from the web, or from this machine, to a place of its own.
import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { SteadError } from '../../options/index.ts';

const QUIET_MILLISECONDS = 60_000;

/**
 * Fetches a URL (http, https, file) into a new file.
 * @throws SteadError `fetch.failed`; what has arrived by then is not removed
 */
export async function download(url: string, path: string): Promise<void> {
  try {
    const body = url.startsWith('file:') ? createReadStream(fileURLToPath(url)) : await opened(url);
    await pipeline(body, createWriteStream(path, { flags: 'wx', flush: true }));
  } catch (cause) {
    throw failed(url, cause);
  }
}

/** A URL's content, held in memory. @throws SteadError `fetch.failed` */
export async function downloaded(url: string): Promise<Buffer> {
  try {
    const body = url.startsWith('file:') ? createReadStream(fileURLToPath(url)) : await opened(url);
    return Buffer.concat((await body.toArray()) as Buffer[]);
  } catch (cause) {
    throw failed(url, cause);
  }
}

/** The body of an answer; it fails when nothing comes for a minute. */
async function opened(url: string): Promise<Readable> {
  const quiet = new AbortController();
  const giveUp = (): void => quiet.abort(new Error(`nothing came for ${QUIET_MILLISECONDS / 1000} seconds`));
  let timer = setTimeout(giveUp, QUIET_MILLISECONDS);
  const response = await fetch(url, { signal: quiet.signal, redirect: 'follow' });
  if (!response.ok || response.body === null) {
    clearTimeout(timer);
    await response.body?.cancel();
    throw new Error(`the answer is ${response.status} ${response.statusText}`.trimEnd());
  }
  const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
  body.on('data', () => {
    clearTimeout(timer);
    timer = setTimeout(giveUp, QUIET_MILLISECONDS);
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
