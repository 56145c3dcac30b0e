// What can be set about models that load when they are asked for, and are idled out.
import { absolutePath, entries, line, options, port, uniqueList, z } from 'stead';
import { modelArguments, serverDefaults, serverOptions } from '../llama/options.ts';
import { swapModel, swapSettings } from './swapOptions.ts';

const model = modelArguments.extend({
  loadOnStartup: z.boolean().default(false).describe('Whether it loads with the service.'),
  idleSeconds: z
    .int()
    .min(0)
    .optional()
    .describe(
      'Seconds after its last request until it is let go, where that is another time for it; 0 is never.',
    ),
  stopSeconds: z.int().min(1).default(10).describe('How long it may take to end, in seconds.'),
  llamaSwap: swapModel.optional().describe('What llama-swap takes for a model beside.'),
});

export const llamaOnDemand = options(
  'llamaOnDemand',
  z.object({
    backend: z
      .enum(['router', 'llama-swap'])
      .default('router')
      .describe(
        '`router`: llama-server itself, which frees the memory of a model that is idle. `llama-swap`: that program, which ends its process.',
      ),
    offer: uniqueList(line()).describe(
      'Names of models in the catalogue `models` that are offered: all, where none is named.',
    ),
    models: entries(model, undefined, line()).describe(
      'What is said for single models of the catalogue, by their names there.',
    ),
    maxModels: z
      .int()
      .min(0)
      .default(1)
      .describe(
        'How many models are in memory at once; one more ends the one asked for longest ago. 0 is any number.',
      ),
    idleSeconds: z
      .int()
      .min(0)
      .default(300)
      .describe('Seconds after its last request until a model is let go; 0 is never.'),
    port: port().default(8080).describe('The port that it listens on.'),
    swapProgram: absolutePath()
      .default('/usr/local/bin/llama-swap')
      .describe('The llama-swap of the host: Debian has none.'),
    llamaSwap: swapSettings
      .optional()
      .describe('What llama-swap takes as a whole, by the names of its own file.'),
    ...serverOptions,
  }),
  { defaults: serverDefaults },
);
