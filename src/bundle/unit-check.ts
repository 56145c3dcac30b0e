// The check that every bundle with units of its own brings: systemd reads them before anything is switched.
import type { CheckSource, FileSource, UnitSource } from './source.ts';
import { unitFilesIn, unitFolders } from './unit-files.ts';

// Before systemd 250 there is no --recursive-errors, and any complaint makes the exit code.
const SCRIPT = [
  'command -v systemd-analyze >/dev/null || exit 0',
  'strict=--recursive-errors=no',
  'systemd-analyze --help | grep -q -e --recursive-errors || strict=',
  'systemd-analyze verify --man=no $strict -- "$@"',
].join('; ');

/** Reads the unit files of the bundle itself as systemd will; none where there are none. */
export function unitCheck(units: readonly UnitSource[], files: readonly FileSource[]): CheckSource[] {
  const withContent = files.filter(({ kind }) => kind === 'link' || kind === 'copy').map(({ path }) => path);
  const filesOf = unitFilesIn(withContent, 'system');
  const paths = units.flatMap(({ name, scope }) => {
    const path = `${unitFolders.system}/${name}`;
    return scope === 'system' && filesOf(name).fragment === path ? [path] : [];
  });
  if (paths.length === 0) return [];
  return [{ name: 'systemd units', command: ['sh', '-c', SCRIPT, 'sh', ...paths.sort()] }];
}
