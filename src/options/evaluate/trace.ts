// Finding a value again among the settings that it was made from.
import { isDeepStrictEqual } from 'node:util';
import type { SourceKey } from '../error.ts';
import { isPlainObject } from '../merge/lazy.ts';
import { attempt } from './attempt.ts';

/** Where something stands in the settings. */
export interface Trace {
  readonly keys: readonly (string | number)[];
  /** It is the last key itself, not its value. */
  readonly focus?: 'key';
}

interface Node extends Trace {
  readonly value: unknown;
}

/** How much of large settings is looked at. */
const MOST = 20_000;
/** A value that stands in more places than this tells nothing. */
const MOST_SPOTS = 20;
/** Shorter texts stand in others by chance. */
const SHORTEST_PART = 4;

/**
 * The one spot in `settings` that holds `wanted`, or text around it, or a part of it.
 * @param near keys that lead to what was made: of several spots, one under the same key is meant
 * @param isWritten whether somebody wrote what stands at a spot: defaults are no spots
 * @returns undefined where there is none, or no telling which
 */
export function traced(
  settings: unknown,
  wanted: unknown,
  near: readonly SourceKey[],
  isWritten: (trace: Trace) => boolean,
): Trace | undefined {
  const all = [...nodes(settings)];
  const name = near.findLast((key) => typeof key === 'string');
  const spots = (fits: (value: unknown) => boolean): readonly Node[] => {
    const fitting = all.filter(({ value }) => fits(value));
    return fitting.length > MOST_SPOTS ? [] : fitting.filter(isWritten);
  };
  return (
    meant(
      spots((value) => isDeepStrictEqual(value, wanted)),
      name,
      isTelling(wanted),
    ) ??
    meant(
      spots((value) => holds(value, wanted)),
      name,
      true,
    ) ??
    meant(
      spots((value) => holds(wanted, value)),
      name,
      true,
    )
  );
}

/** The spot under a key called `name`, or the only one, or the only name; without `name` only for a `telling` value. */
function meant(spots: readonly Node[], name: SourceKey | undefined, telling: boolean): Trace | undefined {
  const named = spots.filter(({ keys }) => keys.findLast((key) => typeof key === 'string') === name);
  if (named.length > 0) return named.length === 1 ? named[0] : undefined;
  if (!telling || spots.length === 1) return telling ? spots[0] : undefined;
  const names = spots.filter(({ focus }) => focus === 'key');
  return names.length === 1 ? names[0] : undefined;
}

/** Whether a value is not just one of a few that settings are full of. */
function isTelling(value: unknown): boolean {
  if (typeof value === 'string') return value !== '';
  if (typeof value === 'number') return value > 1;
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

/** Whether a text has the other in it, as words of its own; one that is too short may stand there by chance. */
function holds(text: unknown, part: unknown): boolean {
  if (typeof text !== 'string' || typeof part !== 'string') return false;
  return part.length >= SHORTEST_PART && text.length > part.length && mentions(text, part);
}

/** Whether a text has the words in it: not `10.42.0.1` in `10.42.0.10`, nor `lab.example` in `www.lab.example`. */
export function mentions(text: string, words: string): boolean {
  if (words === '') return false;
  for (let at = text.indexOf(words); at !== -1; at = text.indexOf(words, at + 1)) {
    const after = text.slice(at + words.length);
    if (!/[\w.*-]$/.test(text.slice(0, at)) && !/^([\w-]|[.:]\w)/.test(after)) return true;
  }
  return false;
}

/** Every value below `settings`, and every name of an entry. */
function* nodes(settings: unknown): Generator<Node> {
  const open: Node[] = [{ keys: [], value: settings }];
  for (let count = 0; count < MOST; count += 1) {
    const node = open.shift();
    if (node === undefined) return;
    if (node.keys.length > 0) yield node;
    const { keys, value } = node;
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) open.push({ keys: [...keys, index], value: item });
    } else if (isPlainObject(value)) {
      for (const key of Object.keys(value)) {
        const way = [...keys, key];
        yield { keys: way, value: key, focus: 'key' };
        open.push({ keys: way, value: attempt(() => value[key]) });
      }
    }
  }
}
