// Which commit a bundle was built from. Never part of its hash.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Provenance } from '../bundle/index.ts';

// Node's own call rather than execa: this is on the path of every build, and execa takes longer to load than git to run.
const run = promisify(execFile);

/** The repository's commit, and whether anything in it differs from that; null where git knows nothing. */
export async function provenance(repository: string, stead: string): Promise<Provenance> {
  try {
    const { stdout } = await run(
      'git',
      ['-C', repository, 'status', '--porcelain=v2', '--branch', '--untracked-files=normal', '--', '.'],
      { maxBuffer: 64 * 1024 * 1024 },
    );
    const commit = /^# branch\.oid ([0-9a-f]{40,64})$/m.exec(stdout)?.[1] ?? null;
    return { commit, dirty: commit !== null && /^[^#]/m.test(stdout), stead };
  } catch {
    // No git here, or no repository: a bundle without a commit is as good.
    return { commit: null, dirty: false, stead };
  }
}
