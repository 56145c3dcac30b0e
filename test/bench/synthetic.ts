// The fleet of the evaluation benchmark: 50 option sets of 10 options on every host, cross-host reads as in a mesh.
import { z } from 'zod';
import {
  entries,
  Evaluation,
  host,
  options,
  uniqueList,
  type Host,
  type OptionSet,
} from '../../src/options/index.ts';

export const SETS = 50;

/** Evaluates a fleet of that many hosts, every option of it. */
export function evaluateSynthetic(count: number): void {
  const { errors } = new Evaluation(makeHosts(count)).check();
  if (errors.length > 0) throw errors[0]!;
}

function schema() {
  return z.object({
    enable: z.boolean().default(true),
    address: z.ipv4(),
    port: z.int().min(1).max(65535).default(80),
    level: z.enum(['debug', 'info', 'error']).default('info'),
    label: z.string(),
    names: uniqueList(z.string()),
    settings: z.record(z.string(), z.string()),
    sites: entries(z.object({ root: z.string(), tls: z.boolean().default(true) })),
    peer: z.string(),
    limit: z.int().default(10),
  });
}

function makeSets(): OptionSet<ReturnType<typeof schema>>[] {
  const lines = options('lines', z.object({ text: z.record(z.string(), z.string()) }));
  return Array.from({ length: SETS }, (_, index) => {
    const set = options(`set${index}`, schema());
    set.implement({
      defines: [lines],
      *config(self) {
        yield lines({
          text: { [set.name]: () => `${self.address}:${self.port} ${self.peer} ${self.names.join(' ')}` },
        });
      },
    });
    return set;
  });
}

export function makeHosts(count: number): Host[] {
  const sets = makeSets();
  return Array.from({ length: count }, (_, index) => {
    const address = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
    const use = sets.map((set) =>
      set({
        address,
        label: `host ${index}`,
        names: ['a', `n${index}`],
        settings: { key: 'value', other: String(index) },
        sites: { main: { root: '/srv' } },
        peer: ({ fleet }) =>
          index === 0
            ? fleet.hosts.map((one) => one.get(set).address).join(',')
            : `${fleet.host('h0').get(set).address} ${fleet.host(`h${index - 1}`).get(set).port}`,
      }),
    );
    return host(`h${index}`, { use });
  });
}
