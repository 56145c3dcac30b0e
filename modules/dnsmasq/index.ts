// A DNS server that knows the fleet: names of all hosts from their own settings, split DNS to other servers.
import { checks, files, packages, readSource, systemd, template, type FleetView, type HostView } from 'stead';
import { network } from '../network/index.ts';
import { dnsmasq } from './options.ts';

export { dnsmasq } from './options.ts';

const configuration = readSource('./dnsmasq.conf.hbs');
const CONFIGURATION = '/etc/dnsmasq.d/stead.conf';
const HOSTS = '/etc/stead/dnsmasq.hosts';

dnsmasq.implement({
  defines: [checks, files, packages, systemd],
  *config(self, { host, fleet }) {
    yield packages({ install: ['dnsmasq'] });
    yield files({
      paths: {
        [CONFIGURATION]: template(configuration, {
          host: host.name,
          port: self.port,
          hostsFile: HOSTS,
          cacheSize: self.cacheSize,
          interfaces: self.interfaces,
          domain: self.domain,
          authoritative: self.publish.length > 0,
          forward: Object.entries(self.forward).map(([domain, server]) => ({ domain, server })),
          upstreams: self.upstreams,
          settings: Object.entries(self.settings).flatMap(([key, value]) => settingLines(key, value)),
        }),
        [HOSTS]: () => hostsFile(host, fleet),
      },
    });
    yield systemd({
      units: { 'dnsmasq.service': { wantedBy: ['multi-user.target'], readBy: [CONFIGURATION, { reload: HOSTS }] } },
    });
    yield checks({ preflight: { dnsmasq: ['dnsmasq', '--test', `--conf-file=${CONFIGURATION}`] } });
  },
});

/** Every host of the fleet at its address in the most preferred network, then the further records. */
function hostsFile(host: HostView, fleet: FleetView): string {
  const { domain, publish, records } = host.get(dnsmasq);
  const lines = fleet.hosts.flatMap((other) => {
    const { addresses, aliases } = other.get(network);
    const address = publish.map((name) => addresses[name]).find((found) => found !== undefined);
    if (address === undefined) return [];
    const names = [other.name, ...aliases].flatMap((name) => [`${name}.${domain}`, name]);
    return [`${address} ${names.join(' ')}`];
  });
  return [...lines, ...Object.entries(records).map(([name, address]) => `${address} ${name}`)]
    .map((line) => `${line}\n`)
    .join('');
}

function settingLines(key: string, value: string | number | true | readonly (string | number)[]): string[] {
  if (value === true) return [key];
  return (Array.isArray(value) ? value : [value]).map((one) => `${key}=${one}`);
}
