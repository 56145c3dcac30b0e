// Keys that lead to an option, as a list that shares its beginning with its neighbours.

import type { SourceKey } from '../error.ts';

export interface Path {
  readonly parent: Path | undefined;
  readonly key: string | number;
}

/** The same for where a value is written, which also says in which part of a `merge(…)`. */
export interface SourcePath {
  readonly parent: SourcePath | undefined;
  readonly key: SourceKey;
}

export function keysOf(path: Path | undefined): (string | number)[];
export function keysOf(path: SourcePath | undefined): SourceKey[];
export function keysOf(path: SourcePath | undefined): SourceKey[] {
  const keys: SourceKey[] = [];
  for (let step = path; step !== undefined; step = step.parent) keys.push(step.key);
  return keys.reverse();
}

/** An option path as people write it: `files.etc."wireguard/wg0.conf".mode`, `dnsmasq.hosts[2]`. */
export function optionPath(setName: string, keys: readonly (string | number)[]): string {
  return setName + keys.map(segment).join('');
}

function segment(key: string | number): string {
  if (typeof key === 'number') return `[${key}]`;
  return /^[A-Za-z_$][\w$-]*$/.test(key) ? `.${key}` : `.${JSON.stringify(key)}`;
}

/**
 * The keys in an option path as people write it, the option set's name first.
 * @returns undefined where the text is no path
 */
export function parseOptionPath(text: string): (string | number)[] | undefined {
  const keys: (string | number)[] = [];
  const step = /(?:^|\.)(?:([^."[\]]+)|("(?:[^"\\]|\\.)*"))|\[(\d+)\]/y;
  while (step.lastIndex < text.length) {
    const match = step.exec(text);
    if (match === null) return undefined;
    const [, plain, quoted, index] = match;
    if (index !== undefined) keys.push(Number(index));
    else keys.push(plain ?? (JSON.parse(quoted!) as string));
  }
  return keys.length > 0 ? keys : undefined;
}
