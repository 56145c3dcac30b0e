// llama-server with one model of the catalogue: another one is a restart, as all of them are on the host already.
import {
  checks,
  files,
  packages,
  readSource,
  recipes,
  systemd,
  users,
  type Contribution,
  type HostView,
} from 'stead';
import type { z } from 'zod';
import { knownModel, modelPath } from '../models/index.ts';
import { ports } from '../ports/index.ts';
import { commandWords } from './arguments.ts';
import { argumentProblems, keyWarning } from './consistency.ts';
import { llama } from './options.ts';
import { outputsOf, serverProgram, type Program } from './program.ts';
import { gpuGroups, healthCheck, serverWords, serviceUnit } from './service.ts';

export { llama } from './options.ts';

const UNIT = 'llama-server.service';
export const CHECK_PROGRAM = '/usr/local/lib/stead/llama-check';

/** Has llama-server read arguments before a switch. */
export const checkScript = readSource('./check.sh');

type Llama = z.output<typeof llama.schema>;

llama.implement({
  defines: [checks, files, packages, ports, recipes, systemd, users],
  *config(self, { host, packages: set }) {
    yield* consistency(self, host);
    const program = serverProgram(self, host, set);
    yield recipes({ use: () => outputsOf(program()) });
    yield systemd({ units: { [UNIT]: () => unit(self, host, program()) } });
    yield users({ groups: () => gpuGroups(program()) });
    // It is asked over HTTP whether it is well.
    yield packages({ install: ['curl'] });
    yield files({ paths: { [CHECK_PROGRAM]: { source: checkScript.name, mode: '0755' } } });
    const names = new Set([self.activeModel, ...Object.keys(self.models)]);
    yield checks({
      preflight: Object.fromEntries(
        [...names].map((name) => [
          `llama-server with ${name}`,
          () => [
            CHECK_PROGRAM,
            program().path,
            ...commandWords(self, argumentsOf(self, name)),
            ...serverWords(self),
          ],
        ]),
      ),
      health: { 'llama-server': healthCheck(self) },
    });
    yield ports({
      listen: { 'llama-server': { port: self.port, address: self.address, openTo: [...self.openTo] } },
    });
  },
});

function unit(self: Llama, host: HostView, program: Program) {
  return serviceUnit(self, host, {
    description: `llama-server with the model ${self.activeModel}`,
    gpu: program.gpu,
    command: [program.path, ...modelWords(self, host, self.activeModel), ...serverWords(self)],
    keyFlag: '--api-key-file',
  });
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
