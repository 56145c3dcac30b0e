// What can be set about a host's journal: above all how much of its disk it may take.
import { line, options, size, timeSpan, z } from 'stead';

export const journald = options(
  'journald',
  z.object({
    storage: z
      .enum(['auto', 'persistent', 'volatile', 'none'])
      .default('persistent')
      .describe(
        'Where it is kept: on the disk, or in memory until the next start (`volatile`, which spares an SD card).',
      ),
    systemMaxUse: size().default('500M').describe('The most that it takes on the disk.'),
    systemKeepFree: size()
      .optional()
      .describe('How much of the disk it leaves to others: 15 %, where nothing is said.'),
    runtimeMaxUse: size().default('64M').describe('The most that it takes in memory.'),
    maxRetention: timeSpan()
      .optional()
      .describe('How long an entry is kept at most: until space is needed, where nothing is said.'),
    forwardToSyslog: z.boolean().default(false).describe('Whether a syslog daemon gets every entry, too.'),
    rateLimitInterval: timeSpan()
      .default('30s')
      .describe('The time for which the entries of a service are counted.'),
    rateLimitBurst: z
      .int()
      .min(0)
      .default(10_000)
      .describe('Entries of one service in that time before more are dropped; 0 drops none.'),
    settings: z
      .record(z.string().regex(/^[A-Z][A-Za-z]+$/), z.union([line(), z.number(), z.boolean()]))
      .describe('Further settings by the names of journald.conf(5): `{ MaxLevelStore: "info" }`.'),
  }),
);
