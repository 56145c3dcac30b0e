// The picture of a fleet, laid out by Graphviz; its colours follow the reader's light or dark scheme.
import type { Graph } from '@viz-js/viz';
import type { Topology, TopologyHost } from '../deploy/index.ts';

/** Above this many hosts only their names and addresses are drawn. */
const DETAILED = 20;

/** An SVG that stands on its own. */
export async function topologySvg(topology: Topology): Promise<string> {
  const { instance } = await import('@viz-js/viz');
  const viz = await instance();
  const svg = viz.renderString(graphOf(topology), { format: 'svg', engine: 'dot' });
  return styled(svg);
}

/** The network that a host is drawn in: the first that is no mesh. */
export function placeOf(
  { addresses }: TopologyHost,
  isMesh: (network: string) => boolean,
): string | undefined {
  return Object.keys(addresses).find((network) => !isMesh(network));
}

/** Networks that tunnels make: those that hosts of every tunnel have. */
export function meshesOf({ hosts, tunnels }: Topology): ReadonlySet<string> {
  const ends = new Set(tunnels.flatMap(({ from, to }) => [from, to]));
  const tunnelled = hosts.filter(({ name }) => ends.has(name));
  const [first, ...rest] = tunnelled.map(({ addresses }) => new Set(Object.keys(addresses)));
  if (first === undefined) return new Set();
  return rest.reduce((shared, one) => new Set([...shared].filter((name) => one.has(name))), first);
}

function graphOf(topology: Topology): Graph {
  const { hosts, tunnels, devices } = topology;
  const meshes = meshesOf(topology);
  const groups = Map.groupBy(hosts, (host) => placeOf(host, (name) => meshes.has(name)));
  const ends = new Set(tunnels.flatMap(({ from, to }) => [from, to]));
  return {
    directed: true,
    graphAttributes: {
      rankdir: 'LR',
      bgcolor: 'transparent',
      fontname: 'Helvetica',
      nodesep: 0.15,
      ranksep: 0.9,
    },
    nodeAttributes: {
      shape: 'box',
      style: 'rounded',
      fontname: 'Helvetica',
      fontsize: 11,
      margin: '0.25,0.06',
    },
    edgeAttributes: { arrowsize: 0.6, fontname: 'Helvetica', fontsize: 10 },
    nodes: [
      ...hosts
        .filter((host) => placeOf(host, (name) => meshes.has(name)) === undefined)
        .map((host) => nodeOf(host, hosts.length)),
      ...devices.map((name) => ({
        name,
        attributes: { label: name, class: 'device', shape: 'ellipse', style: '' },
      })),
    ],
    edges: [
      ...tunnels.map(({ from, to }) => ({
        tail: from,
        head: to,
        attributes: { class: 'tunnel', style: 'dashed' },
      })),
      ...hosts.flatMap(({ name, jump }) =>
        jump === undefined
          ? []
          : [{ tail: name, head: jump, attributes: { class: 'jump', style: 'dotted' } }],
      ),
    ],
    subgraphs: [...groups].flatMap(([network, inside]) =>
      network === undefined ? [] : [clusterOf(network, inside, hosts.length, ends)],
    ),
  };
}

/** Hosts of a network in columns, so that sixty of them are no tower; those with tunnels stand where these lead out. */
function clusterOf(
  network: string,
  inside: readonly TopologyHost[],
  total: number,
  ends: ReadonlySet<string>,
): NonNullable<Graph['subgraphs']>[number] {
  const inner = inside.filter(({ name }) => !ends.has(name));
  const doors = inside.filter(({ name }) => ends.has(name));
  const rows = Math.max(4, Math.ceil(Math.sqrt(inner.length * 2)));
  const chains = inner.slice(0, -rows).map((host, index) => ({
    tail: host.name,
    head: inner[index + rows]!.name,
    attributes: { style: 'invis' },
  }));
  const last = inner.slice(-rows);
  return {
    name: `cluster ${network}`,
    graphAttributes: { label: network, class: 'network', style: 'rounded', fontsize: 13, margin: 14 },
    nodes: inside.map((host) => nodeOf(host, total)),
    edges: [
      ...chains,
      ...doors.flatMap((door) =>
        last.map((host) => ({ tail: host.name, head: door.name, attributes: { style: 'invis' } })),
      ),
    ],
  };
}

function nodeOf(host: TopologyHost, total: number): NonNullable<Graph['nodes']>[number] {
  const addresses = Object.entries(host.addresses).map(([network, address]) => `${network} ${address}`);
  const lines = [host.name, ...addresses, ...(total > DETAILED ? [] : host.services)];
  return { name: host.name, attributes: { label: lines.join('\n'), class: 'host' } };
}

const STYLE = `<style>
svg { color-scheme: light dark; --ink: #1f2328; --soft: #656d76; --line: #8c959f; --host: #ddf4ff; --net: #f6f8fa; --tunnel: #0969da; }
@media (prefers-color-scheme: dark) {
  svg { --ink: #e6edf3; --soft: #9198a1; --line: #6e7681; --host: #12304f; --net: #161b22; --tunnel: #58a6ff; }
}
text { fill: var(--ink); }
.host path, .host polygon { fill: var(--host); stroke: var(--tunnel); }
.device ellipse { fill: none; stroke: var(--line); }
.network path, .network polygon { fill: var(--net); stroke: var(--line); }
.network text { fill: var(--soft); }
.edge path { stroke: var(--line); }
.edge polygon { fill: var(--line); stroke: var(--line); }
.tunnel path, .tunnel polygon { stroke: var(--tunnel); }
.tunnel polygon { fill: var(--tunnel); }
</style>`;

/** Colours by class instead of by attribute; the reader's own width. */
function styled(svg: string): string {
  return svg
    .slice(svg.indexOf('<svg'))
    .replace(
      /<svg width="(\d+)pt" height="\d+pt"/,
      '<svg role="img" aria-label="The fleet" style="max-width:100%;height:auto" width="$1"',
    )
    .replace(/>/, `>\n${STYLE}`);
}
