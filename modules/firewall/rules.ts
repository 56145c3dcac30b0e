// Words of nft(8) for what a zone, a network or a port is.

/** A port or a range, as options hold it: `22`, `8000-8010`; nft writes them alike. */
export type Ports = readonly (number | string)[];

type Direction = 'iifname' | 'oifname';

/** Matches of interfaces, each for a rule of its own: a name that stands for several cannot be in a set. */
export function interfaceMatches(direction: Direction, interfaces: readonly string[]): string[] {
  const single = interfaces.filter((name) => !name.endsWith('*'));
  const several = interfaces.filter((name) => name.endsWith('*'));
  return [...(single.length > 0 ? [set(single.map(quoted))] : []), ...several.map(quoted)].map(
    (match) => `${direction} ${match}`,
  );
}

/** Matches of addresses, one for each version of IP that is meant: the empty one where any is. */
export function addressMatches(sources: readonly string[], destinations: readonly string[] = []): string[] {
  if (sources.length + destinations.length === 0) return [''];
  return [4, 6].flatMap((version) => {
    const family = version === 4 ? 'ip' : 'ip6';
    const [from, to] = [sources, destinations].map((list) =>
      list.filter((one) => versionOf(one) === version),
    );
    if ((sources.length > 0 && from!.length === 0) || (destinations.length > 0 && to!.length === 0))
      return [];
    return [
      words(
        from!.length > 0 ? `${family} saddr ${set(from!)}` : '',
        to!.length > 0 ? `${family} daddr ${set(to!)}` : '',
      ),
    ];
  });
}

/** The match of ports: none stands for any. */
export function portMatch(protocol: string, ports: Ports): string {
  return ports.length === 0 ? '' : `${protocol} dport ${set(ports.map(String))}`;
}

/** The match of ports as they were before a container engine, or this host, sent them on. */
export function publishedMatch(protocol: string, ports: Ports): string {
  return `ct status dnat meta l4proto ${protocol} ct original proto-dst ${set(ports.map(String))}`;
}

export function versionOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}

/** A rule of its parts, those left out that are empty. */
export function words(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}

function set(members: readonly string[]): string {
  return members.length === 1 ? members[0]! : `{ ${members.join(', ')} }`;
}

function quoted(name: string): string {
  return `"${name}"`;
}
