// The option set `checks`: commands that must succeed on the new configuration before a host is switched.
import { z } from 'zod';
import { options } from '../../options/index.ts';
import { line } from '../../options/values/index.ts';

export const checks = options(
  'checks',
  z.object({
    preflight: z
      .record(line(), z.array(line()).min(1))
      .describe(
        'Commands by name, as argument vectors. They run on the host where the new /etc already stands over the old one.',
      ),
  }),
);
