// A rotation of keys that was cut off: it is to be finished or taken back before anything else goes to hosts.
import { cutOff, rotationFiles } from '../secrets/index.ts';
import type { CliContext } from './context.ts';

/** @throws SteadError `secrets.cut-off` where the repository has new keys that hosts may not have */
export function refuseCutOff({ repository }: CliContext): void {
  const open = rotationFiles(repository).open();
  if (open !== undefined && open.keys !== 'before') throw cutOff(open);
}

/**
 * The same, unless these hosts are all that the keys are of concern to and go together: that finishes a rotation.
 * @returns what is to be done when it has gone well on all of them
 */
export function refuseCutOffUnless(
  { repository }: CliContext,
  hosts: readonly string[],
  isAtomic: boolean,
): () => void {
  const files = rotationFiles(repository);
  const open = files.open();
  if (open === undefined) return () => {};
  const isWhole = isAtomic && open.hosts.every((host) => hosts.includes(host));
  if (open.keys === 'mixed' || (open.keys === 'new' && !isWhole)) throw cutOff(open);
  return () => {
    if (isWhole) files.end();
  };
}
