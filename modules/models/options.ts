// Models of language and the like: a catalogue of files on a hub or on the host, by name, each pinned by its content.
import { absolutePath, entries, internal, options, sha256, url, z } from 'stead';
import { shardPaths } from './shards.ts';

const filePath = () =>
  z
    .string()
    .regex(
      /^(?!.*(^|\/)\.)[A-Za-z0-9_][A-Za-z0-9._+=@,-]*(\/[A-Za-z0-9_][A-Za-z0-9._+=@,-]*)*$/,
      'expected a file of the repository, such as model-Q4_K_M.gguf or Q4_K_M/model.gguf',
    );

const bytes = () => z.int().min(1);

const model = z.object({
  repo: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]*\/[A-Za-z0-9][A-Za-z0-9._-]*$/,
      'expected OWNER/NAME, such as ggml-org/models',
    )
    .optional()
    .describe('The repository on the hub, `OWNER/NAME`.'),
  file: filePath()
    .optional()
    .describe(
      'The file in the repository, or in the folder `path`. Of one in shards it is the first (`…-00001-of-00003.gguf`), or the name without the number where `shards` says how many there are.',
    ),
  shards: z
    .int()
    .min(2)
    .max(99_999)
    .optional()
    .describe(
      'In how many files it lies, `NAME-00001-of-00003.gguf` and so on, where `file` does not say so.',
    ),
  sha256: z
    .union([sha256(), z.array(sha256()).min(1)])
    .optional()
    .describe(
      'The SHA-256 of its file, or a list with that of each shard in order. Of a file of a hub nothing need be said of it and its size: `stead update NAME` asks the hub and pins them in stead.lock.',
    ),
  size: z
    .union([bytes(), z.array(bytes()).min(1)])
    .optional()
    .describe('The size of its file in bytes, or a list with that of each shard in order.'),
  revision: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/, 'expected a commit, a branch or a tag')
    .default('main')
    .describe(
      'The commit of the repository, or a branch or a tag, which `stead update` follows: whatever it is, the SHA-256 decides.',
    ),
  path: absolutePath()
    .optional()
    .describe(
      'A file that the host has, in place of `repo`; with `file` the folder that it lies in, and for shards their first one.',
    ),
  locked: internal(
    z
      .object({
        commit: z.string(),
        files: z.array(z.object({ path: z.string(), sha256: z.string(), size: z.number() })),
      })
      .optional(),
  ).describe('What stead.lock says of its files.'),
});

export const models = options(
  'models',
  z.object({
    catalogue: entries(
      model,
      (self, name, { host, lock }) => ({
        locked: () => {
          if (self.repo === undefined || self.file === undefined) return undefined;
          if (self.sha256 !== undefined || self.size !== undefined) return undefined;
          const { repo, revision } = self;
          const files = shardPaths(self.file, self.shards);
          const found = lock.model(name, { hub: host.get(models).hub, repo, revision, files });
          return found === undefined ? undefined : { commit: found.commit, files: [...found.files] };
        },
      }),
      z
        .string()
        .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/, 'expected a name of letters, digits, "-", "_" and "."'),
    ).describe('Models by name. A host has all files of those in its catalogue before it is switched to it.'),
    hub: url()
      .default('https://huggingface.co')
      .describe('Where `repo` is: a hub with the addresses of huggingface.co, such as a mirror.'),
    tokenFile: absolutePath()
      .optional()
      .describe(
        'A file with a token of the hub, for models that ask for one: `secretPath(NAME)`. It is sent to the hub alone.',
      ),
  }),
);
