// What a file exports, with what it hands on from others.
import { fileURLToPath } from 'node:url';
import { importedFiles } from '../hermetic/imports.ts';
import { sourceFile } from './file.ts';
import { exportsOf } from './imports.ts';

/** The names that a file exports. */
export interface Exports {
  readonly values: readonly string[];
  readonly types: readonly string[];
}

/** What a file exports, `export * from` followed. */
export function allExports(file: string, seen: Set<string> = new Set()): Exports {
  const source = seen.has(file) ? undefined : sourceFile(file);
  seen.add(file);
  if (source === undefined) return { values: [], types: [] };
  const { values, types, all } = exportsOf(source);
  const others = all.map((specifier) => {
    const target = importedFiles(file).get(specifier) ?? relativeFile(file, specifier);
    return target === undefined ? { values: [], types: [] } : allExports(target, seen);
  });
  return {
    values: [...values, ...others.flatMap((one) => one.values.filter((name) => name !== 'default'))],
    types: [...types, ...others.flatMap((one) => one.types)],
  };
}

function relativeFile(file: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? fileURLToPath(new URL(specifier, `file://${file}`)) : undefined;
}
