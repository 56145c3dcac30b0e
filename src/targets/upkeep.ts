// The host's verbs that look after its store, typed: verify, mend, gc.

import type { Readable } from 'node:stream';
import { z } from 'zod';
import { amount, generationNumber, read } from './hostAnswer.ts';
import { hostError, hostLines, parseLines, single, values } from './hostLines.ts';
import { hostCommand } from './hostCommand.ts';
import type { Session } from './target.ts';

/** What a host finds when it compares everything with what it should be. */
export interface Verification {
  /** Bundles, by store name, whose own files or tree are not what they should be. */
  readonly bundles: readonly { readonly name: string; readonly problem: string }[];
  /** Files of the store, by store name. */
  readonly objects: readonly { readonly name: string; readonly kind: 'missing' | 'changed' | 'mode' }[];
  /** Paths of the current generation. */
  readonly paths: readonly {
    readonly path: string;
    readonly kind: 'missing' | 'replaced' | 'changed' | 'mode' | 'undeclared';
  }[];
  /** Files of downloads, as `FOLDER/FILE`. */
  readonly downloads: readonly { readonly name: string; readonly kind: 'missing' | 'changed' }[];
  /** Outputs of recipes, by store name. */
  readonly outputs: readonly { readonly name: string; readonly kind: 'missing' | 'changed' }[];
  /** How many of each were looked at. */
  readonly checked: {
    readonly bundles: number;
    readonly objects: number;
    readonly paths: number;
    readonly downloads: number;
    readonly outputs: number;
  };
}

/** What a collection removed. */
export interface Collected {
  /** Numbers of generations. */
  readonly generations: readonly number[];
  readonly bundles: number;
  readonly objects: number;
  /** Names of downloads. */
  readonly downloads: readonly string[];
  /** Outputs of recipes, by store name. */
  readonly outputs: readonly string[];
  readonly bytes: number;
  /** Names of Debian packages. */
  readonly packages: readonly string[];
  /** Debian packages that no generation wants and that stay, with those that need them. */
  readonly packagesKept: readonly { readonly name: string; readonly neededBy: readonly string[] }[];
}

/**
 * Compares the store, all managed paths and downloads of a host with what its bundles say.
 * @param hashDownloads whether downloads are hashed, rather than known by size and time of change
 */
export async function verify(session: Session, hashDownloads = false): Promise<Verification> {
  const result = await hostCommand(session, 'verify', hashDownloads ? ['--downloads'] : []);
  const lines = parseLines(result.stdout);
  const [checked] = values(lines, 'checked');
  if (checked === undefined) throw hostError(result, 'verify');
  const [bundles, objects, paths] = checked.map((count) => read(amount, count, 'verify'));
  return {
    bundles: values(lines, 'bundle').map(([name, problem]) => ({
      name: read(z.string(), name, 'verify'),
      problem: read(z.string(), problem, 'verify'),
    })),
    objects: values(lines, 'object').map(([name, kind]) => ({
      name: read(z.string(), name, 'verify'),
      kind: read(z.enum(['missing', 'changed', 'mode']), kind, 'verify'),
    })),
    paths: values(lines, 'path').map(([path, kind]) => ({
      path: read(z.string(), path, 'verify'),
      kind: read(z.enum(['missing', 'replaced', 'changed', 'mode', 'undeclared']), kind, 'verify'),
    })),
    downloads: values(lines, 'download').map(([name, kind]) => ({
      name: read(z.string(), name, 'verify'),
      kind: read(z.enum(['missing', 'changed']), kind, 'verify'),
    })),
    outputs: values(lines, 'output').map(([name, kind]) => ({
      name: read(z.string(), name, 'verify'),
      kind: read(z.enum(['missing', 'changed']), kind, 'verify'),
    })),
    checked: {
      bundles: bundles!,
      objects: objects!,
      paths: paths!,
      downloads: read(amount, values(lines, 'downloads')[0]?.[0] ?? 0, 'verify'),
      outputs: read(amount, values(lines, 'outputs')[0]?.[0] ?? '0', 'verify'),
    },
  };
}

/**
 * Gives a host the content of one member of a bundle: an object by its store name, or a file beside `root/`.
 * Raises SteadError `host.mend` where it is not what the bundle's hash says.
 */
export async function mend(
  session: Session,
  bundle: string,
  member: string,
  content: Readable | string,
): Promise<void> {
  await hostLines(session, 'mend', [bundle, member], { stdin: content });
}

/** Takes away an output that is not as it was built; the next switch has it made again. */
export async function discardOutput(session: Session, name: string): Promise<void> {
  await hostLines(session, 'discard-output', [name]);
}

/** Removes generations as asked, and whatever nothing refers to; packages that no generation wants if asked. */
export async function collect(
  session: Session,
  {
    keep,
    olderThanDays,
    packages = false,
  }: { readonly keep?: number; readonly olderThanDays?: number; readonly packages?: boolean },
): Promise<Collected> {
  const args: string[] = packages ? ['--packages'] : [];
  if (keep !== undefined) args.push('--keep', String(keep));
  if (olderThanDays !== undefined) args.push('--older-than', String(olderThanDays));
  const lines = await hostLines(session, 'gc', args);
  const [bundles, objects, bytes] = single(lines, 'gc')('freed').map((count) => read(amount, count, 'gc'));
  return {
    generations: values(lines, 'generation').map(([number]) => read(generationNumber, number, 'gc')),
    bundles: bundles!,
    objects: objects!,
    downloads: values(lines, 'download').map(([folder]) => read(z.string(), folder, 'gc').slice(33)),
    outputs: values(lines, 'output').map(([name]) => read(z.string(), name, 'gc')),
    bytes: bytes!,
    packages: values(lines, 'package').map(([name]) => read(z.string(), name, 'gc')),
    packagesKept: values(lines, 'kept-package').map(([name, others]) => ({
      name: read(z.string(), name, 'gc'),
      neededBy: read(z.string(), others, 'gc').split(' '),
    })),
  };
}
