// The repository as it was at a commit, in a folder of its own: the working tree and git's records stay as they are.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SteadError } from '../options/index.ts';

const execute = promisify(execFile);

/**
 * Gives `use` the folder and the whole hash of a commit, and removes the folder once it is done.
 * @param revision anything that git has a name for: `main~3`, a tag, a hash
 * @throws SteadError `commit.unknown` where git does not know it
 */
export async function atCommit<T>(
  repository: string,
  revision: string,
  use: (folder: string, commit: string) => Promise<T>,
): Promise<T> {
  const commit = await commitOf(repository, revision);
  const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'stead-commit-')));
  try {
    const [archive, folder] = [join(temporary, 'tree.tar'), join(temporary, 'tree')];
    mkdirSync(folder);
    await execute('git', ['-C', repository, 'archive', '--format=tar', '-o', archive, commit]);
    await execute('tar', ['-x', '-f', archive, '-C', folder]);
    const packages = join(repository, 'node_modules');
    if (existsSync(packages)) symlinkSync(packages, join(folder, 'node_modules'));
    return await use(folder, commit);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

async function commitOf(repository: string, revision: string): Promise<string> {
  try {
    const argv = ['-C', repository, 'rev-parse', '--verify', '--end-of-options', `${revision}^{commit}`];
    return (await execute('git', argv)).stdout.trim();
  } catch (cause) {
    throw new SteadError({
      code: 'commit.unknown',
      message: `git knows no commit "${revision}" in ${repository}`,
      hint: '`git log --oneline` lists the commits of a branch.',
      cause,
    });
  }
}
