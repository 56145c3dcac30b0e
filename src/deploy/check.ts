// Checking built hosts with the programs that will read their files, as far as these are installed here.
import { SteadError } from '../options/index.ts';
import { checkHere, type CheckResult } from '../targets/index.ts';
import type { Answer } from './inspect.ts';

/** How the checks of a host went. */
export interface Checked {
  readonly checks: readonly CheckResult[];
}

/**
 * Runs the checks of a host's bundle on this machine, over its own files; nothing of it is changed.
 * @param folder the bundle's folder, as a build writes it
 */
export async function checkHost(host: string, folder: string, isRoot: boolean): Promise<Answer<Checked>> {
  try {
    return { host, value: { checks: await checkHere(folder, isRoot) } };
  } catch (error) {
    if (!(error instanceof SteadError)) throw error;
    return {
      host,
      error: new SteadError({
        code: error.code,
        host,
        message: error.message,
        hint: 'Run it as root, or where unprivileged user namespaces are allowed.',
        cause: error,
      }),
    };
  }
}
