// An SSH server that lets in by key only and never locks out who deploys, and hosts that know each other's keys.
import { assert, checks, files, packages, readSource, systemd, template } from 'stead';
import { ports } from '../ports/index.ts';
import { lockouts } from './deployer.ts';
import { knownHosts } from './known-hosts.ts';
import { ssh } from './options.ts';
import { effective, matchBlocks, serverSettings, typedSettings } from './settings.ts';

export { matches } from './deployer.ts';
export { ssh } from './options.ts';

const configuration = readSource('./sshd.conf.hbs');
// Debian's own file includes the folder before it says anything, in the order of the names; the first value counts.
const CONFIGURATION = '/etc/ssh/sshd_config.d/00-stead.conf';
const BANNER = '/etc/ssh/stead-banner';
const KNOWN_HOSTS = '/etc/ssh/ssh_known_hosts';

/** Reads everything as sshd will, and looks whether what it takes is what this module says. */
const CHECK = [
  'mkdir -p -m 0755 /run/sshd && sshd -t && taken=$(sshd -T) || exit',
  'for line do printf "%s\\n" "$taken" | grep -qxE "$line" && continue',
  'echo "sshd does not take \'$line\': /etc/ssh/sshd_config does not include sshd_config.d/*.conf at its top"; exit 1',
  'done',
].join('; ');

ssh.implement({
  defines: [checks, files, packages, ports, systemd],
  *config(self, { host, fleet }) {
    yield packages({ install: ['openssh-server'] });
    yield files({
      paths: {
        [CONFIGURATION]: () =>
          template(configuration, {
            host: host.name,
            settings: serverSettings(host.get(ssh), BANNER),
            extraConfig: self.extraConfig.split('\n').filter((line) => line !== ''),
            match: matchBlocks(host.get(ssh)),
          }),
        [KNOWN_HOSTS]: () => knownHosts(host, fleet),
      },
    });
    if (self.banner !== undefined) yield files({ paths: { [BANNER]: `${self.banner.trimEnd()}\n` } });
    for (const port of self.ports) {
      yield ports({ listen: { [port === 22 ? 'ssh' : `ssh ${port}`]: { port, openTo: [...self.openTo] } } });
    }
    yield systemd({
      units: {
        'ssh.service': { wantedBy: ['multi-user.target'], readBy: [CONFIGURATION], onChange: 'reload' },
        // Where a socket holds the ports, as on Ubuntu, systemd reads them from the same file.
        'ssh.socket': { readBy: [CONFIGURATION], start: false },
      },
    });
    yield checks({ preflight: { sshd: () => ['sh', '-c', CHECK, 'sshd', ...effective(host.get(ssh))] } });
    for (const [index, { criteria }] of matchBlocks(host.get(ssh)).entries()) {
      yield assert(
        criteria !== '',
        {
          message: 'this block of `match` is for every connection',
          hint: 'Say for which ones, or move its settings out of it.',
        },
        [ssh, 'match', index],
      );
    }
    for (const name of Object.keys(self.settings)) {
      yield assert(
        !typedSettings.has(name.toLowerCase()),
        {
          message: `${name} has an option of its own, whose value comes first and counts`,
          hint: 'Set that option instead: `stead options ssh` lists them.',
        },
        [ssh, 'settings', name],
      );
    }
    for (const [problem, ...about] of lockouts(host)) yield assert(false, problem, ...about);
  },
});
