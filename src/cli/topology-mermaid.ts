// The picture of a fleet as a Mermaid flowchart, for pages that draw these.
import type { Topology, TopologyHost } from '../deploy/index.ts';
import { besides, gridOf, meshesOf, placeOf } from './topology-layout.ts';

/** The text of the chart. Ids are numbers, so that no name can be taken for one of Mermaid's words. */
export function topologyMermaid(topology: Topology): string {
  const { hosts, tunnels, devices } = topology;
  const meshes = meshesOf(topology);
  const ids = new Map(
    [...hosts.map(({ name }) => name), ...devices].map((name, index) => [name, `n${index}`]),
  );
  const groups = Map.groupBy(hosts, (host) => placeOf(host, (name) => meshes.has(name)));
  const nodeLine = (host: TopologyHost): string => `${ids.get(host.name)}["${labelOf(host)}"]`;
  const networks = groups.size - (groups.has(undefined) ? 1 : 0);
  const lines = [...groups].flatMap(([network, inside], index) =>
    network === undefined
      ? inside.map((host) => `  ${nodeLine(host)}`)
      : [
          `  subgraph s${index}["${escaped(network)}"]`,
          ...inside.map((host) => `    ${nodeLine(host)}`),
          // Links that are not drawn: without them all hosts of a network stand in one column.
          ...besides(gridOf(topology, inside, networks)).map(
            ([left, right]) => `    ${ids.get(left.name)} ~~~ ${ids.get(right.name)}`,
          ),
          '  end',
        ],
  );
  return [
    'flowchart LR',
    ...lines,
    ...devices.map((name) => `  ${ids.get(name)}(["${escaped(name)}"])`),
    ...tunnels.map(({ from, to }) => `  ${ids.get(from)} -.-> ${ids.get(to)}`),
    ...hosts.flatMap(({ name, jump }) =>
      jump === undefined ? [] : [`  ${ids.get(name)} -.->|through| ${ids.get(jump)}`],
    ),
  ].join('\n');
}

function labelOf({ name, addresses }: TopologyHost): string {
  const all = Object.entries(addresses).map(([network, address]) => `${network} ${address}`);
  return [name, ...all].map(escaped).join('<br>');
}

function escaped(text: string): string {
  return text.replaceAll('"', '#quot;').replaceAll('<', '#lt;');
}
