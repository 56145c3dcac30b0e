// The process that evaluation.ts measures beside the engine: zod parses the values of the synthetic fleet, each option set
// of each host as one object. No merging, no places, no laziness: what checking the same data costs at least.
await import('../../src/cli/node-modules.mjs');
await import('../../src/cli/startup.mjs');
const { z } = await import('zod');

const SETS = 50;

const schemas = Array.from({ length: SETS }, () =>
  z.object({
    enable: z.boolean().default(true),
    address: z.ipv4(),
    port: z.int().min(1).max(65535).default(80),
    level: z.enum(['debug', 'info', 'error']).default('info'),
    label: z.string(),
    names: z.array(z.string()),
    settings: z.record(z.string(), z.string()),
    sites: z.record(z.string(), z.object({ root: z.string(), tls: z.boolean().default(true) })),
    peer: z.string(),
    limit: z.int().default(10),
  }),
);

for (let index = 0; index < Number(process.argv[2]); index += 1) {
  for (const schema of schemas) {
    schema.parse({
      address: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
      label: `host ${index}`,
      names: ['a', `n${index}`],
      settings: { key: 'value', other: String(index) },
      sites: { main: { root: '/srv' } },
      peer: `10.0.0.0 80`,
    });
  }
}
