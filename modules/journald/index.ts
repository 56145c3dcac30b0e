// Limits of the journal, so that logs never fill a disk.
import { assert, files, ini, systemd } from 'stead';
import { journald } from './options.ts';

export { journald } from './options.ts';

const FILE = '/etc/systemd/journald.conf.d/60-stead.conf';

journald.implement({
  defines: [files, systemd],
  *config(self) {
    const typed = {
      Storage: self.storage,
      SystemMaxUse: self.systemMaxUse,
      SystemKeepFree: self.systemKeepFree,
      RuntimeMaxUse: self.runtimeMaxUse,
      MaxRetentionSec: self.maxRetention,
      ForwardToSyslog: self.forwardToSyslog ? 'yes' : 'no',
      RateLimitIntervalSec: self.rateLimitInterval,
      RateLimitBurst: self.rateLimitBurst,
    };
    const further = Object.entries(self.settings).map(
      ([name, value]) => [name, typeof value === 'boolean' ? (value ? 'yes' : 'no') : value] as const,
    );
    yield files({ paths: { [FILE]: ini({ Journal: { ...typed, ...Object.fromEntries(further) } }) } });
    yield systemd({ units: { 'systemd-journald.service': { readBy: [FILE] } } });
    for (const [name] of further) {
      yield assert(
        !(name in typed),
        {
          message: `${name} has an option of its own`,
          hint: 'Set that option instead: `stead options journald` lists them.',
        },
        [journald, 'settings', name],
      );
    }
  },
});
