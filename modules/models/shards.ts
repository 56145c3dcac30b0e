// Models in several files: how llama.cpp names them, `%s-%05d-of-%05d.gguf`.

const SHARD = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/;

/** How many shards a file's own name speaks of, and which of them it is. */
export function shardOf(path: string): { readonly number: number; readonly count: number } | undefined {
  const [, , number, count] = SHARD.exec(path) ?? [];
  return count === undefined ? undefined : { number: Number(number), count: Number(count) };
}

/** All files of a model, from the first or from the name that they begin with. */
export function shardPaths(path: string, shards: number | undefined): string[] {
  const count = shardOf(path)?.count ?? shards ?? 1;
  if (count < 2) return [path];
  const base = SHARD.exec(path)?.[1] ?? path.replace(/\.gguf$/, '');
  const five = (number: number): string => String(number).padStart(5, '0');
  return Array.from({ length: count }, (_, index) => `${base}-${five(index + 1)}-of-${five(count)}.gguf`);
}
