// The architecture as tests: who may import whom, and what stands at the top of the repository.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** Each folder imports from itself and from those above it. */
const layers = [
  'options',
  'fleet',
  'render',
  'bundle',
  'recipes',
  'secrets',
  'host',
  'targets',
  'deploy',
  'lab',
  'cli',
];

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '');

interface Import {
  readonly from: string;
  readonly specifier: string;
}

const imports: Import[] = files
  .filter((path) => /\.(ts|mjs)$/.test(path))
  .flatMap((path) =>
    [...readFileSync(resolve(root, path), 'utf8').matchAll(/(?:\bfrom |\bimport\(?)\s*'([^']+)'/g)].map(
      ([, specifier]) => ({ from: path, specifier: specifier! }),
    ),
  );

describe('the layers of src/', () => {
  const internal = imports
    .filter(({ from, specifier }) => from.startsWith('src/') && specifier.startsWith('.'))
    .map(({ from, specifier }) => ({ from, to: relative(root, resolve(root, dirname(from), specifier)) }));

  test('a folder imports only from itself and from folders above it', () => {
    const upward = internal.filter(({ from, to }) => {
      const [fromLayer, toLayer] = [layerOf(from), layerOf(to)];
      return fromLayer !== undefined && (toLayer === undefined || toLayer > fromLayer);
    });
    expect(upward.filter(({ to }) => to !== 'package.json')).toEqual([]);
  });

  test('imports stay inside src/', () => {
    expect(internal.filter(({ to }) => !to.startsWith('src/'))).toEqual([]);
  });
});

describe('the module library', () => {
  test('modules and hosts use stead through its public names only', () => {
    const reaching = imports.filter(
      ({ from, specifier }) =>
        /^(modules|hosts|overlays)\//.test(from) &&
        !/^(stead(\/modules\/[\w-]+)?|zod|\.\.?\/(?!.*src\/).*)$/.test(specifier),
    );
    expect(reaching).toEqual([]);
  });
});

describe('the repository', () => {
  test('has the folders that the design names at its top, and no other', () => {
    const folders = new Set(files.filter((path) => path.includes('/')).map((path) => path.split('/')[0]!));
    const extra = [...folders].filter((name) => !name.startsWith('.'));
    expect(
      extra.filter((name) => !['src', 'hosts', 'modules', 'overlays', 'out', 'test'].includes(name)),
    ).toEqual([]);
  });
});

function layerOf(path: string): number | undefined {
  const folder = /^src\/([^/]+)\//.exec(path)?.[1];
  const index = layers.indexOf(folder ?? '');
  return index === -1 ? undefined : index;
}
