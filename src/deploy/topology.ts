// The fleet as a picture would show it: hosts with their networks, tunnels between them, what they serve.
import { z } from 'zod';
import type { Evaluation, HostEvaluation } from '../options/index.ts';
import { target } from '../targets/option-set.ts';

/** A host in the picture. */
export interface TopologyHost {
  readonly name: string;
  readonly tags: readonly string[];
  /** Its address in each network that it is in. */
  readonly addresses: Readonly<Record<string, string>>;
  /** What listens there: `nginx https 443/tcp`. */
  readonly services: readonly string[];
  /** The host that it is reached through. */
  readonly jump?: string;
}

export interface Topology {
  readonly hosts: readonly TopologyHost[];
  /** Who connects to whom; devices without stead are named as they are on their hub. */
  readonly tunnels: readonly { readonly from: string; readonly to: string }[];
  /** Devices that are no hosts of the fleet. */
  readonly devices: readonly string[];
}

// Modules are read by the names of their option sets: a fleet that has none of them has a picture all the same.
const networkSchema = z.object({ addresses: z.record(z.string(), z.string()) });
const portsSchema = z.object({
  listen: z.record(z.string(), z.object({ port: z.number(), protocol: z.string() })),
});
const wireguardSchema = z.object({
  role: z.string(),
  network: z.string(),
  roaming: z.record(z.string(), z.unknown()).default({}),
});

/** What there is to draw of an evaluated fleet. */
export function topologyOf({ hosts }: Evaluation): Topology {
  const meshes = hosts.flatMap((host) => {
    const mesh = valueOf(host, 'wireguard', wireguardSchema);
    return mesh === undefined ? [] : [{ host: host.name, ...mesh }];
  });
  const hubs = meshes.filter(({ role }) => role === 'hub');
  const spokes = meshes
    .filter(({ role }) => role !== 'hub')
    .flatMap(({ host, network }) => {
      const hub = hubs.find((one) => one.network === network);
      return hub === undefined ? [] : [{ from: host, to: hub.host }];
    });
  const roaming = hubs.flatMap(({ host, roaming: devices }) =>
    Object.keys(devices).map((from) => ({ from, to: host })),
  );
  return {
    hosts: hosts.map(hostIn),
    tunnels: [...spokes, ...roaming],
    devices: [...new Set(roaming.map(({ from }) => from))],
  };
}

function hostIn(host: HostEvaluation): TopologyHost {
  const listen = valueOf(host, 'ports', portsSchema)?.listen ?? {};
  const jump = host.get(target).ssh?.jump;
  return {
    name: host.name,
    tags: host.tags,
    addresses: valueOf(host, 'network', networkSchema)?.addresses ?? {},
    services: Object.entries(listen).map(([name, { port, protocol }]) => `${name} ${port}/${protocol}`),
    ...(jump === undefined ? {} : { jump }),
  };
}

function valueOf<T>(host: HostEvaluation, name: string, schema: z.core.$ZodType<T>): T | undefined {
  const set = host.usedSets().find((one) => one.name === name);
  return set === undefined ? undefined : z.safeParse(schema, host.get(set)).data;
}
