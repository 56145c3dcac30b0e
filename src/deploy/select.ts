// Which hosts a command line means.
import { SteadError } from '../options/error.ts';
import { didYouMean, nearest } from '../options/nearest.ts';

/** What a host is selected by. */
export interface Selectable {
  readonly name: string;
  readonly tags: readonly string[];
}

/**
 * The hosts that `words` name (`gateway`, `@rack`), in the order of `hosts`; all of them with `all`.
 * @throws SteadError `usage.hosts` when nothing is named, `host.unknown`, `tag.unknown`
 */
export function selectHosts<H extends Selectable>(
  hosts: readonly H[],
  words: readonly string[],
  all: boolean,
): readonly H[] {
  if (all) return hosts;
  if (words.length === 0) {
    throw new SteadError({
      code: 'usage.hosts',
      message: 'no host is named',
      hint: `Name hosts or tags (${examples(hosts)}), or pass --all.`,
    });
  }
  const wanted = new Set(words.flatMap((word) => namesFor(hosts, word)));
  return hosts.filter((host) => wanted.has(host.name));
}

function namesFor(hosts: readonly Selectable[], word: string): string[] {
  const tag = word.startsWith('@') ? word.slice(1) : undefined;
  const found = hosts.filter((host) => (tag === undefined ? host.name === word : host.tags.includes(tag)));
  if (found.length > 0) return found.map((host) => host.name);
  const known = tag === undefined ? hosts.map((host) => host.name) : tagsOf(hosts);
  const near = nearest(tag ?? word, known).map((name) => (tag === undefined ? name : `@${name}`));
  throw new SteadError({
    code: tag === undefined ? 'host.unknown' : 'tag.unknown',
    message: tag === undefined ? `there is no host "${word}" in this fleet` : `no host has the tag "${tag}"`,
    hint: didYouMean(near) ?? `${tag === undefined ? 'Hosts' : 'Tags'}: ${known.join(', ')}.`,
  });
}

function tagsOf(hosts: readonly Selectable[]): string[] {
  return [...new Set(hosts.flatMap((host) => host.tags))].sort();
}

function examples(hosts: readonly Selectable[]): string {
  const [first] = hosts;
  const [tag] = tagsOf(hosts);
  return [first?.name, tag && `@${tag}`].filter((one) => one !== undefined).join(', ');
}
