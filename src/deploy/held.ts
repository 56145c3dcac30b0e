// Whether a host has been taken back from a build before: trying it again would end the same way.
import type { Generation } from '../targets/index.ts';
import type { Outcome } from './outcome.ts';
import type { Asked } from './wanted.ts';

/** Runs that were cut off before they could confirm a build; what cuts off this many may be the build. */
const CUT_OFF = 2;

/**
 * The outcome of not trying, where the last generation of this very bundle failed or was rolled back. One that only
 * nobody confirmed, since whoever deployed it was cut off, is tried again.
 * @param all the host's generations, oldest first
 */
export function heldBack(
  { host, hash }: Pick<Asked, 'host' | 'hash'>,
  all: readonly Generation[],
): Outcome | undefined {
  const same = all.filter((one) => one.hash === hash);
  const last = same.at(-1);
  if (last === undefined || last.current || !isRefused(last, same)) return undefined;
  const current = all.find((one) => one.current);
  return {
    host,
    state: 'held',
    hash,
    ...(current === undefined ? {} : { generation: current.generation }),
  };
}

function isRefused({ state }: Generation, same: readonly Generation[]): boolean {
  if (state !== 'unconfirmed') return state === 'failed' || state === 'rolled-back';
  const tries = same.slice(-CUT_OFF);
  return tries.length === CUT_OFF && tries.every((one) => one.state === 'unconfirmed');
}
