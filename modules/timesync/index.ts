// The time of a host: from servers of choice, by systemd-timesyncd or by chrony, which can pass it on.
import { assert, checks, files, ini, packages, readSource, systemd, template } from 'stead';
import { ports } from '../ports/index.ts';
import { timesync } from './options.ts';

export { timesync } from './options.ts';

const chronyConf = readSource('./chrony.conf.hbs');
const TIMESYNCD = '/etc/systemd/timesyncd.conf.d/60-stead.conf';
const CHRONY = '/etc/chrony/chrony.conf';

timesync.implement({
  defines: [checks, files, packages, ports, systemd],
  *config(self, { host }) {
    const { daemon, servers, fallbackServers, allow } = self;
    yield assert(
      servers.length + fallbackServers.length > 0,
      { message: `${host.name} is to have the time from nowhere`, hint: 'Name `servers`.' },
      [timesync, 'servers'],
    );
    if (daemon === 'timesyncd') {
      yield assert(
        allow.length === 0,
        { message: 'systemd-timesyncd serves no time to others', hint: "Take chrony: `daemon: 'chrony'`." },
        [timesync, 'allow'],
      );
      yield packages({ install: ['systemd-timesyncd'] });
      const NTP = servers.join(' ');
      const FallbackNTP = fallbackServers.join(' ');
      yield files({ paths: { [TIMESYNCD]: ini({ Time: { NTP, FallbackNTP } }) } });
      yield systemd({
        units: { 'systemd-timesyncd.service': { wantedBy: ['sysinit.target'], readBy: [TIMESYNCD] } },
      });
      return;
    }
    yield packages({ install: ['chrony'] });
    yield files({
      paths: {
        [CHRONY]: template(chronyConf, {
          host: host.name,
          servers: [...servers],
          pools: servers.length > 0 ? [] : [...fallbackServers],
          allow: [...allow],
          extraConfig: self.extraConfig.split('\n').filter((line) => line !== ''),
        }),
      },
    });
    yield systemd({ units: { 'chrony.service': { wantedBy: ['multi-user.target'], readBy: [CHRONY] } } });
    yield checks({ preflight: { chrony: ['chronyd', '-p', '-f', CHRONY] } });
    if (allow.length > 0) {
      yield ports({ listen: { ntp: { port: 123, protocol: 'udp', openTo: [...self.openTo] } } });
    }
  },
});
