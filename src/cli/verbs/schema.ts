// stead schema: published formats as JSON Schema.
import { z } from 'zod';
import { manifestJsonSchema } from '../../bundle/index.ts';
import { EXIT, type ExitCode } from '../../deploy/index.ts';
import { SteadError } from '../../options/index.ts';
import type { CliContext } from '../context.ts';

export async function run(context: CliContext, args: readonly unknown[]): Promise<ExitCode> {
  const format = z.string().parse(args[0]);
  if (format !== 'manifest') {
    throw new SteadError({
      code: 'usage.schema',
      message: `there is no format "${format}" with a schema`,
      hint: 'Known: manifest.',
    });
  }
  context.print(JSON.stringify(await manifestJsonSchema(), null, 2));
  return EXIT.done;
}
