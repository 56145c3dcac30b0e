// What can be set about the upgrades that a host takes in by itself.
import { calendar, options, packageName, timeSpan, uniqueList, z } from 'stead';

/** What stands between quotes in apt.conf(5). */
const quotable = () =>
  z.string().regex(/^[^"\\\p{Cc}]+$/u, { error: 'text without quotes, backslashes and line breaks' });

export const unattendedUpgrades = options(
  'unattendedUpgrades',
  z.object({
    origins: uniqueList(quotable())
      .default([
        'origin=Debian,codename=${distro_codename},label=Debian-Security',
        'origin=Debian,codename=${distro_codename}-security,label=Debian-Security',
      ])
      .describe(
        'Where upgrades are taken from, as Unattended-Upgrade::Origins-Pattern: security updates of Debian alone, where nothing is said. Ubuntu: `origin=Ubuntu,archive=${distro_codename}-security`.',
      ),
    blacklist: uniqueList(packageName()).describe('Packages that are left as they are.'),
    schedule: calendar()
      .default('*-*-* 06:00')
      .describe('When they are taken in, as OnCalendar of systemd.time(7).'),
    randomizedDelay: timeSpan()
      .default('1h')
      .describe('By how much that is put off at most, another time on each host.'),
    automaticReboot: z
      .boolean()
      .default(false)
      .describe('Whether the host starts again by itself where an upgrade asks for it.'),
    rebootTime: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'a time of day, such as 04:30' })
      .default('04:30')
      .describe('When it does.'),
    removeUnused: z
      .boolean()
      .default(false)
      .describe('Whether packages that nothing needs any more are removed.'),
    cleanDays: z
      .int()
      .min(0)
      .default(7)
      .describe('After how many days downloaded packages are removed; 0 keeps them.'),
    downloadLimit: z
      .int()
      .min(1)
      .optional()
      .describe('The most that downloads take of the line, in KiB a second.'),
    mail: quotable().optional().describe('Who is sent a mail when an upgrade has failed.'),
    settings: z
      .record(
        z.string().regex(/^[A-Za-z][A-Za-z0-9-]*(::[A-Za-z0-9-]+)*$/),
        z.union([quotable(), z.number(), z.boolean()]),
      )
      .describe(
        'Further settings of apt.conf(5) by their whole name: `{ "Unattended-Upgrade::SyslogEnable": true }`.',
      ),
  }),
);
