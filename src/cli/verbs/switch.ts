// stead switch: build, copy, activate, confirm.
import type { ExitCode } from '../../deploy/index.ts';
import type { CliContext } from '../context.ts';
import { switching } from '../switching.ts';

export function run(context: CliContext, args: readonly unknown[], options: unknown): Promise<ExitCode> {
  return switching(context, args, options, 'switch');
}
