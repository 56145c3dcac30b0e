// The option set `files`: every file, folder and link that a host gets.
import { z } from 'zod';
import { entries, options, type LabelledPlace } from '../../options/index.ts';
import { explain, type HostEvaluation } from '../../options/index.ts';
import { absolutePath, fileMode, groupName, userName } from '../../options/values/index.ts';
import type { FileSource } from '../source.ts';

const file = z.object({
  kind: z
    .enum(['link', 'copy', 'directory', 'symlink'])
    .describe(
      '`link`: a link into the current generation, which changes with the commit point. `copy`: a file of its own, for programs that refuse links. `directory`: a folder with owner and mode. `symlink`: a link to `target`.',
    ),
  text: z.string().optional().describe('The content.'),
  source: absolutePath()
    .optional()
    .describe('A file of the repository that holds the content: `readSource(…).name`.'),
  target: z.string().optional().describe('What a `symlink` points to.'),
  mode: fileMode().describe('Permission bits: 0644, and 0755 for a directory, where nothing is said.'),
  owner: userName().default('root').describe('The user who owns it.'),
  group: groupName().default('root').describe('The group that owns it.'),
});

/** What one entry may be given as: text stands for a file that holds it. */
type FileInput = string | z.input<typeof file>;

const entry = z.preprocess((value: FileInput) => (typeof value === 'string' ? { text: value } : value), file);

const byPath = () =>
  entries(entry, (self) => ({
    kind: () => (self.target === undefined ? 'link' : 'symlink'),
    mode: () => (self.kind === 'directory' ? '0755' : '0644'),
  }));

export const files = options(
  'files',
  z.object({
    etc: byPath().describe('Files below /etc, by their path there: `wireguard/wg0.conf`.'),
    paths: byPath().describe('Files anywhere, by absolute path: `/usr/local/bin/backup`.'),
  }),
);

/** The files of a host for the bundle, in no particular order. */
export function fileSources(host: HostEvaluation): FileSource[] {
  const { etc, paths } = host.get(files);
  return [
    ...Object.entries(etc).map(([name, value]) => fileSource(host, `/etc/${name}`, ['etc', name], value)),
    ...Object.entries(paths).map(([name, value]) => fileSource(host, name, ['paths', name], value)),
  ];
}

function fileSource(
  host: HostEvaluation,
  path: string,
  keys: readonly string[],
  value: z.output<typeof file>,
): FileSource {
  const at = {
    path,
    // Looked up when an error needs it only.
    get origin(): readonly LabelledPlace[] {
      return explain(host, files, keys).map((one) => one.place);
    },
  };
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
