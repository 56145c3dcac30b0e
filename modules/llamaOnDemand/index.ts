// Models that load when a request names them and are let go when idle: by llama-server's own router, or by llama-swap.
import {
  assert,
  checks,
  files,
  packages,
  readSource,
  recipes,
  systemd,
  systemdCommand,
  users,
  type Contribution,
  type HostView,
} from 'stead';
import { argumentProblems, keyWarning, ON_DEMAND_ELSEWHERE } from '../llama/consistency.ts';
import { serverProgram, type Program } from '../llama/program.ts';
import { server } from '../llama/server.ts';
import { serverWords, type Service } from '../llama/service.ts';
import { knownModel } from '../models/index.ts';
import { ports } from '../ports/index.ts';
import { modelOf, offered, type OnDemand } from './models.ts';
import { llamaOnDemand } from './options.ts';
import { presetProblems, presets, routerWords } from './router.ts';
import { swapConfig, swapProblems } from './swap.ts';

export { llamaOnDemand } from './options.ts';

const UNIT = 'llama-on-demand.service';
const PRESETS = '/etc/llama/models.ini';
const SWAP_CONFIG = '/etc/llama-swap/config.yaml';
const SWAP_START = '/usr/local/lib/stead/llama-swap-start';

const swapStart = readSource('./llama-swap.sh');

llamaOnDemand.implement({
  defines: [checks, files, packages, ports, recipes, systemd, users],
  *config(self, { host, packages: set }) {
    yield* consistency(self, host);
    const program = serverProgram(self, host, set);
    const back = self.backend === 'router' ? router(self, host) : swap(self, host);
    yield* server(self, host, program, {
      unit: UNIT,
      listener: 'llama-on-demand',
      health: 'models on demand',
      service: () => back.service(program()),
      checked: offered(self, host).map((name) => [
        `llama-server with ${name}, on demand`,
        modelOf(self, name),
      ]),
    });
    for (const [path, content] of Object.entries(back.files)) {
      yield files({ paths: { [path]: () => content(program()) } });
    }
    if (self.backend === 'llama-swap') {
      yield checks({ preflight: { 'llama-swap': [SWAP_START, 'check', self.swapProgram] } });
    }
  },
});

/** One of the two back ends: what runs, and the files that it reads. */
interface BackEnd {
  readonly service: (program: Program) => Service;
  readonly files: Readonly<Record<string, (program: Program) => FileContent>>;
}

type FileContent = string | { readonly source: string; readonly mode: string };

function router(self: OnDemand, host: HostView): BackEnd {
  return {
    service: ({ path, gpu }) => ({
      description: 'llama-server with models on demand',
      gpu,
      command: [path, ...routerWords(self, PRESETS), ...serverWords(self)],
      keyFlag: '--api-key-file',
      readBy: [PRESETS],
    }),
    files: { [PRESETS]: () => presets(self, host) },
  };
}

function swap(self: OnDemand, host: HostView): BackEnd {
  const at = self.address.includes(':') ? `[${self.address}]` : self.address;
  return {
    service: ({ gpu }) => ({
      description: 'llama-swap with models on demand',
      gpu,
      command: [SWAP_START, 'run', self.swapProgram, SWAP_CONFIG, '-listen', `${at}:${self.port}`],
      more: {
        RuntimeDirectory: 'llama-swap',
        RuntimeDirectoryMode: '0700',
        ExecReload: [systemdCommand([SWAP_START, 'prepare', SWAP_CONFIG]), '/bin/kill -HUP $MAINPID'],
      },
      // It reads its file again as a whole, once, and ends all models that run.
      readBy: [{ reload: SWAP_CONFIG }, SWAP_START],
    }),
    files: {
      [SWAP_CONFIG]: ({ path }) => swapConfig(self, host, path),
      [SWAP_START]: () => ({ source: swapStart.name, mode: '0755' }),
    },
  };
}

function* consistency(self: OnDemand, host: HostView): Generator<Contribution> {
  const names = offered(self, host);
  yield assert(
    names.length > 0,
    { message: 'no model is offered on demand', hint: 'Add one to `models({ catalogue: … })`.' },
    [llamaOnDemand],
  );
  for (const name of self.offer) yield* knownModel(host, name, [llamaOnDemand, 'offer']);
  yield* argumentProblems(self, self.newFlags, (...keys) => [llamaOnDemand, ...keys], ON_DEMAND_ELSEWHERE);
  for (const [name, given] of Object.entries(self.models)) {
    yield* knownModel(host, name, [llamaOnDemand, 'models', name]);
    yield* argumentProblems(
      given,
      self.newFlags,
      (...keys) => [llamaOnDemand, 'models', name, ...keys],
      ON_DEMAND_ELSEWHERE,
    );
  }
  yield* aliasProblems(self, names);
  yield* self.backend === 'router' ? presetProblems(self, host) : swapProblems(self, host);
  yield* keyWarning(self, self.backend === 'router' ? 'llama-server' : 'llama-swap', [
    llamaOnDemand,
    'openTo',
  ]);
}

/** A name leads to one model. */
function* aliasProblems(self: OnDemand, names: readonly string[]): Generator<Contribution> {
  const owners = new Map<string, string>(names.map((name) => [name, name]));
  for (const name of names) {
    for (const alias of modelOf(self, name).aliases) {
      const other = owners.get(alias);
      yield assert(
        other === undefined,
        {
          message: `${name} has the alias ${alias}, which is ${other === alias ? 'the name of another model' : `one of ${other}, too`}`,
          hint: 'Choose another alias.',
        },
        [llamaOnDemand, 'models', name, 'aliases'],
      );
      owners.set(alias, name);
    }
  }
}
