// The tree of a commit with those of its submodules, as one archive.
import { mkdtempSync, readlinkSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { compareBytes, type FolderEntry } from '../../bundle/index.ts';
import { SteadError } from '../../options/index.ts';
import { writeArchive } from '../archive.ts';
import { fetched, type Found } from './git-repository.ts';
import { run } from './programs.ts';

interface Place extends Found {
  /** What addresses of submodules may be relative to. */
  readonly url: string;
  readonly cache: string;
}

/** Writes the archive. @throws SteadError `fetch.git` for a submodule that cannot be had */
export async function writeTree(place: Place, path: string): Promise<void> {
  const work = mkdtempSync(join(place.repository, 'tree-'));
  try {
    const members = await checkedOut(place, work, '');
    writeArchive(
      path,
      work,
      members.sort((left, right) => compareBytes(left.path, right.path)),
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** A line of git-ls-tree(1). */
interface TreeLine {
  readonly mode: string;
  readonly object: string;
  readonly path: string;
}

/** Puts a tree with its submodules into a folder. @param below the folder in there, with a slash at its end */
async function checkedOut(place: Place, work: string, below: string): Promise<FolderEntry[]> {
  const { repository, tree } = place;
  const git = ['git', '-C', repository, '-c', 'core.autocrlf=false', '-c', 'core.symlinks=true'] as const;
  const index = join(repository, `${basename(work)}.index`);
  const env = { GIT_WORK_TREE: work, GIT_INDEX_FILE: index };
  const listed = await run([...git, 'ls-tree', '-r', '-z', '--full-tree', tree]);
  try {
    await run([...git, 'read-tree', tree], { env });
    await run(
      [...git, `--work-tree=${work}`, 'checkout-index', '--all', '--quiet', `--prefix=${work}/${below}`],
      {
        env,
      },
    );
  } finally {
    rmSync(index, { force: true });
  }
  const lines = listed
    .split('\0')
    .filter((line) => line !== '')
    .map(treeLine);
  const links = lines.filter(({ mode }) => mode === SUBMODULE);
  const members = lines.filter(({ mode }) => mode !== SUBMODULE).map((line) => member(line, work, below));
  const addresses = links.length === 0 ? new Map<string, string>() : await addressesOf(place);
  for (const { path, object } of links) {
    const inner = await submodule(place, path, object, addresses);
    members.push(...(await checkedOut(inner, work, `${below}${path}/`)));
  }
  return members;
}

const SUBMODULE = '160000';

function treeLine(line: string): TreeLine {
  const [facts, path] = [line.slice(0, line.indexOf('\t')), line.slice(line.indexOf('\t') + 1)];
  const [mode, , object] = facts.split(' ');
  return { mode: mode!, object: object!, path };
}

function member({ mode, path: inner }: TreeLine, work: string, below: string): FolderEntry {
  const path = `${below}${inner}`;
  if (mode === '120000') return { path, kind: 'symlink', target: readlinkSync(join(work, path)) };
  return { path, kind: 'file', mode: mode === '100755' ? '0755' : '0644' };
}

/** By path: what .gitmodules says, gitmodules(5). */
async function addressesOf({ repository, tree }: Place): Promise<ReadonlyMap<string, string>> {
  const said = await run([
    'git',
    '-C',
    repository,
    'config',
    '--null',
    '--blob',
    `${tree}:.gitmodules`,
    '--list',
  ]);
  const found = new Map<string, { path?: string; url?: string }>();
  for (const entry of said.split('\0')) {
    const [, name, key, value] = /^submodule\.([^]*)\.(path|url)\n([^]*)$/.exec(entry) ?? [];
    if (name !== undefined) found.set(name, { ...found.get(name), [key!]: value });
  }
  return new Map([...found.values()].flatMap(({ path, url }) => (path && url ? [[path, url] as const] : [])));
}

async function submodule(
  { url: base, cache }: Place,
  path: string,
  commit: string,
  addresses: ReadonlyMap<string, string>,
): Promise<Place> {
  const said = addresses.get(path);
  const url = said === undefined ? undefined : addressFrom(said, base);
  if (url === undefined) {
    throw new SteadError({
      code: 'fetch.git',
      message: `the submodule ${path}${base === '' ? '' : ` of ${base}`} cannot be fetched: ${said === undefined ? '.gitmodules does not name it' : `its address is ${said}`}`,
      hint: 'Take the source from where it is whole: an archive of the release, with source.url.',
    });
  }
  // A repository from elsewhere does not get to name folders of this machine.
  const env: Record<string, string> = base.startsWith('file:') ? {} : { GIT_PROTOCOL_FROM_USER: '0' };
  return { ...(await fetched(url, commit, cache, env)), url, cache };
}

/** Relative to the repository that names it; undefined for what is no address. */
function addressFrom(said: string, base: string): string | undefined {
  if (!/^\.\.?\//.test(said)) return said.startsWith('-') ? undefined : said;
  return URL.canParse(said, `${base}/`) ? new URL(said, `${base}/`).href : undefined;
}
