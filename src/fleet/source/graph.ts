// Which configuration files import which.
import type { LabelledPlace } from '../../options/index.ts';
import { importedFiles } from '../hermetic/imports.ts';
import { sourceFile } from './file.ts';
import { importSpot } from './imports.ts';

/** A file and every configuration file that it imports, directly or not. */
export function reachableFiles(file: string): string[] {
  const reached = new Set([file]);
  for (const one of reached) for (const target of importedFiles(one).values()) reached.add(target);
  return [...reached];
}

/** The imports that lead from a file back to itself, by the shortest way; undefined where there are none. */
export function importCycle(file: string): readonly LabelledPlace[] | undefined {
  const ways = new Map<string, readonly LabelledPlace[]>([[file, []]]);
  for (const [from, way] of ways) {
    for (const [specifier, target] of importedFiles(from)) {
      const source = sourceFile(from);
      const spot = source && importSpot(source, specifier);
      const longer = spot === undefined ? way : [...way, spot];
      if (target === file) return longer;
      if (!ways.has(target)) ways.set(target, longer);
    }
  }
  return undefined;
}
