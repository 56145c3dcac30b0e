// Warnings of an evaluation, beside the results.
import type { ToldWarning } from '../deploy/warnings.ts';
import type { SteadError } from '../options/index.ts';
import type { CliContext } from './context.ts';

export async function printWarnings(context: CliContext, warnings: readonly SteadError[]): Promise<void> {
  if (warnings.length === 0) return;
  const { report } = await import('../fleet/index.ts');
  for (const warning of warnings) {
    context.note(
      await report(warning, {
        repository: context.repository,
        severity: 'warning',
        colour: context.colour,
      }),
    );
  }
}

/** The same, of a build. */
export function noteWarnings(context: CliContext, warnings: readonly ToldWarning[]): void {
  for (const { text, coloured } of warnings) context.note(context.colour ? coloured : text);
}
