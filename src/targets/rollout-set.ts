// The option set `rollout`: when a host has its turn among others. Never part of a bundle.
import { z } from 'zod';
import { options } from '../options/index.ts';

export const rollout = options(
  'rollout',
  z.object({
    stage: z
      .int()
      .min(-100)
      .max(100)
      .default(0)
      .describe(
        'Hosts of a lower stage are switched first. A gateway of a mesh has 10, its hub 20; a host that others are reached through comes after them all the same.',
      ),
  }),
);
