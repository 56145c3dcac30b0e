// What a bundle says of what its host fetches by itself.
import { expect, test } from 'vitest';
import { downloads, host, secretPath, type Contribution } from 'stead';
import { bundle, bundleSource, downloadPath } from '../../src/bundle/index.ts';
import { Evaluation } from '../../src/options/index.ts';
import { told } from '../told.ts';

const a = 'a'.repeat(64);
const b = 'b'.repeat(64);
const built = (...use: readonly Contribution[]) =>
  bundle(
    bundleSource(new Evaluation([host('a', { use })]).host('a'), (name) => ({ name })),
    { runtime: { 'stead-host': '' }, provenance: { commit: null, dirty: false, stead: '0' } },
  );
const mistakes = (...use: readonly Contribution[]) =>
  new Evaluation([host('a', { use })]).check().errors.map(told);

test('downloads are rows of the manifest and of a table, sorted, and curl is installed', async () => {
  const { manifest, tables } = await built(
    downloads({
      folders: {
        tiny: {
          tokenFile: '/root/token',
          files: {
            'b.gguf': { path: '/srv/b c.gguf', sha256: b, size: 2 },
            'a.gguf': { url: 'https://hub.example.org/a.gguf', sha256: a, size: 1 },
          },
        },
      },
    }),
  );
  const folder = downloadPath('tiny', { 'a.gguf': { sha256: a }, 'b.gguf': { sha256: b } }, 'x').slice(0, -2);
  expect(manifest.downloads).toEqual([
    {
      name: 'tiny',
      path: folder,
      tokenFile: '/root/token',
      files: [
        { name: 'a.gguf', from: 'https://hub.example.org/a.gguf', sha256: a, size: 1 },
        { name: 'b.gguf', from: '/srv/b c.gguf', sha256: b, size: 2 },
      ],
    },
  ]);
  const name = folder.split('/').at(-1);
  expect(tables['downloads.tsv']).toBe(
    `${name}\ta.gguf\t1\t${a}\thttps://hub.example.org/a.gguf\t/root/token\n${name}\tb.gguf\t2\t${b}\t/srv/b c.gguf\t/root/token\n`,
  );
  expect(manifest.packages.map((one) => one.name)).toEqual(['ca-certificates', 'curl']);
  expect(manifest.settings).not.toHaveProperty('downloadsAtOnce');
});

test('files that the host has need no program that fetches; how many at once is told to the host', async () => {
  const { manifest } = await built(
    downloads({ atOnce: 5, folders: { own: { files: { x: { path: '/srv/x', sha256: a, size: 1 } } } } }),
  );
  expect(manifest.packages).toEqual([]);
  expect(manifest.settings).toMatchObject({ downloadsAtOnce: '5' });
});

test('a download without files, and a file with no source or two, are errors', () => {
  expect(
    mistakes(
      downloads({
        folders: {
          empty: {},
          none: { files: { x: { sha256: a, size: 1 } } },

          two: { files: { x: { sha256: a, size: 1, url: 'https://e.org/x', path: '/x' } } },
          secret: {
            tokenFile: secretPath('hub'),
            files: { x: { sha256: a, size: 1, url: 'https://e.org/x' } },
          },
          open: { tokenFile: '/root/t', files: { x: { sha256: a, size: 1, url: 'http://e.org/x' } } },
          here: { tokenFile: '/root/t', files: { x: { sha256: a, size: 1, url: 'http://127.0.0.1:1/x' } } },
        },
      }),
    ),
  ).toEqual([
    'the download empty has no files = Name `files`, or take the download out.',
    'the file x of the download none has neither a URL nor a path = Give it one of them.',
    'the token of the download open would be sent unencrypted: x is fetched over http = Fetch it over https, or without the token.',
    "the token of the download secret is the secret hub, which is none of this host's `secrets.files` = Declare it there, or mend the name.",
    'the file x of the download two has both a URL and a path = Give it one of them.',
  ]);
});
