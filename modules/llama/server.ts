// What all servers of language models have: the program, the check of its arguments, the unit, its health, its port.
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
import { ports } from '../ports/index.ts';
import { commandWords, type Arguments } from './arguments.ts';
import { outputsOf, type Program } from './program.ts';
import { gpuGroups, healthCheck, serverWords, serviceUnit, type Server, type Service } from './service.ts';

const CHECK_PROGRAM = '/usr/local/lib/stead/llama-check';

/** Has llama-server read arguments before a switch. */
const checkScript = readSource('./check.sh');

/** What tells one server from another. */
export interface ServerParts {
  readonly unit: string;
  /** What it is called among the ports of the host, and among its health checks. */
  readonly listener: string;
  readonly health: string;
  readonly service: () => Service;
  /** Arguments that llama-server is to understand, by what a check of them is called. */
  readonly checked: readonly (readonly [name: string, given: Arguments])[];
}

export function* server(
  self: Server,
  host: HostView,
  program: () => Program,
  { unit, listener, health, service, checked }: ServerParts,
): Generator<Contribution> {
  yield recipes({ use: () => outputsOf(program()) });
  yield systemd({ units: { [unit]: () => serviceUnit(self, host, service()) } });
  yield users({ groups: () => gpuGroups(program()) });
  // It is asked over HTTP whether it is well.
  yield packages({ install: ['curl'] });
  yield files({ paths: { [CHECK_PROGRAM]: { source: checkScript.name, mode: '0755' } } });
  yield checks({
    preflight: Object.fromEntries(
      checked.map(([name, given]) => [
        name,
        () => [CHECK_PROGRAM, program().path, ...commandWords(self, given), ...serverWords(self)],
      ]),
    ),
    health: { [health]: healthCheck(self) },
  });
  yield ports({
    listen: { [listener]: { port: self.port, address: self.address, openTo: [...self.openTo] } },
  });
}
