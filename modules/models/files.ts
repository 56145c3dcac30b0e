// The files that an entry of the catalogue means: their names, where each comes from, what each must be.
import { downloadPath, type z } from 'stead';
import type { models } from './options.ts';
import { shardPaths } from './shards.ts';

export type Models = z.output<typeof models.schema>;
export type Model = Models['catalogue'][string];

/** A file of a model. What of it is not said is undefined. */
export interface ModelFile {
  /** Its name in the model's folder. */
  readonly name: string;
  /** Its path in the repository, or on the host. */
  readonly source: string;
  readonly sha256: string | undefined;
  readonly size: number | undefined;
}

/** The files of a model, in the order of its shards. */
export function modelFiles(model: Model): readonly ModelFile[] {
  const first = model.file ?? model.path ?? '';
  const folder = model.path !== undefined && model.file !== undefined ? `${model.path}/` : '';
  const { locked } = model;
  const sums = [model.sha256 ?? locked?.files.map(({ sha256 }) => sha256) ?? []].flat();
  const sizes = [model.size ?? locked?.files.map(({ size }) => size) ?? []].flat();
  return shardPaths(first, model.shards).map((path, index) => ({
    name: path.slice(path.lastIndexOf('/') + 1),
    source: `${folder}${path}`,
    sha256: sums[index],
    size: sizes[index],
  }));
}

/** Where a file is fetched from: its address on the hub, or its path on the host. */
export function locationOf(
  { hub }: Models,
  model: Model,
  { source }: ModelFile,
): { url: string } | { path: string } {
  if (model.path !== undefined) return { path: source };
  const path = [
    model.repo ?? '',
    'resolve',
    encodeURIComponent(model.locked?.commit ?? model.revision),
    source,
  ].join('/');
  return { url: `${hub.replace(/\/$/, '')}/${path}` };
}

/** The absolute path of a model's first file on the host; undefined where not all of it is pinned. */
export function pathOf(name: string, model: Model): string | undefined {
  const files = modelFiles(model);
  if (!files.every(isPinned)) return undefined;
  return downloadPath(name, Object.fromEntries(files.map((file) => [file.name, file])), files[0]!.name);
}

/** Whether its content is known, so that it can be fetched and named. */
export function isPinned(
  file: ModelFile,
): file is ModelFile & { readonly sha256: string; readonly size: number } {
  return file.sha256 !== undefined && file.size !== undefined;
}
