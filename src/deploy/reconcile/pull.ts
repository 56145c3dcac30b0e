// Brings the fleet's repository to the newest commit of its branch: forward only, and only to commits that are trusted.
import { SteadError } from '../../options/error.ts';
import { gitOutput } from './git.ts';

/** What a pull has moved. */
export interface Pulled {
  readonly from: string;
  readonly to: string;
  /** Whether what `npm ci` installs has changed. */
  readonly hasNewPackages: boolean;
}

/**
 * Fetches the upstream of the branch that is checked out and goes forward to it. Nothing has changed where it throws.
 * @param allowedSigners a file as ssh-keygen(1) describes it: with one, the newest commit must be signed by a key in
 *   it, which vouches for all commits before
 * @throws SteadError `reconcile.fetch`, `reconcile.unsigned`, `reconcile.forward`
 */
export async function pull(repository: string, allowedSigners: string | undefined): Promise<Pulled> {
  const git = (...args: string[]): Promise<string> => gitOutput(repository, args);
  const from = await git('rev-parse', 'HEAD').catch(refused('reconcile.fetch', FETCH_HINT));
  await git('fetch', '--quiet').catch(refused('reconcile.fetch', FETCH_HINT));
  const to = await git('rev-parse', '--verify', '@{upstream}^{commit}').catch(
    refused('reconcile.fetch', FETCH_HINT),
  );
  if (from === to) return { from, to, hasNewPackages: false };
  if (allowedSigners !== undefined) await checkSignature(repository, to, allowedSigners);
  await git('merge', '--quiet', '--ff-only', to).catch(refused('reconcile.forward', FORWARD_HINT));
  const moved = await git('diff', '--name-only', '--relative', from, to, '--', 'package-lock.json');
  return { from, to, hasNewPackages: moved !== '' };
}

const FETCH_HINT =
  'Try `git fetch` there as the same user: the deploy key, the host key of the server, and the branch’s upstream must be right.';
const FORWARD_HINT =
  'Somebody has committed in this checkout, changed files in it, or rewritten the branch. `git status` there shows it; `git reset --hard @{upstream}` gives it up.';

async function checkSignature(repository: string, commit: string, allowedSigners: string): Promise<void> {
  try {
    const settings = ['-c', 'gpg.format=ssh', '-c', `gpg.ssh.allowedSignersFile=${allowedSigners}`];
    await gitOutput(repository, [...settings, 'verify-commit', commit]);
  } catch (cause) {
    const who = await gitOutput(repository, ['log', '-1', '--format="%s" by %an <%ae>', commit]);
    throw new SteadError({
      code: 'reconcile.unsigned',
      message: `the commit ${commit.slice(0, 12)} ${who} is not signed by a key in ${allowedSigners}`,
      hint: 'It was not taken, and the commit before it stands. Sign it (`git commit --amend -S` with gpg.format=ssh), or add its key to `signedBy`.',
      cause,
    });
  }
}

function refused(code: string, hint: string): (cause: unknown) => never {
  return (cause) => {
    const { stderr, message } = cause as { readonly stderr?: string; readonly message: string };
    throw new SteadError({ code, message: `git: ${stderr?.trim() || message}`, hint, cause });
  };
}
