// Security updates that a host takes in by itself, within limits, and without starting again behind anybody's back.
import { checks, files, packages, readSource, systemd, template } from 'stead';
import { unattendedUpgrades } from './options.ts';

export { unattendedUpgrades } from './options.ts';

const aptConf = readSource('./apt.conf.hbs');
// After 20auto-upgrades and 50unattended-upgrades, which Debian's package brings: the last value counts.
const FILE = '/etc/apt/apt.conf.d/60stead-unattended-upgrades';

/** Reads all of apt's configuration as it will stand, and looks whether it says what this module says. */
const CHECK = [
  'said=$(apt-config dump) || exit',
  'for line do printf "%s\\n" "$said" | grep -qxF -- "$line" && continue',
  `echo "another file after ${FILE} says otherwise: $line"; exit 1`,
  'done',
].join('; ');

unattendedUpgrades.implement({
  defines: [checks, files, packages, systemd],
  *config(self, { host }) {
    yield packages({ install: ['unattended-upgrades'] });
    const settings = Object.entries<string | number | boolean | undefined>({
      'APT::Periodic::Update-Package-Lists': 1,
      'APT::Periodic::Unattended-Upgrade': 1,
      'APT::Periodic::AutocleanInterval': self.cleanDays,
      'Unattended-Upgrade::Automatic-Reboot': self.automaticReboot,
      'Unattended-Upgrade::Automatic-Reboot-Time': self.automaticReboot ? self.rebootTime : undefined,
      'Unattended-Upgrade::Remove-Unused-Dependencies': self.removeUnused,
      'Unattended-Upgrade::Mail': self.mail,
      'Unattended-Upgrade::MailReport': self.mail === undefined ? undefined : 'only-on-error',
      'Acquire::http::Dl-Limit': self.downloadLimit,
      ...self.settings,
    }).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value: String(value) }]));
    yield files({
      paths: {
        [FILE]: template(aptConf, {
          host: host.name,
          origins: [...self.origins],
          blacklist: self.blacklist.map((name) => name.replaceAll(/[.+]/g, '\\$&')),
          settings,
        }),
      },
    });
    yield systemd({
      units: {
        'apt-daily-upgrade.timer': {
          wantedBy: ['timers.target'],
          dropIns: {
            stead: { Timer: { OnCalendar: ['', self.schedule], RandomizedDelaySec: self.randomizedDelay } },
          },
        },
      },
    });
    const lines = settings.map(({ name, value }) => `${name} "${value}";`);
    yield checks({ preflight: { 'unattended upgrades': ['sh', '-c', CHECK, 'apt', ...lines] } });
  },
});
