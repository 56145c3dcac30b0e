// The known names closest to a misspelt one, for the hint of an error.
import { createRequire } from 'node:module';
import { alternatives } from './merge/shown.ts';

const require = createRequire(import.meta.url);
const limit = 3;

/**
 * Up to three of `known` that someone who wrote `name` may have meant, best first.
 * Letter case counts little; a name that shares nothing with what was written is left out.
 */
export function nearest(name: string, known: readonly string[]): string[] {
  const { distance } = require('fastest-levenshtein') as typeof import('fastest-levenshtein');
  const written = name.toLowerCase();
  const near = [...new Set(known)]
    .map((candidate) => ({ candidate, ...score(written, candidate.toLowerCase(), distance) }))
    .filter(({ steps, allowed }) => steps <= allowed)
    .sort((a, b) => a.steps - b.steps || a.letters - b.letters || (a.candidate < b.candidate ? -1 : 1));
  // Beside a slip of the finger, a name that merely begins alike was not meant.
  const isSlip = near.some(({ letters }) => letters < 2);
  return near
    .filter(({ letters, allowed }) => !isSlip || letters <= allowed)
    .slice(0, limit)
    .map(({ candidate }) => candidate);
}

/** The hint that names what may have been meant, as it is to be shown; undefined where nothing is near. */
export function didYouMean(near: readonly string[]): string | undefined {
  return near.length > 0 ? `Did you mean ${alternatives(near)}?` : undefined;
}

/** A name that begins with what was written (`addr` for `address`) is as near as one slip of the finger. */
function score(
  written: string,
  candidate: string,
  distance: (a: string, b: string) => number,
): { steps: number; letters: number; allowed: number } {
  const length = Math.max(written.length, candidate.length);
  const allowed = Math.floor(length / (length < 6 ? 2 : 3));
  const isPrefix = written.length >= 3 && (candidate.startsWith(written) || written.startsWith(candidate));
  const letters = distance(written, candidate);
  return { steps: isPrefix || isSwap(written, candidate) ? 1 : letters, letters, allowed };
}

/** Two neighbouring letters the wrong way round are one slip, too. */
function isSwap(written: string, candidate: string): boolean {
  const at = [...written].findIndex((letter, index) => letter !== candidate[index]);
  const swapped = `${written.slice(0, at)}${written[at + 1] ?? ''}${written[at] ?? ''}${written.slice(at + 2)}`;
  return at !== -1 && swapped === candidate;
}
