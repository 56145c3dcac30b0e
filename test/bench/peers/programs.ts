// Whether the programs of a peer are on this machine.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What to install for the programs that are not here, given Debian's package of each. */
export function lacking(packages: Readonly<Record<string, string>>): string | undefined {
  const absent = Object.keys(packages).filter((program) => !found(program));
  if (absent.length === 0) return undefined;
  const names = [...new Set(absent.map((program) => packages[program]))];
  return `${absent.join(', ')} not installed here: apt-get install ${names.join(' ')}`;
}

function found(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
