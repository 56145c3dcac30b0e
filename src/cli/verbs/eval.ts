// stead eval: the final values of a host.
import { z } from 'zod';
import { EXIT, type ExitCode } from '../../deploy/index.ts';
import type { CliContext } from '../context.ts';
import { evaluated } from '../evaluated.ts';
import { hostNamed, setNamed } from '../lookup.ts';
import { printWarnings } from '../warnings.ts';

export async function run(context: CliContext, args: readonly unknown[]): Promise<ExitCode> {
  const [hostName, setName] = z.tuple([z.string(), z.string().optional()]).parse(args);
  const { evaluation, warnings } = await evaluated(context);
  const host = hostNamed(evaluation, hostName);
  await printWarnings(context, warnings);
  const value =
    setName === undefined
      ? Object.fromEntries(
          host
            .usedSets()
            .map((set) => [set.name, host.get(set)] as const)
            .sort(([a], [b]) => (a < b ? -1 : 1)),
        )
      : host.get(setNamed(host, setName));
  context.print(JSON.stringify(value, null, 2));
  return EXIT.done;
}
