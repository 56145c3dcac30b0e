// The catalogue of models, and the downloads that it becomes.
import { describe, expect, test } from 'vitest';
import { host, options, secretPath, z, type HostView } from 'stead';
import { knownModel, modelPath, models } from 'stead/modules/models';
import { downloads } from '../../src/bundle/sets/index.ts';
import { Evaluation } from '../../src/options/index.ts';
import { fleet, mistakes } from './rack.ts';
import { told } from '../told.ts';

const a = 'a'.repeat(64);
const b = 'b'.repeat(64);
type Entry = z.input<NonNullable<(typeof models.schema)['shape']['catalogue']['valueType']>>;
type Catalogue = Readonly<Record<string, Entry>>;
const box = (catalogue: Catalogue, more: Omit<Parameters<typeof models>[0], 'catalogue'> = {}) =>
  host('box', { use: [models({ catalogue, ...more })] });
const foldersOf = (...args: Parameters<typeof box>) =>
  fleet(box(...args))
    .host('box')
    .get(downloads).folders;

test('an entry of the hub is a download with its address, at the revision that it says', () => {
  const tiny = { repo: 'owner/tiny-GGUF', file: 'Q4/tiny.gguf', sha256: a, size: 10 };
  expect(foldersOf({ tiny })).toEqual({
    tiny: {
      files: {
        'tiny.gguf': {
          url: 'https://huggingface.co/owner/tiny-GGUF/resolve/main/Q4/tiny.gguf',
          sha256: a,
          size: 10,
        },
      },
    },
  });
  const pinned = { ...tiny, revision: 'refs/pr/2' };
  expect(foldersOf({ tiny: pinned }, { hub: 'http://127.0.0.1:8099/', tokenFile: '/root/hub' })).toEqual({
    tiny: {
      tokenFile: '/root/hub',
      files: {
        'tiny.gguf': {
          url: 'http://127.0.0.1:8099/owner/tiny-GGUF/resolve/refs%2Fpr%2F2/Q4/tiny.gguf',
          sha256: a,
          size: 10,
        },
      },
    },
  });
});

test('shards are named as llama.cpp names them, from a number or from the first of them', () => {
  const common = { repo: 'owner/big', sha256: [a, b], size: [10, 20] };
  const byCount = foldersOf({ big: { ...common, file: 'Q4/big.gguf', shards: 2 } });
  const byName = foldersOf({ big: { ...common, file: 'Q4/big-00001-of-00002.gguf' } });
  expect(byCount).toEqual(byName);
  expect(Object.entries(byCount['big']!.files)).toEqual([
    [
      'big-00001-of-00002.gguf',
      {
        url: 'https://huggingface.co/owner/big/resolve/main/Q4/big-00001-of-00002.gguf',
        sha256: a,
        size: 10,
      },
    ],
    [
      'big-00002-of-00002.gguf',
      {
        url: 'https://huggingface.co/owner/big/resolve/main/Q4/big-00002-of-00002.gguf',
        sha256: b,
        size: 20,
      },
    ],
  ]);
});

test('a file of the host stands in for the hub: by itself, in a folder, and in shards', () => {
  const pin = { sha256: a, size: 10 };
  const paths = (entry: Entry) =>
    Object.values(foldersOf({ own: entry }, { tokenFile: '/root/hub' })['own']!.files).map(
      ({ path }) => path,
    );
  expect(paths({ ...pin, path: '/srv/models/x.gguf' })).toEqual(['/srv/models/x.gguf']);
  expect(paths({ ...pin, path: '/srv/models', file: 'x.gguf' })).toEqual(['/srv/models/x.gguf']);
  expect(paths({ path: '/srv/models/x-00001-of-00002.gguf', sha256: [a, b], size: [1, 2] })).toEqual([
    '/srv/models/x-00001-of-00002.gguf',
    '/srv/models/x-00002-of-00002.gguf',
  ]);
  const own = foldersOf({ own: { ...pin, path: '/srv/x.gguf' } }, { tokenFile: '/root/hub' })['own'];
  expect(own?.tokenFile).toBe(undefined);
});

test('the path of a model is that of its first file, and follows names and contents alone', () => {
  const path = (entry: Entry) => modelPath(fleet(box({ big: entry })).host('box'), 'big');
  const big = { repo: 'owner/big', file: 'big.gguf', shards: 2, sha256: [a, b], size: [10, 20] };
  const first = path(big);
  expect(first).toMatch(/^\/var\/lib\/stead\/downloads\/[0-9a-z]{32}-big\/big-00001-of-00002\.gguf$/);
  expect(path({ ...big, repo: 'mirror/big', revision: 'v2' })).toBe(first);
  expect(path({ ...big, sha256: [a, a] })).not.toBe(first);
});

describe('what is wrong is said of the entry', () => {
  const good = { repo: 'owner/x', file: 'x.gguf', sha256: a, size: 10 };
  test.each<[string, Entry, string]>([
    [
      'no source',
      { sha256: a, size: 10 },
      'the model x has neither a repository nor a path = Give it one of them.',
    ],
    [
      'two sources',
      { ...good, path: '/srv/x.gguf' },
      'the model x has both a repository and a path = Give it one of them.',
    ],
    [
      'no file',
      { repo: 'owner/x', sha256: a, size: 10 },
      'the model x does not say which file of owner/x it is = Give `file`, as the page of the repository lists it.',
    ],
    [
      'a later shard',
      { ...good, file: 'x-00002-of-00003.gguf', sha256: [a, a, a], size: [1, 1, 1] },
      'the model x names shard 2 = Name the first, which stands for all.',
    ],
    [
      'two counts',
      { ...good, file: 'x-00001-of-00003.gguf', shards: 2, sha256: [a, a, a], size: [1, 1, 1] },
      'the model x is in 3 shards by its name and in 2 by `shards` = Leave out `shards`: the name tells.',
    ],
    [
      'too few sums',
      { ...good, shards: 2, size: [1, 2] },
      'the model x is in 2 files, and sha256 says 1 = Give one for each file, in their order.',
    ],
    [
      'too many sizes',
      { ...good, size: [1, 2] },
      'the model x is in 1 file, and size says 2 = Give one for each file, in their order.',
    ],
    [
      'no size',
      { repo: 'owner/x', file: 'x.gguf', sha256: a },
      'the model x has no size = `stat -c %s FILE` tells it.',
    ],
    [
      'no sum',
      { repo: 'owner/x', file: 'x.gguf', size: 1 },
      'the model x has no sha256 = `sha256sum FILE` tells it, or the page of the file on the hub.',
    ],
    ['a sum as it is pasted', { ...good, sha256: `sha256:${a}` }, 'leave out sha256:'],
  ])('%s', (_, entry, message) => {
    expect(mistakes(box({ x: entry })).join('\n')).toContain(message);
  });

  test('a token that would be sent unencrypted, and one that no secret is', () => {
    expect(mistakes(box({ x: good }, { hub: 'http://mirror.lan', tokenFile: '/root/hub' }))).toEqual([
      'the token of the download x would be sent unencrypted: x.gguf is fetched over http = Fetch it over https, or without the token.',
    ]);
    expect(mistakes(box({ x: good }, { tokenFile: secretPath('hub') }))).toEqual([
      "the token of the download x is the secret hub, which is none of this host's `secrets.files` = Declare it there, or mend the name.",
    ]);
  });

  test('a model named by a service but not in the catalogue: both places, and the nearest names', () => {
    const service = options('service', z.object({ model: z.string().describe('Its model.') }));
    service.implement({
      defines: [],
      *config({ model }, { host: self }) {
        yield* knownModel(self as HostView, model, [service, 'model']);
      },
    });
    const errors = new Evaluation([
      host('box', {
        use: [models({ catalogue: { 'tiny-a': good, other: good } }), service({ model: 'tiny-b' })],
      }),
    ]).check().errors;
    expect(errors.map(told)).toEqual(['the model tiny-b is not in the catalogue = Did you mean tiny-a?']);
    expect(errors[0]!.places.map(({ keys }) => keys?.join('.'))).toEqual([
      'model',
      'catalogue.tiny-a',
      undefined,
    ]);
  });
});
