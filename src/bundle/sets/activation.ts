// The option set `activation`: how a host goes from one generation to the next.
import { z } from 'zod';
import { options, uniqueList } from '../../options/index.ts';
import { absolutePath } from '../../options/values/index.ts';

export const activation = options(
  'activation',
  z.object({
    watchdog: z
      .boolean()
      .default(true)
      .describe(
        'Whether the host takes a switch back by itself unless it is confirmed over a new connection in time.',
      ),
    watchdogFor: uniqueList(absolutePath().regex(/^[^,]*$/, { error: 'a path without a comma' })).describe(
      'Files that decide whether the host can be reached: where one of them comes, goes, changes, or was changed by hand and is put right, a switch without the watchdog is refused.',
    ),
    storeDir: absolutePath()
      .optional()
      .describe(
        'The folder for the store and all that stead keeps on the host: /var/lib/stead where nothing is said. It must be in the root file system, since systemd reads units through it before others are mounted. Fixed with the first switch.',
      ),
    confirmSeconds: z
      .int()
      .min(10)
      .max(3600)
      .default(60)
      .describe('How long, in seconds, an activated generation waits to be confirmed.'),
    checks: z
      .enum(['required', 'whereAllowed'])
      .default('required')
      .describe(
        '`required`: a host that allows no private mounts, as some containers do, is not switched, since its preflight checks cannot run there. `whereAllowed`: it is switched unchecked.',
      ),
    aptTries: z
      .int()
      .min(0)
      .max(1000)
      .default(60)
      .describe('How often a switch looks whether somebody else still runs apt before it gives up.'),
    aptSeconds: z
      .int()
      .min(1)
      .max(600)
      .default(10)
      .describe('How long it waits between two looks, in seconds.'),
  }),
);
