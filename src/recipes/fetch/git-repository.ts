// Repositories that keep what was fetched: what a name stands for, and commits.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Hex } from '../../bundle/index.ts';
import { SteadError } from '../../options/index.ts';
import { run } from './programs.ts';

/** A commit, and its tree, which is what counts. */
export interface Revision {
  readonly commit: string;
  readonly tree: string;
}

/** The tree of a commit, in a repository that has it. */
export interface Found {
  readonly repository: string;
  readonly tree: string;
}

const COMMIT = /^[0-9a-f]{40}([0-9a-f]{24})?$/;

/**
 * What a commit, a tag or a branch of a repository is now; fetched into `cache`.
 * @throws SteadError `fetch.git`
 */
export async function gitRevision(url: string, name: string, cache: string): Promise<Revision> {
  const repository = await bare(cache, url);
  await fetchInto(repository, url, name);
  return revision(repository, 'FETCH_HEAD');
}

/** git takes one fetch into a repository at a time. */
const turns = new Map<string, Promise<unknown>>();

/** A commit, fetched where it is not there. @param env for what fetches @throws SteadError `fetch.git` */
export function fetched(
  url: string,
  commit: string,
  cache: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Found> {
  const own = (turns.get(url) ?? Promise.resolve()).then(async () => {
    const repository = await bare(cache, url);
    if (!(await has(repository, commit))) await fetchInto(repository, url, commit, env);
    return { repository, tree: (await revision(repository, commit)).tree };
  });
  // Whoever comes next does not mind how this one goes.
  turns.set(
    url,
    own.catch(() => {}),
  );
  return own;
}

/** What the repository that keeps what was fetched from a URL is called. */
export function repositoryName(url: string): string {
  return sha256Hex(url).slice(0, 16);
}

/** A repository that keeps what was fetched from a URL, so that the next commit is a small step. */
async function bare(cache: string, url: string): Promise<string> {
  const repository = join(cache, 'git', repositoryName(url));
  mkdirSync(repository, { recursive: true });
  await run(['git', 'init', '--quiet', '--bare', repository]);
  takeBytes(repository);
  return repository;
}

/** Bytes as they are in the repository, whatever attributes of the tree or settings of this machine say. */
export function takeBytes(repository: string): void {
  mkdirSync(join(repository, 'info'), { recursive: true });
  writeFileSync(join(repository, 'info/attributes'), '* -text -eol -ident -filter -working-tree-encoding\n');
}

/** Servers need not give any commit by its name alone: then all of the repository is fetched. */
async function fetchInto(
  repository: string,
  url: string,
  name: string,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const fetch = ['git', '-C', repository, 'fetch', '--quiet', '--no-write-commit-graph'] as const;
  try {
    await run([...fetch, '--no-tags', '--depth=1', '--', url, name], { env });
  } catch (error) {
    if (!COMMIT.test(name)) throw noRevision(url, name, error);
    try {
      await run([...fetch, '--tags', '--', url, '+refs/heads/*:refs/heads/*'], { env });
      await run(['git', '-C', repository, 'rev-parse', '--verify', '--quiet', `${name}^{commit}`]);
      writeFileSync(join(repository, 'FETCH_HEAD'), `${name}\t\t${url}\n`);
    } catch (cause) {
      throw noRevision(url, name, cause);
    }
  }
}

function noRevision(url: string, name: string, cause: unknown): SteadError {
  return new SteadError({
    code: 'fetch.git',
    message: `${name} of ${url} cannot be fetched:\n${(cause as Error).message.split('\n').slice(1).join('\n')}`,
    hint: 'Check the address, and that the branch, tag or commit is there: `git ls-remote URL`.',
    cause,
  });
}

async function has(repository: string, commit: string): Promise<boolean> {
  try {
    await run(['git', '-C', repository, 'cat-file', '-e', `${commit}^{tree}`]);
    return true;
  } catch {
    // Not there, or not whole: it is fetched.
    return false;
  }
}

export async function revision(repository: string, name: string): Promise<Revision> {
  const printed = await run(['git', '-C', repository, 'rev-parse', `${name}^{commit}`, `${name}^{tree}`]);
  const [commit, tree] = printed.split('\n') as [string, string];
  return { commit, tree };
}
