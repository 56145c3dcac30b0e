// The option set `downloads`: large files that a host fetches by itself before it is switched, and keeps by content.
import { z } from 'zod';
import { assert, entries, options, type HostEvaluation, type OptionReference } from '../../options/index.ts';
import { absolutePath, sha256, url } from '../../options/values/index.ts';
import { DOWNLOAD_FILE, DOWNLOAD_NAME } from '../download-path.ts';
import { SECRETS_FOLDER } from '../secret-path.ts';
import type { DownloadSource } from '../source.ts';
import { packages } from './packages.ts';
import { secrets } from './secrets.ts';

const downloadName = () =>
  z.string().regex(DOWNLOAD_NAME, 'expected a name of letters, digits, "-", "_" and "."');
const fileName = () =>
  z
    .string()
    .regex(DOWNLOAD_FILE, 'expected a file name of letters, digits and any of ._+=@,- after the first');

const file = z.object({
  url: url().optional().describe('Where it is fetched from.'),
  path: absolutePath()
    .optional()
    .describe(
      'A file that the host has already, in place of `url`: its blocks are shared where the file system can, else it is copied.',
    ),
  sha256: sha256().describe('The SHA-256 of its content: what has another is refused.'),
  size: z
    .int()
    .min(0)
    .describe('Its size in bytes: the room that it takes is asked for before anything is fetched.'),
});

const folder = z.object({
  files: entries(file, undefined, fileName()).describe('Files by the names that they have in one folder.'),
  tokenFile: absolutePath()
    .optional()
    .describe(
      'A file with a bearer token, such as `secretPath(NAME)`. It is sent to the hosts that the URLs name, never to those that they redirect to.',
    ),
});

export const DEFAULT_AT_ONCE = 3;

export const downloads = options(
  'downloads',
  z.object({
    folders: entries(folder, undefined, downloadName()).describe(
      'Folders of files by name, each at `/var/lib/stead/downloads/DIGEST-NAME/`.',
    ),
    atOnce: z
      .int()
      .min(1)
      .max(16)
      .default(DEFAULT_AT_ONCE)
      .describe('How many files are fetched at the same time.'),
  }),
);

downloads.implement({
  defines: [packages],
  *config({ folders }, { host }) {
    const all = Object.entries(folders);
    if (all.some(([, { files }]) => Object.values(files).some((one) => one.url !== undefined))) {
      yield packages({ install: ['curl', 'ca-certificates'] });
    }
    for (const [name, { files, tokenFile }] of all) {
      const at = (...keys: string[]): OptionReference => [downloads, 'folders', name, ...keys];
      yield assert(
        Object.keys(files).length > 0,
        { message: `the download ${name} has no files`, hint: 'Name `files`, or take the download out.' },
        at(),
      );
      for (const [fileName, one] of Object.entries(files)) {
        yield assert(
          (one.url === undefined) !== (one.path === undefined),
          {
            message: `the file ${fileName} of the download ${name} has ${one.url === undefined ? 'neither a URL nor' : 'both a URL and'} a path`,
            hint: 'Give it one of them.',
          },
          at('files', fileName),
        );
        yield assert(
          tokenFile === undefined || one.url === undefined || keepsSecrets(one.url),
          {
            message: `the token of the download ${name} would be sent unencrypted: ${fileName} is fetched over http`,
            hint: 'Fetch it over https, or without the token.',
          },
          at('files', fileName, 'url'),
          at('tokenFile'),
        );
      }
      if (tokenFile?.startsWith(`${SECRETS_FOLDER}/`) !== true) continue;
      const secret = tokenFile.slice(SECRETS_FOLDER.length + 1);
      yield assert(
        secret in host.get(secrets).files,
        {
          message: `the token of the download ${name} is the secret ${secret}, which is none of this host's \`secrets.files\``,
          hint: 'Declare it there, or mend the name.',
        },
        at('tokenFile'),
      );
    }
  },
});

/** Whether nobody between the two ends reads what is sent. */
function keepsSecrets(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  return (
    protocol === 'https:' || hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
  );
}

/** The downloads of a host for the bundle. */
export function downloadSources(host: HostEvaluation): DownloadSource[] {
  return Object.entries(host.get(downloads).folders).map(([name, { files, tokenFile }]) => ({
    name,
    tokenFile: tokenFile ?? null,
    files: Object.entries(files).map(([fileName, { url: address, path, sha256: sum, size }]) => ({
      name: fileName,
      from: address ?? path ?? '',
      sha256: sum,
      size,
    })),
  }));
}
