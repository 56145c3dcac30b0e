// Trees of git repositories as sources: what a name stands for, and the tree as one archive.
import { mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Hex, type FolderEntry } from '../../bundle/index.ts';
import { SteadError } from '../../options/index.ts';
import { writeArchive } from '../archive.ts';
import { run } from './programs.ts';

/** A commit, and its tree, which is what counts. */
export interface Revision {
  readonly commit: string;
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

/** Writes the archive of a commit's tree. @throws SteadError `fetch.git` also where the tree is not the one */
export async function gitArchive(url: string, wanted: Revision, cache: string, path: string): Promise<void> {
  const before = turns.get(url);
  const own = (before ?? Promise.resolve()).then(() => archived(url, wanted, cache, path));
  // Whoever comes next does not mind how this one goes.
  turns.set(
    url,
    own.catch(() => {}),
  );
  return own;
}

/** git takes one fetch into a repository at a time. */
const turns = new Map<string, Promise<void>>();

async function archived(url: string, wanted: Revision, cache: string, path: string): Promise<void> {
  const repository = await bare(cache, url);
  if (!(await has(repository, wanted.commit))) await fetchInto(repository, url, wanted.commit);
  const { tree } = await revision(repository, wanted.commit);
  if (tree !== wanted.tree) {
    throw new SteadError({
      code: 'fetch.git',
      message: `the tree of ${wanted.commit} of ${url} is ${tree}, not ${wanted.tree}`,
      hint: 'stead.lock was changed by hand: run `stead update`.',
    });
  }
  await writeTree(repository, tree, path);
}

/** The tree of a git bundle's HEAD. */
export async function bundleRevision(bundle: string, work: string): Promise<string> {
  return (await bundled(bundle, work)).tree;
}

/** Writes the archive of the tree of a git bundle's HEAD. */
export async function bundleArchive(bundle: string, work: string, path: string): Promise<string> {
  const { repository, tree } = await bundled(bundle, work);
  await writeTree(repository, tree, path);
  return tree;
}

async function bundled(bundle: string, work: string): Promise<{ repository: string; tree: string }> {
  const repository = join(work, 'bundle.git');
  await run(['git', 'clone', '--quiet', '--bare', bundle, repository]);
  return { repository, tree: (await revision(repository, 'HEAD')).tree };
}

/** A repository that keeps what was fetched from a URL, so that the next commit is a small step. */
async function bare(cache: string, url: string): Promise<string> {
  const repository = join(cache, 'git', sha256Hex(url).slice(0, 16));
  mkdirSync(repository, { recursive: true });
  await run(['git', 'init', '--quiet', '--bare', repository]);
  return repository;
}

/** Servers need not give any commit by its name alone: then all of the repository is fetched. */
async function fetchInto(repository: string, url: string, name: string): Promise<void> {
  const fetch = ['git', '-C', repository, 'fetch', '--quiet', '--no-write-commit-graph'] as const;
  try {
    await run([...fetch, '--no-tags', '--depth=1', url, name]);
  } catch (error) {
    if (!COMMIT.test(name)) throw noRevision(url, name, error);
    try {
      await run([...fetch, '--tags', url, '+refs/heads/*:refs/heads/*']);
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

/** A line of git-ls-tree(1); submodules are no part of a tree. */
function member(line: string, work: string): FolderEntry[] {
  const [facts, path] = [line.slice(0, line.indexOf('\t')), line.slice(line.indexOf('\t') + 1)];
  switch (facts.slice(0, 6)) {
    case '100755':
      return [{ path, kind: 'file', mode: '0755' }];
    case '120000':
      return [{ path, kind: 'symlink', target: readlinkSync(join(work, path)) }];
    case '160000':
      return [];
    default:
      return [{ path, kind: 'file', mode: '0644' }];
  }
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

async function revision(repository: string, name: string): Promise<Revision> {
  const printed = await run(['git', '-C', repository, 'rev-parse', `${name}^{commit}`, `${name}^{tree}`]);
  const [commit, tree] = printed.split('\n') as [string, string];
  return { commit, tree };
}

/** Bytes as they are in the repository, whatever attributes of the tree or settings of this machine say. */
async function writeTree(repository: string, tree: string, path: string): Promise<void> {
  mkdirSync(join(repository, 'info'), { recursive: true });
  writeFileSync(join(repository, 'info/attributes'), '* -text -eol -ident -filter -working-tree-encoding\n');
  const work = mkdtempSync(join(repository, 'tree-'));
  try {
    const git = ['git', '-C', repository, '-c', 'core.autocrlf=false', '-c', 'core.symlinks=true'] as const;
    const env = { GIT_WORK_TREE: work, GIT_INDEX_FILE: join(work, '.index') };
    const listed = await run([...git, 'ls-tree', '-r', '-z', '--full-tree', tree]);
    await run([...git, 'read-tree', tree], { env });
    await run([...git, `--work-tree=${work}`, 'checkout-index', '--all', '--quiet', `--prefix=${work}/`], {
      env,
    });
    const lines = listed.split('\0').filter((line) => line !== '');
    writeArchive(
      path,
      work,
      lines.flatMap((line) => member(line, work)),
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
