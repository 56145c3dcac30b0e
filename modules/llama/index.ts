// llama-server with one model of the catalogue: another one is a restart, as all of them are on the host already.
import { checks, files, packages, recipes, systemd, users, type Contribution, type HostView } from 'stead';
import type { z } from 'zod';
import { knownModel, modelPath } from '../models/index.ts';
import { ports } from '../ports/index.ts';
import { commandWords } from './arguments.ts';
import { argumentProblems, keyWarning } from './consistency.ts';
import { llama } from './options.ts';
import { serverProgram, type Program } from './program.ts';
import { server } from './server.ts';
import { serverWords, type Service } from './service.ts';

export { llama } from './options.ts';

const UNIT = 'llama-server.service';

type Llama = z.output<typeof llama.schema>;

llama.implement({
  defines: [checks, files, packages, ports, recipes, systemd, users],
  *config(self, { host, packages: set }) {
    yield* consistency(self, host);
    const program = serverProgram(self, host, set);
    const names = new Set([self.activeModel, ...Object.keys(self.models)]);
    yield* server(self, host, program, {
      unit: UNIT,
      listener: 'llama-server',
      health: 'llama-server',
      service: () => service(self, host, program()),
      checked: [...names].map((name) => [`llama-server with ${name}`, argumentsOf(self, name)]),
    });
  },
});

function service(self: Llama, host: HostView, { path, gpu }: Program): Service {
  return {
    description: `llama-server with the model ${self.activeModel}`,
    gpu,
    command: [path, ...modelWords(self, host, self.activeModel), ...serverWords(self)],
    keyFlag: '--api-key-file',
  };
}

/** What it is told for a model: what all have in common, and what is said for this one. */
function modelWords(self: Llama, host: HostView, name: string): string[] {
  const aliases = [name, ...argumentsOf(self, name).aliases];
  return [
    '--model',
    modelPath(host, name),
    '--alias',
    aliases.join(','),
    ...commandWords(self, argumentsOf(self, name)),
  ];
}

function argumentsOf(self: Llama, name: string): Llama['models'][string] {
  return self.models[name] ?? { flags: {}, extraFlags: [], aliases: [] };
}

function* consistency(self: Llama, host: HostView): Generator<Contribution> {
  yield* knownModel(host, self.activeModel, [llama, 'activeModel']);
  yield* argumentProblems(self, self.newFlags, (...keys) => [llama, ...keys]);
  for (const [name, given] of Object.entries(self.models)) {
    yield* knownModel(host, name, [llama, 'models', name]);
    yield* argumentProblems(given, self.newFlags, (...keys) => [llama, 'models', name, ...keys]);
  }
  yield* keyWarning(self, 'llama-server', [llama, 'openTo']);
}
