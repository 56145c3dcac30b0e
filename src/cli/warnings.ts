// Warnings of an evaluation, beside the results.
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
