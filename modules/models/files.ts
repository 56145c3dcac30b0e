// The files that an entry of the catalogue means: their names, where each comes from, what each must be.
import { downloadPath, type z } from 'stead';
import type { models } from './options.ts';

export type Models = z.output<typeof models.schema>;
export type Model = Models['catalogue'][string];

/** A file of a model. What of it is not said is undefined, and found by `problems`. */
export interface ModelFile {
  /** Its name in the model's folder. */
  readonly name: string;
  /** Its path in the repository, or on the host. */
  readonly source: string;
  readonly sha256: string | undefined;
  readonly size: number | undefined;
}

const SHARD = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/;

/** The files of a model, in the order of its shards. */
export function modelFiles(model: Model): readonly ModelFile[] {
  const first = model.file ?? model.path ?? '';
  const folder = model.path !== undefined && model.file !== undefined ? `${model.path}/` : '';
  const [sums, sizes] = [[model.sha256 ?? []].flat(), [model.size ?? []].flat()];
  return shardPaths(first, model.shards).map((path, index) => ({
    name: path.slice(path.lastIndexOf('/') + 1),
    source: `${folder}${path}`,
    sha256: sums[index],
    size: sizes[index],
  }));
}

/** How many shards a file's own name speaks of, and which of them it is. */
export function shardOf(path: string): { readonly number: number; readonly count: number } | undefined {
  const [, , number, count] = SHARD.exec(path) ?? [];
  return count === undefined ? undefined : { number: Number(number), count: Number(count) };
}

/** As llama.cpp names them: `%s-%05d-of-%05d.gguf`. */
function shardPaths(path: string, shards: number | undefined): string[] {
  const count = shardOf(path)?.count ?? shards ?? 1;
  if (count < 2) return [path];
  const base = SHARD.exec(path)?.[1] ?? path.replace(/\.gguf$/, '');
  const five = (number: number): string => String(number).padStart(5, '0');
  return Array.from({ length: count }, (_, index) => `${base}-${five(index + 1)}-of-${five(count)}.gguf`);
}

/** Where a file is fetched from: its address on the hub, or its path on the host. */
export function locationOf(
  { hub }: Models,
  model: Model,
  { source }: ModelFile,
): { url: string } | { path: string } {
  if (model.path !== undefined) return { path: source };
  const path = [model.repo ?? '', 'resolve', encodeURIComponent(model.revision), source].join('/');
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
