// Stacks for --verbose: of errors, and of what configuration threw.
import { SteadErrors } from '../options/error.ts';

/** The calls that led to an error, and those of the configuration that led to what it threw. */
export function stacksOf(error: unknown): string {
  if (error instanceof SteadErrors) return error.errors.map(stacksOf).join('');
  if (!(error instanceof Error)) return '';
  return `${error.stack ?? error.message}\n${isOfConfiguration(error) ? stacksOf(error.cause) : ''}`;
}

/** Other causes may speak of what programs said, secrets among it. */
function isOfConfiguration(error: Error): boolean {
  return 'code' in error && /^(evaluation|import)\./.test(String(error.code));
}
