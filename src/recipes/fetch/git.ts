// Trees of git repositories as sources, each as one archive.
import { join } from 'node:path';
import { SteadError } from '../../options/index.ts';
import { fetched, revision, takeBytes, type Found, type Revision } from './git-repository.ts';
import { writeTree } from './git-tree.ts';
import { run } from './programs.ts';

/**
 * Writes the archive of a commit's tree, with the trees of its submodules.
 * @throws SteadError `fetch.git` also where the tree is not the one
 */
export async function gitArchive(url: string, wanted: Revision, cache: string, path: string): Promise<void> {
  const found = await fetched(url, wanted.commit, cache);
  if (found.tree !== wanted.tree) {
    throw new SteadError({
      code: 'fetch.git',
      message: `the tree of ${wanted.commit} of ${url} is ${found.tree}, not ${wanted.tree}`,
      hint: 'stead.lock was changed by hand: run `stead update`.',
    });
  }
  await writeTree({ ...found, url, cache }, path);
}

/** The tree of a git bundle's HEAD. */
export async function bundleRevision(bundle: string, work: string): Promise<string> {
  return (await bundled(bundle, work)).tree;
}

/** Writes the archive of the tree of a git bundle's HEAD. */
export async function bundleArchive(bundle: string, work: string, path: string): Promise<string> {
  const found = await bundled(bundle, work);
  await writeTree({ ...found, url: '', cache: work }, path);
  return found.tree;
}

async function bundled(bundle: string, work: string): Promise<Found> {
  const repository = join(work, 'bundle.git');
  await run(['git', 'clone', '--quiet', '--bare', bundle, repository]);
  takeBytes(repository);
  return { repository, tree: (await revision(repository, 'HEAD')).tree };
}
