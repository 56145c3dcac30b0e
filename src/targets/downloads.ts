// The host's verb that fetches what its bundles name, typed.
import { SteadError } from '../options/error.ts';
import { hostError, parseLines, values } from './hostLines.ts';
import { hostCommand } from './hostCommand.ts';
import type { Session } from './target.ts';

export interface FetchOptions {
  /** In ssh-keygen's format; without one it is that of the bundle in the store. */
  readonly signature?: string;
  /** Whether what is there is hashed again, rather than known by its size and its time of change. */
  readonly hashAll?: boolean;
  readonly onStderr?: (line: string) => void;
}

/**
 * Has a host fetch the downloads of a bundle that it has and that it lacks; gives their paths below its folder of downloads.
 * What has arrived when it fails, or when the session breaks off, is gone on with the next time.
 * @throws SteadError `host.fetch` with what could not be had and why, `host.locked`, `target.disconnected`
 */
export async function fetchDownloads(
  session: Session,
  bundle: string,
  { signature, hashAll = false, onStderr }: FetchOptions = {},
): Promise<readonly string[]> {
  const args = [bundle, ...(hashAll ? ['--hash'] : [])];
  const result = await hostCommand(
    session,
    'fetch',
    signature === undefined ? args : [...args, '--signature', 'yes'],
    { ...(signature === undefined ? {} : { stdin: signature }), ...(onStderr ? { onStderr } : {}) },
  );
  if (result.code === 0) return values(parseLines(result.stdout), 'fetched').map(([path]) => path ?? '');
  // Beside them stands how far it came.
  const reasons = result.stderr.split('\n').filter((line) => line.startsWith('stead-host: '));
  const error = hostError(reasons.length === 0 ? result : { ...result, stderr: reasons.join('\n') }, 'fetch');
  if (error.code === 'host.locked') throw error;
  throw new SteadError({
    code: error.code,
    message: error.message,
    hint: 'Nothing of the configuration has changed on the host. Once the cause is gone run this again: it goes on with what has arrived.',
  });
}
