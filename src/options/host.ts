// Declaring a host: a name, tags and what it uses.
import { Site } from './place.ts';
import type { Contributions } from './types.ts';

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
}

/**
 * Declares a host; a file under `hosts/` exports it as its default.
 * @param name its host name: lower-case letters, digits and dashes (RFC 1123)
 */
export function host(name: string, settings: HostSettings): Host {
  return { kind: 'host', name, tags: settings.tags ?? [], use: settings.use, site: new Site(host) };
}

/** A variant of `base` with more contributions and, if wanted, another name; `base` stays as it is. */
export function extend(base: Host, more: HostSettings & { readonly name?: string }): Host {
  return {
    kind: 'host',
    name: more.name ?? base.name,
    tags: [...new Set([...base.tags, ...(more.tags ?? [])])],
    use: [base.use, more.use],
    site: new Site(extend),
  };
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
