// stead topology: the fleet as a picture: networks, hosts, tunnels, what listens.
import { z } from 'zod';
import { EXIT, topologyOf, type ExitCode } from '../../deploy/index.ts';
import type { CliContext } from '../context.ts';
import { evaluated } from '../evaluated.ts';

const optionsSchema = z.object({ mermaid: z.boolean().default(false) });

export async function run(
  context: CliContext,
  _args: readonly unknown[],
  options: unknown,
): Promise<ExitCode> {
  const { mermaid } = optionsSchema.parse(options);
  const { evaluation } = await evaluated(context);
  const topology = topologyOf(evaluation);
  if (context.json) {
    context.print(JSON.stringify(topology, null, 2));
  } else if (mermaid) {
    const { topologyMermaid } = await import('../topology-mermaid.ts');
    context.print(topologyMermaid(topology));
  } else {
    const { topologySvg } = await import('../topology-svg.ts');
    context.print(await topologySvg(topology));
  }
  return EXIT.done;
}
