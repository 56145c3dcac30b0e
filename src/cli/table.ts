// Tables and places as text.
import { relative } from 'node:path';
import type { Place } from '../options/index.ts';
import type { CliContext } from './context.ts';

/** Rows with their columns aligned, two spaces between them. */
export function printTable(context: CliContext, rows: readonly (readonly string[])[]): void {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  }
  for (const row of rows) {
    context.print(
      row
        .map((cell, index) => cell.padEnd(widths[index]!))
        .join('  ')
        .trimEnd(),
    );
  }
}

/** `hosts/gateway.ts:14:11`, relative to the repository where it lies inside. */
export function placeText(repository: string, place: Place): string {
  const inside = relative(repository, place.file);
  return `${inside.startsWith('..') ? place.file : inside}:${place.line}:${place.column}`;
}
