// The option set `files`: every file, folder and link that a host gets.
import { join } from 'node:path';
import { z } from 'zod';
import {
  entries,
  explain,
  optionPath,
  options,
  SteadError,
  type HostEvaluation,
  type LabelledPlace,
} from '../../options/index.ts';
import { absolutePath, fileMode, groupName, userName } from '../../options/values/index.ts';
import { sourceFolder, type FolderEntry } from '../folder.ts';
import type { FileSource } from '../source.ts';

const file = z
  .object({
    kind: z
      .enum(['link', 'copy', 'directory', 'symlink'])
      .describe(
        '`link`: a link into the current generation, which changes with the commit point. `copy`: a file of its own, for programs that refuse links, and for file systems that hold none (FAT, where what was there stays beside it as `<name>.stead-old`, since a rename may be cut off there). `directory`: a folder with owner and mode. `symlink`: a link to `target`.',
      ),
    text: z.string().optional().describe('The content.'),
    source: absolutePath()
      .optional()
      .describe('A file of the repository that holds the content: `readSource(…).name`.'),
    target: z.string().optional().describe('What a `symlink` points to.'),
    mode: fileMode().describe('Permission bits: 0644, and 0755 for a directory, where nothing is said.'),
    owner: userName().default('root').describe('The user who owns it.'),
    group: groupName().default('root').describe('The group that owns it.'),
  })
  .superRefine(({ kind, text, source, target }, context) => {
    const refuse = (message: string, ...path: string[]): void =>
      context.addIssue({ code: 'custom', path, message });
    const isFile = kind === 'link' || kind === 'copy';
    if (kind === 'symlink' && target === undefined) refuse('a symlink must have a `target`');
    if (isFile && text === undefined && source === undefined) {
      refuse("a file must have `text` or `source`; an empty one has the text ''");
    }
    if (isFile && text !== undefined && source !== undefined) {
      refuse('a file cannot have both, `text` and `source`');
    }
    if (!isFile && text !== undefined) refuse(`a ${kind} cannot have text`, 'text');
    if (!isFile && source !== undefined) refuse(`a ${kind} cannot have a source`, 'source');
    if (kind !== 'symlink' && target !== undefined) {
      refuse(`a ${kind} cannot have a target; only a symlink has one`, 'target');
    }
  });

/** What one entry may be given as: text stands for a file that holds it. */
type FileInput = string | z.input<typeof file>;

const entry = z.preprocess((value: FileInput) => (typeof value === 'string' ? { text: value } : value), file);

const byPath = () =>
  entries(entry, (self) => ({
    kind: () => (self.target === undefined ? 'link' : 'symlink'),
    mode: () => (self.kind === 'directory' ? '0755' : '0644'),
  }));

const tree = z.object({
  source: absolutePath().describe(
    'A folder of the repository: `sourceFolder(…)`. What its `.steadignore` names is left out (dockerignore rules).',
  ),
  kind: z
    .enum(['link', 'copy'])
    .default('link')
    .describe('What its files become. Symbolic links stay what they are.'),
  mode: fileMode()
    .default('0644')
    .describe('Permission bits of its files; who may read one that is executable may also execute it.'),
  owner: userName().default('root').describe('The user who owns the files.'),
  group: groupName().default('root').describe('The group that owns them.'),
});

export const files = options(
  'files',
  z.object({
    etc: byPath().describe('Files below /etc, by their path there: `wireguard/wg0.conf`.'),
    paths: byPath().describe('Files anywhere, by absolute path: `/usr/local/bin/backup`.'),
    trees: entries(tree, undefined, absolutePath()).describe(
      'Folders of files, by the absolute path that they get: `/srv/site`.',
    ),
  }),
);

/** The files of a host for the bundle, in no particular order. */
export function fileSources(host: HostEvaluation): FileSource[] {
  const { etc, paths, trees } = host.get(files);
  return [
    ...Object.entries(etc).map(([name, value]) => fileSource(host, `/etc/${name}`, ['etc', name], value)),
    ...Object.entries(paths).map(([name, value]) => fileSource(host, name, ['paths', name], value)),
    ...Object.entries(trees).flatMap(([name, value]) => treeSources(host, name, value)),
  ];
}

function treeSources(host: HostEvaluation, top: string, value: z.output<typeof tree>): FileSource[] {
  const { source, kind, mode, owner, group } = value;
  return entriesOf(host, top, source).map((entry): FileSource => {
    const at = defined(host, `${top.replace(/\/$/, '')}/${entry.path}`, ['trees', top]);
    if (entry.kind === 'symlink') return Object.assign(at, { kind: entry.kind, target: entry.target });
    const content = { file: join(source, entry.path) };
    return Object.assign(at, {
      kind,
      mode: entry.mode === '0755' ? executable(mode) : mode,
      owner,
      group,
      content,
    });
  });
}

function entriesOf(host: HostEvaluation, top: string, source: string): FolderEntry[] {
  try {
    return sourceFolder(source);
  } catch (error) {
    if (!(error instanceof SteadError)) throw error;
    const { origin, option } = defined(host, top, ['trees', top, 'source']);
    throw error.with({ host: host.name, option, places: origin });
  }
}

/** A path, with the option that defines it and where: looked up when an error needs it only. */
function defined(host: HostEvaluation, path: string, keys: readonly string[]) {
  return {
    path,
    get origin(): readonly LabelledPlace[] {
      return explain(host, files, keys).map((one) => one.place);
    },
    get option(): string {
      return optionPath(files.name, keys);
    },
  };
}

/** Whoever may read may execute: 0640 becomes 0750. */
function executable(mode: string): string {
  const bits = Number.parseInt(mode, 8);
  return (bits | ((bits & 0o444) >> 2)).toString(8).padStart(4, '0');
}

function fileSource(
  host: HostEvaluation,
  path: string,
  keys: readonly string[],
  value: z.output<typeof file>,
): FileSource {
  const at = defined(host, path, keys);
  const { mode, owner, group } = value;
  switch (value.kind) {
    case 'directory':
      return Object.assign(at, { kind: value.kind, mode, owner, group });
    case 'symlink':
      return Object.assign(at, { kind: value.kind, target: value.target ?? '' });
    default: {
      const content = value.source === undefined ? (value.text ?? '') : { file: value.source };
      return Object.assign(at, { kind: value.kind, mode, owner, group, content });
    }
  }
}
