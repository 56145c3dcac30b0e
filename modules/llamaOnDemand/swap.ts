// Models on demand by llama-swap: its file, with a command for each model.
import { assert, shellCommand, yaml, type Contribution, type HostView } from 'stead';
import { commandWords } from '../llama/arguments.ts';
import { modelPath } from '../models/index.ts';
import { modelOf, offered, type OnDemand } from './models.ts';
import { llamaOnDemand } from './options.ts';

/** Stands for the keys, which are put in where nobody else reads the file. */
const KEYS = 'stead-keys';

/** The configuration of llama-swap. */
export function swapConfig(self: OnDemand, host: HostView, program: string): string {
  const names = offered(self, host);
  const preload = names.filter((name) => modelOf(self, name).loadOnStartup);
  // It runs one model at a time by itself; all of them beside one another take a group.
  const together = self.maxModels === 0 ? { groups: { all: { swap: false, members: [...names] } } } : {};
  return yaml({
    globalTTL: self.idleSeconds,
    ...together,
    ...(preload.length > 0 ? { hooks: { on_startup: { preload } } } : {}),
    ...(self.apiKeyFile === undefined ? {} : { apiKeys: [KEYS] }),
    ...self.llamaSwap,
    models: Object.fromEntries(names.map((name) => [name, swapModel(self, host, program, name)])),
  });
}

function swapModel(self: OnDemand, host: HostView, program: string, name: string) {
  const { aliases, idleSeconds, stopSeconds, llamaSwap, ...given } = modelOf(self, name);
  const words = commandWords(self, given);
  return {
    cmd: [
      shellCommand([program, '--host', '127.0.0.1', '--port']),
      '${PORT}',
      shellCommand([
        '--model',
        modelPath(host, name),
        ...words,
        ...(self.metrics ? ['--metrics'] : []),
        '--offline',
      ]),
    ].join(' '),
    proxy: 'http://127.0.0.1:${PORT}',
    ...(aliases.length === 0 ? {} : { aliases: [...aliases] }),
    ...(idleSeconds === undefined ? {} : { ttl: idleSeconds }),
    unloadTimeout: stopSeconds,
    ...llamaSwap,
  };
}

/** What llama-swap cannot do, or would read otherwise than it is meant. */
export function* swapProblems(self: OnDemand, host: HostView): Generator<Contribution> {
  yield assert(
    self.maxModels < 2,
    {
      message: 'llama-swap does not count models: `maxModels` is 1 or 0 there',
      hint: 'Say which run beside one another with `llamaSwap.groups` or `llamaSwap.matrix`.',
    },
    [llamaOnDemand, 'maxModels'],
  );
  yield assert(
    self.llamaSwap?.groups === undefined || self.llamaSwap.matrix === undefined,
    { message: 'llama-swap takes groups or a matrix, not both', hint: 'Take one of them out.' },
    [llamaOnDemand, 'llamaSwap', 'groups'],
    [llamaOnDemand, 'llamaSwap', 'matrix'],
  );
  const claimed = new Map<string, string>();
  for (const name of offered(self, host)) {
    const given = modelOf(self, name);
    const macro = commandWords(self, given).find((word) => word.includes('${'));
    yield assert(
      macro === undefined,
      {
        message: `llama-swap would put something in the place of ${macro}`,
        hint: 'Write the words without `${`.',
      },
      [llamaOnDemand, 'models', name],
    );
  }
  for (const [group, { members }] of Object.entries(self.llamaSwap?.groups ?? {})) {
    for (const member of members) {
      yield assert(
        offered(self, host).includes(member),
        {
          message: `the group ${group} has the member ${member}, which is not offered`,
          hint: 'Add it to `models`, or take it out of the group.',
        },
        [llamaOnDemand, 'llamaSwap', 'groups', group, 'members'],
      );
      const other = claimed.get(member);
      yield assert(
        other === undefined,
        {
          message: `the model ${member} is in two groups, ${other} and ${group}`,
          hint: 'Leave it in one of them.',
        },
        [llamaOnDemand, 'llamaSwap', 'groups', group, 'members'],
        [llamaOnDemand, 'llamaSwap', 'groups', other ?? group, 'members'],
      );
      claimed.set(member, group);
    }
  }
}
