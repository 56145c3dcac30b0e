// What both pictures of a fleet, SVG and Mermaid, have in common: which network a host stands in, and where there.
import type { Topology, TopologyHost } from '../deploy/index.ts';

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

/** The hosts of a network as they stand there, in their order from top to bottom. */
export interface Grid {
  readonly columns: readonly (readonly TopologyHost[])[];
  /** Those with tunnels: beside the last column, where these lead out. */
  readonly doors: readonly TopologyHost[];
}

/**
 * Columns of a network's hosts, so that sixty of them are no tower.
 * @param networks how many stand above each other: the more there are, the flatter is each
 */
export function gridOf({ tunnels }: Topology, inside: readonly TopologyHost[], networks: number): Grid {
  const ends = new Set(tunnels.flatMap(({ from, to }) => [from, to]));
  const inner = inside.filter(({ name }) => !ends.has(name));
  const rows = Math.max(3, Math.ceil(Math.sqrt((inner.length * 2) / networks)));
  return {
    columns: Array.from({ length: Math.ceil(inner.length / rows) }, (_, index) =>
      inner.slice(index * rows, (index + 1) * rows),
    ),
    doors: inside.filter(({ name }) => ends.has(name)),
  };
}

/** Pairs of hosts of which the second stands right of the first. */
export function besides({ columns, doors }: Grid): readonly (readonly [TopologyHost, TopologyHost])[] {
  const last = columns.at(-1) ?? [];
  return [
    ...columns
      .slice(1)
      .flatMap((column, index) => column.map((host, row) => [columns[index]![row]!, host] as const)),
    ...doors.flatMap((door) => last.map((host) => [host, door] as const)),
  ];
}

/**
 * A service that listens at several addresses, or by both protocols, in one line: `dnsmasq dns 53/tcp+udp`.
 * @param services as `TopologyHost` has them
 */
export function shortServices(services: readonly string[]): readonly string[] {
  const found = new Map<string, Set<string>>();
  for (const service of services) {
    const [, name = service, port = '', protocol = ''] = /^(.*) (\d+)\/(\w+)$/.exec(service) ?? [];
    const short = name.replaceAll(/ (?:(?:over )?(?:tcp|udp)|[0-9a-f.:]*[.:][0-9a-f.:]*)(?= |$)/g, '');
    const key = `${short} ${port}`;
    found.set(key, (found.get(key) ?? new Set()).add(protocol));
  }
  return [...found].map(([key, protocols]) => `${key}/${[...protocols].toSorted().join('+')}`);
}
