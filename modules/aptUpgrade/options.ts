// What can be set about the upgrades of Debian's packages in a whole fleet.
import { calendar, cron, options, z } from 'stead';
import { schedule } from '../reconcile/index.ts';

export const aptUpgrade = options(
  'aptUpgrade',
  z.object({
    calendar: calendar()
      .default('Sun *-*-* 04:30:00')
      .describe('When it runs, for a timer: a calendar expression of systemd.'),
    cron: cron().default('30 4 * * 0').describe('When it runs, for cron.'),
    ...schedule,
    restart: z
      .boolean()
      .default(true)
      .describe(
        'Whether a host is restarted whose packages ask for it: one after the other, the next one only when it is back and well, this one last.',
      ),
    returnSeconds: z
      .int()
      .min(30)
      .max(7200)
      .default(600)
      .describe('How long a host may take to come back from a restart.'),
  }),
);
