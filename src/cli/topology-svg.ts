// The picture of a fleet, laid out by Graphviz; its colours follow the reader's light or dark scheme.
import type { Graph } from '@viz-js/viz';
import type { Topology, TopologyHost } from '../deploy/index.ts';
import { besides, gridOf, meshesOf, placeOf, shortServices } from './topology-layout.ts';

/** Above this many hosts only their names and addresses are drawn. */
const DETAILED = 20;

/** An SVG that stands on its own. */
export async function topologySvg(topology: Topology): Promise<string> {
  const { instance } = await import('@viz-js/viz');
  const viz = await instance();
  const svg = viz.renderString(graphOf(topology), { format: 'svg', engine: 'dot' });
  return styled(svg);
}

function graphOf(topology: Topology): Graph {
  const { hosts, tunnels, devices } = topology;
  const meshes = meshesOf(topology);
  const groups = Map.groupBy(hosts, (host) => placeOf(host, (name) => meshes.has(name)));
  const networks = groups.size - (groups.has(undefined) ? 1 : 0);
  return {
    directed: true,
    graphAttributes: {
      rankdir: 'LR',
      bgcolor: 'transparent',
      fontname: 'Helvetica',
      nodesep: 0.15,
      ranksep: 0.3,
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
        attributes: { class: 'tunnel', style: 'dashed', minlen: 3 },
      })),
      ...hosts.flatMap(({ name, jump }) =>
        jump === undefined
          ? []
          : [{ tail: name, head: jump, attributes: { class: 'jump', style: 'dotted' } }],
      ),
    ],
    subgraphs: [...groups].flatMap(([network, inside]) =>
      network === undefined ? [] : [clusterOf(topology, network, inside, networks)],
    ),
  };
}

function clusterOf(
  topology: Topology,
  network: string,
  inside: readonly TopologyHost[],
  networks: number,
): NonNullable<Graph['subgraphs']>[number] {
  const grid = gridOf(topology, inside, networks);
  return {
    name: `cluster ${network}`,
    graphAttributes: { label: network, class: 'network', style: 'rounded', fontsize: 13, margin: 14 },
    nodes: inside.map((host) => nodeOf(host, topology.hosts.length)),
    edges: besides(grid).map(([left, right]) => unseen(left, right)),
    subgraphs: grid.columns.map((column) => ({
      graphAttributes: { rank: 'same' },
      nodes: column.map(({ name }) => ({ name })),
      // From bottom to top, which is how dot takes an order within a rank that stands upright.
      edges: column.slice(1).map((host, row) => unseen(host, column[row]!)),
    })),
  };
}

function unseen(tail: TopologyHost, head: TopologyHost): NonNullable<Graph['edges']>[number] {
  return { tail: tail.name, head: head.name, attributes: { style: 'invis' } };
}

function nodeOf(host: TopologyHost, total: number): NonNullable<Graph['nodes']>[number] {
  const addresses = Object.entries(host.addresses).map(([network, address]) => `${network} ${address}`);
  const lines = [host.name, ...addresses, ...(total > DETAILED ? [] : shortServices(host.services))];
  return { name: host.name, attributes: { label: lines.join('\n'), class: 'host' } };
}

/** What people look for stands out: the name; then where a host is; what listens is smaller and softer. */
const STYLE = `<style>
svg { color-scheme: light dark; --ink: #1f2328; --soft: #59636e; --line: #8c959f; --host: #ddf4ff; --net: #f6f8fa; --tunnel: #0969da; }
@media (prefers-color-scheme: dark) {
  svg { --ink: #e6edf3; --soft: #9198a1; --line: #6e7681; --host: #12304f; --net: #161b22; --tunnel: #58a6ff; }
}
text { fill: var(--ink); }
.host text { font-size: 10px; }
.host text:first-of-type { font-size: 11px; font-weight: bold; }
.host .service { font-size: 9px; fill: var(--soft); }
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
    .replace(/<text (?=[^<]* \d+\/[a-z+]+<)/g, '<text class="service" ')
    .replace(
      /<svg width="(\d+)pt" height="\d+pt"/,
      '<svg role="img" aria-label="The fleet" style="max-width:100%;height:auto" width="$1"',
    )
    .replace(/>/, `>\n${STYLE}`);
}
