// What tests of language models share: a catalogue, and hosts that have it.
import { host } from 'stead';
import { llama } from 'stead/modules/llama';
import { llamaOnDemand } from 'stead/modules/llamaOnDemand';
import { models } from 'stead/modules/models';

const file = (name: string, digit: string) => ({
  path: `/srv/models/${name}.gguf`,
  sha256: digit.repeat(64),
  size: 257_120,
});

export const catalogue = { 'tiny-a': file('tiny-a', 'a'), 'tiny-b': file('tiny-b', 'b') };
export const program = '/opt/llama/bin/llama-server';

type Settings<S extends (value: never) => unknown> = Parameters<S>[0];

/** A host that serves one model. */
export const serving = (more: Omit<Extract<Settings<typeof llama>, object>, 'x'> = {}) =>
  host('box', { use: [models({ catalogue }), llama({ program, activeModel: 'tiny-a', ...more })] });

/** A host with models on demand. */
export const onDemand = (more: Omit<Extract<Settings<typeof llamaOnDemand>, object>, 'x'> = {}) =>
  host('box', { use: [models({ catalogue }), llamaOnDemand({ program, ...more })] });
