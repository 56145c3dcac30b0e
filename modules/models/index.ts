// Models: what the catalogue names is fetched by the host itself, checked, and kept by content for services to load.
import {
  assert,
  didYouMean,
  downloads,
  nearest,
  type Contribution,
  type HostView,
  type OptionReference,
} from 'stead';
import { isPinned, locationOf, modelFiles, pathOf, type Model, type Models } from './files.ts';
import { models } from './options.ts';
import { shardOf } from './shards.ts';

export { models } from './options.ts';

models.implement({
  defines: [downloads],
  *config(self) {
    for (const [name, model] of Object.entries(self.catalogue)) {
      yield* consistency(name, model);
      const files = modelFiles(model);
      if (!files.every(isPinned)) continue;
      yield downloads({
        folders: {
          [name]: {
            files: Object.fromEntries(
              files.map((file) => [
                file.name,
                { ...locationOf(self, model, file), sha256: file.sha256, size: file.size },
              ]),
            ),
            ...(model.repo === undefined || self.tokenFile === undefined
              ? {}
              : { tokenFile: self.tokenFile }),
          },
        },
      });
    }
  },
});

/**
 * The absolute path of a model's first file, for a service's command line; of one in shards it leads to all. A name that
 * is in no catalogue gives a path that is nowhere: say so with `knownModel`.
 */
export function modelPath(host: HostView, name: string): string {
  const model = host.get(models).catalogue[name];
  return (model === undefined ? undefined : pathOf(name, model)) ?? `/var/lib/stead/downloads/${name}`;
}

/** For a service that names a model: an error at `option` unless the host's catalogue has it. */
export function* knownModel(host: HostView, name: string, option: OptionReference): Generator<Contribution> {
  const known = Object.keys(host.get(models).catalogue);
  const near = nearest(name, known);
  const hint =
    didYouMean(near) ??
    (known.length > 0
      ? `There are ${known.join(', ')}.`
      : 'It is empty: add the model to `models({ catalogue: … })`.');
  yield assert(known.includes(name), { message: `the model ${name} is not in the catalogue`, hint }, option, [
    models,
    'catalogue',
  ]);
}

function* consistency(name: string, model: Model): Generator<Contribution> {
  const at = (...keys: string[]): OptionReference => [models, 'catalogue', name, ...keys];
  yield assert(
    (model.repo === undefined) !== (model.path === undefined),
    {
      message: `the model ${name} has ${model.repo === undefined ? 'neither a repository nor' : 'both a repository and'} a path`,
      hint: 'Give it one of them.',
    },
    at(),
  );
  yield assert(
    model.repo === undefined || model.file !== undefined,
    {
      message: `the model ${name} does not say which file of ${model.repo} it is`,
      hint: 'Give `file`, as the page of the repository lists it.',
    },
    at('repo'),
  );
  const shard = shardOf(model.file ?? model.path ?? '');
  yield assert(
    shard === undefined || shard.number === 1,
    {
      message: `the model ${name} names shard ${shard?.number}`,
      hint: 'Name the first, which stands for all.',
    },
    at(model.file === undefined ? 'path' : 'file'),
  );
  yield assert(
    shard === undefined || model.shards === undefined || model.shards === shard.count,
    {
      message: `the model ${name} is in ${shard?.count} shards by its name and in ${model.shards} by \`shards\``,
      hint: 'Leave out `shards`: the name tells.',
    },
    at('shards'),
    at(model.file === undefined ? 'path' : 'file'),
  );
  if (model.locked !== undefined) return;
  const isAsked = model.repo !== undefined && model.sha256 === undefined && model.size === undefined;
  yield assert(
    !isAsked || model.file === undefined,
    {
      message: `the model ${name} is not in stead.lock`,
      hint: `Run \`stead update ${name}\`, or give its \`sha256\` and \`size\`.`,
    },
    at(),
  );
  const count = modelFiles(model).length;
  for (const key of ['sha256', 'size'] as const) {
    const given = [model[key] ?? []].flat().length;
    yield assert(
      given === 0 || given === count,
      {
        message: `the model ${name} is in ${count} ${count === 1 ? 'file' : 'files'}, and ${key} says ${given}`,
        hint: 'Give one for each file, in their order.',
      },
      at(key),
    );
    yield assert(
      given > 0 || isAsked,
      {
        message: `the model ${name} has no ${key}`,
        hint:
          key === 'size'
            ? '`stat -c %s FILE` tells it.'
            : '`sha256sum FILE` tells it, or the page of the file on the hub.',
      },
      at(),
    );
  }
}

export type { Models };
