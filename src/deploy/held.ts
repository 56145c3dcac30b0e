// Whether a host has been taken back from a build before: trying it again would end the same way.
import type { Bundle } from '../bundle/index.ts';
import type { Generation } from '../targets/index.ts';
import type { Outcome } from './outcome.ts';

/**
 * The outcome of not trying, where the last generation of this very bundle failed or was rolled back.
 * @param all the host's generations, oldest first
 */
export function heldBack({ manifest }: Bundle, all: readonly Generation[]): Outcome | undefined {
  const last = all.findLast(({ hash }) => hash === manifest.hash);
  if (last === undefined || last.current || !['failed', 'rolled-back'].includes(last.state)) return undefined;
  const current = all.find((one) => one.current);
  return {
    host: manifest.host,
    state: 'held',
    hash: manifest.hash,
    ...(current === undefined ? {} : { generation: current.generation }),
  };
}
