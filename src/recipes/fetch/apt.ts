// The archives that this machine's apt knows; none where there is no apt.
import { APT_FORMAT, aptMirrors, type AptMirror } from '../debian/mirrors.ts';
import { run } from './programs.ts';

let known: Promise<readonly AptMirror[]> | undefined;

export function aptArchives(): Promise<readonly AptMirror[]> {
  known ??= run(['apt-get', 'indextargets', '--format', APT_FORMAT, 'Created-By: Packages']).then(
    aptMirrors,
    // A machine without apt, or without lists: everybody's archive is left.
    () => [],
  );
  return known;
}
