// What can be set about a llama-server that serves one model at a time.
import { absolutePath, entries, environmentName, ip, line, options, port, size, uniqueList, z } from 'stead';
import { overrides } from '../llamaCpp/index.ts';
import { argumentOptions } from './arguments.ts';

/** A name of a model in the API, where a comma separates several. */
export const modelName = () =>
  z.string().regex(/^[^\s,[\];#]+$/, 'a name without blanks, commas and brackets');

/** What is said for one model. */
export const modelArguments = z.object({
  ...argumentOptions,
  aliases: uniqueList(modelName()).describe('Further names that it answers to: `gpt-4o-mini`.'),
});

/** What llama-server takes, however many models it serves. */
export const serverOptions = {
  program: absolutePath()
    .optional()
    .describe('A llama-server that the host has already, in place of the recipe `llamaCpp`.'),
  recipe: overrides.optional(),
  gpu: z
    .enum(['none', 'dri', 'nvidia'])
    .optional()
    .describe(
      '`dri`: what the kernel has in /dev/dri, for Vulkan. `nvidia`: cards and boards by NVIDIA, for CUDA. The service gets these devices and no others, and starts once they are there. What the variant wants, where nothing is said.',
    ),
  gpuDevice: absolutePath()
    .optional()
    .describe('The device that it waits for: /dev/dri/renderD128, /dev/nvidia0, on a Jetson /dev/nvmap.'),
  devices: uniqueList(line()).describe(
    'Further devices that it may use, as DeviceAllow of systemd.resource-control(5): `char-kfd rw`.',
  ),
  address: ip().describe(
    'The address that it listens on: all of IPv4 where it is open to a zone, else 127.0.0.1.',
  ),
  openTo: uniqueList(line()).describe('Zones of the firewall from which it may be reached.'),
  apiKeyFile: absolutePath()
    .optional()
    .describe(
      'A file on the host with the keys that it asks for, a line each: `secretPath(…)`. Only /health answers without one.',
    ),
  corsOrigins: line()
    .default('localhost')
    .describe('Pages whose scripts may ask it: `localhost` are those of the machine that a browser runs on.'),
  metrics: z.boolean().default(true).describe('Whether /metrics tells Prometheus what it does.'),
  ...argumentOptions,
  newFlags: uniqueList(z.string().regex(/^--?[a-z0-9][\w-]*$/i, 'the name of a flag: --flash-attn')).describe(
    "Names of flags that a newer llama-server has and stead's list does not; they may be in `extraFlags` then.",
  ),
  environment: z
    .record(environmentName(), z.union([line(), z.number()]))
    .describe('Further environment variables: `{ GGML_VK_VISIBLE_DEVICES: 0 }`.'),
  memory: size().optional().describe('The most memory that it may take; beyond, it is ended.'),
  startSeconds: z
    .int()
    .min(10)
    .max(3600)
    .default(300)
    .describe('How long a switch waits until it answers, in seconds: large models take their time to load.'),
  serviceConfig: z
    .record(z.string(), z.union([line(), z.number(), z.boolean()]))
    .describe(
      'Further settings of systemd.exec(5) and systemd.service(5), over those that this module makes.',
    ),
};

/** What follows from other options, where nothing is said. */
export function serverDefaults(self: { readonly openTo: readonly string[] }) {
  return {
    address: () => (self.openTo.length > 0 ? '0.0.0.0' : '127.0.0.1'),
  };
}

export const llama = options(
  'llama',
  z.object({
    activeModel: line().describe('The model that is served: the name of one in the catalogue `models`.'),
    models: entries(modelArguments, undefined, line()).describe(
      'What is said for single models of the catalogue, by their names there.',
    ),
    port: port().default(8080).describe('The port that it listens on.'),
    ...serverOptions,
  }),
  { defaults: serverDefaults },
);
