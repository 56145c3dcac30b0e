// Declaring a host: a name, tags and what it uses.
import { checkSettings, IMPORT_CYCLE, wrongArgument, type Call, type Spot } from './arguments.ts';
import type { LabelledPlace } from './error.ts';
import { shown } from './merge/shown.ts';
import { Site } from './place.ts';
import type { Contributions } from './types.ts';
import { wrapperOf } from './wrapper.ts';

/** What a host's file says. */
export interface HostSettings {
  /** Names for groups of hosts: `stead switch @rack`. */
  readonly tags?: readonly string[];
  /** Definitions, profiles (lists of them), assertions. */
  readonly use: Contributions;
}

/** A host as declared; evaluation gives it its values. */
export interface Host {
  readonly kind: 'host';
  readonly name: string;
  readonly tags: readonly string[];
  readonly use: Contributions;
  readonly site: Site;
  /** What a variant was made of. */
  readonly variantOf?: Variant;
}

interface Variant {
  readonly base: Host;
  /** What it uses besides, and the keys that lead there in the last argument of the call. */
  readonly more: Contributions;
  readonly keys: readonly string[];
}

const HOST_HINT = "Write host('NAME', { use: [ … ] }).";
const EXTEND_HINT = 'Write extend(base, { use: [ … ] }).';

/**
 * Declares a host; a file under `hosts/` exports it as its default.
 * @param name its host name: lower-case letters, digits and dashes (RFC 1123)
 * @throws SteadError `call.argument` for arguments of another kind
 */
export function host(name: string, settings: HostSettings): Host {
  const call = { name: 'host(…)', site: new Site(host) };
  if (typeof name !== 'string') {
    throw wrongArgument(call, { keys: [], argument: 0 }, `takes a name first, got ${shown(name)}`, HOST_HINT);
  }
  const spot = settings === undefined ? {} : { keys: [] };
  checkSettings(call, settings, spot, ['tags', 'use'], HOST_HINT);
  checkTags(call, settings.tags);
  checkUse(call, settings.use);
  return { kind: 'host', name, tags: settings.tags ?? [], use: settings.use, site: call.site };
}

/**
 * A variant of `base` with more contributions and, if wanted, another name; `base` stays as it is.
 * @throws SteadError `call.argument` for arguments of another kind
 */
export function extend(base: Host, more: HostSettings & { readonly name?: string }): Host {
  const call = { name: 'extend(…)', site: new Site(extend) };
  if (!isHost(base)) {
    const hint = base === undefined ? IMPORT_CYCLE : EXTEND_HINT;
    throw wrongArgument(call, { keys: [], argument: 0 }, `takes a host first, got ${shown(base)}`, hint);
  }
  checkSettings(call, more, more === undefined ? {} : { keys: [] }, ['name', 'tags', 'use'], EXTEND_HINT);
  if (more.name !== undefined && typeof more.name !== 'string') {
    throw wrongArgument(
      call,
      { keys: ['name'] },
      `takes text as the \`name\`, got ${shown(more.name)}`,
      EXTEND_HINT,
    );
  }
  checkTags(call, more.tags);
  checkUse(call, more.use);
  return {
    ...variant(base, more.use, call.site, ['use']),
    name: more.name ?? base.name,
    tags: [...new Set([...base.tags, ...(more.tags ?? [])])],
  };
}

/**
 * `base` with more contributions, which stand at `keys` in the last argument of the call at `site`.
 * @throws SteadError `call.argument` where they are no list
 */
export function variant(base: Host, more: Contributions, site: Site, keys: readonly string[]): Host {
  if (!isList(more)) {
    const call = { name: 'host.extend(…)', site };
    throw wrongArgument(
      call,
      { keys },
      `takes a list of definitions, got ${shown(more)}`,
      'Write host.extend([ … ]).',
    );
  }
  return { ...base, use: [base.use, more], site, variantOf: { base, more, keys } };
}

/** Where the source of a host lists `item`; the whole list where it is computed. */
export function placeInUse({ use, site, variantOf }: Host, item: unknown): LabelledPlace {
  const keys = wayTo(item, variantOf?.more ?? use);
  if (keys === undefined && variantOf !== undefined) return placeInUse(variantOf.base, item);
  return { place: site.place(), keys: [...(variantOf?.keys ?? ['use']), ...(keys ?? [])] };
}

export function isHost(value: unknown): value is Host {
  return (
    typeof value === 'object' &&
    value !== null &&
    (value as { kind?: unknown }).kind === 'host' &&
    'use' in value
  );
}

/** A label of RFC 1123 in lower case: what a host calls itself, and what folders and bundles are named by. */
export function isHostName(name: unknown): name is string {
  return typeof name === 'string' && /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name);
}

function checkTags(call: Call, tags: unknown): void {
  if (tags === undefined) return;
  if (!Array.isArray(tags)) {
    const hint = typeof tags === 'string' ? `Write \`tags: ['${tags}']\`.` : "Write `tags: ['rack']`.";
    throw wrongArgument(
      call,
      { keys: ['tags'] },
      `takes a list of texts as \`tags\`, got ${shown(tags)}`,
      hint,
    );
  }
  const index = tags.findIndex((tag) => typeof tag !== 'string' || tag === '');
  if (index === -1) return;
  const spot: Spot = { keys: ['tags', index] };
  throw wrongArgument(
    call,
    spot,
    `takes texts as \`tags\`, got ${shown(tags[index])}`,
    "Write `tags: ['rack']`.",
  );
}

function checkUse(call: Call, use: unknown): void {
  if (use === undefined) {
    throw wrongArgument(call, { keys: [] }, 'needs `use`, a list of definitions', 'Write `use: [ … ]`.');
  }
  if (isList(use)) return;
  const hint = typeof use === 'function' ? 'Write the list itself, without `() =>`.' : 'Write `use: [ … ]`.';
  throw wrongArgument(call, { keys: ['use'] }, `takes a list as \`use\`, got ${shown(use)}`, hint);
}

/** A list of contributions, or one in `when(…)` and the like. */
function isList(use: unknown): boolean {
  return Array.isArray(use) || wrapperOf(use) !== undefined;
}

/** The indices that lead to `item` in a list of lists; undefined where it is in none. */
export function wayTo(item: unknown, list: unknown): number[] | undefined {
  if (Object.is(list, item)) return [];
  const wrapper = wrapperOf(list);
  if (wrapper !== undefined && wrapper.kind !== 'merge') return wayTo(item, wrapper.value);
  const inner = wrapper === undefined ? list : wrapper.values;
  if (!Array.isArray(inner)) return undefined;
  for (const [index, one] of inner.entries()) {
    const way = wayTo(item, one);
    if (way !== undefined) return wrapper === undefined ? [index, ...way] : way;
  }
  return undefined;
}
