// Where a host stands in networks: its interfaces, and what other modules build names, peers and rules from.
import {
  activation,
  addressOf,
  checks,
  fallback,
  files,
  packages,
  readSource,
  sysctl,
  systemd,
  systemdCommand,
  template,
  waitCommand,
  type Contribution,
  type HostView,
} from 'stead';
import { consistency } from './consistency.ts';
import { devicesOf, madeDevices, type MadeDevice, type Network } from './devices.ts';
import { stanzas } from './ifupdown.ts';
import { networkdFiles } from './networkd.ts';
import { network, networking } from './options.ts';

export { network, networking } from './options.ts';

const networkdCheck = readSource('./networkd-check.sh');
const ifupdownApply = readSource('./ifupdown-apply.sh');
const interfacesTemplate = readSource('./interfaces.hbs');

const NETWORKD = '/etc/systemd/network';
const CHECK = '/usr/local/lib/stead/networkd-check';
const APPLY = '/usr/local/lib/stead/ifupdown-apply';
const INTERFACES = '/etc/network/interfaces';

networking.implement({
  defines: [activation, checks, files, network, packages, sysctl, systemd],
  *config(self, { host, fleet }) {
    yield* consistency(host, fleet);
    for (const one of Object.values(self.interfaces)) {
      const [first] = one.addresses;
      if (one.network === undefined || first === undefined) continue;
      yield network({ addresses: { [one.network]: fallback(addressOf(first)) } });
    }
    if (self.forwarding === 'ipv4' || self.forwarding === 'yes') {
      yield sysctl({ settings: { 'net.ipv4.ip_forward': 1 } });
    }
    if (self.forwarding === 'ipv6' || self.forwarding === 'yes') {
      yield sysctl({ settings: { 'net.ipv6.conf.all.forwarding': 1 } });
    }
    if (devicesOf(self).length === 0) return;
    yield* self.backend === 'networkd' ? networkd(host, self) : ifupdown(host, self);
    for (const [name, { addresses, required }] of Object.entries(self.interfaces)) {
      const [first] = addresses;
      if (first === undefined || !required) continue;
      const command = waitCommand({ kind: 'address', interface: name, address: addressOf(first), tries: 1 });
      yield checks({ health: { [`address of ${name}`]: { command, tries: 20, everySeconds: 1 } } });
    }
  },
});

function* networkd(host: HostView, self: Network): Generator<Contribution> {
  const texts = networkdFiles(host.name, self);
  const paths = Object.keys(texts).map((name) => `${NETWORKD}/${name}`);
  const names = devicesOf(self).map(({ name }) => name);
  const made = madeDevices(self);
  const leaveAlone = '/etc/NetworkManager/conf.d/stead.conf';
  yield files({
    paths: {
      ...Object.fromEntries(Object.entries(texts).map(([name, text]) => [`${NETWORKD}/${name}`, text])),
      [CHECK]: { source: networkdCheck.name, mode: '0755' },
      [leaveAlone]: `[keyfile]\nunmanaged-devices+=${names.map((name) => `interface-name:${name}`).join(';')}\n`,
    },
  });
  yield activation({ watchdogFor: paths });
  yield checks({ preflight: { 'systemd-networkd': [CHECK, ...names] } });
  yield systemd({
    units: {
      'systemd-networkd.service': {
        wantedBy: ['multi-user.target'],
        // Never a restart: addresses that have left would stay until the next one of the host, and a switch that cuts the
        // way in would be confirmed over them.
        readBy: paths.map((reload) => ({ reload })),
      },
      // What waits to be online waits for it from the next start on.
      'systemd-networkd-wait-online.service': { wantedBy: ['network-online.target'], start: false },
      // Where it is there, as on Raspberry Pi OS, it has these devices no longer.
      'NetworkManager.service': { readBy: [{ reload: leaveAlone }] },
    },
  });
  yield* takeover(names.filter((name) => made.every((one) => one.name !== name)));
  for (const device of made) yield* deviceUnit(device);
}

/** Where systemd-networkd starts on a running host, it leaves devices the addresses that others have given them. */
function* takeover(names: readonly string[]): Generator<Contribution> {
  yield systemd({
    units: {
      'networkd-takeover.service': {
        wantedBy: ['multi-user.target'],
        sections: {
          Unit: {
            Description: 'Hand network devices to systemd-networkd',
            After: 'systemd-networkd.service',
          },
          Service: { Type: 'oneshot', RemainAfterExit: true, ExecStart: reconfigured(names) },
        },
      },
    },
  });
}

/**
 * systemd-networkd neither takes away nor changes a device that it has made. This unit stands for one: it takes it away
 * where it leaves or is to be another, and has its parts joined to the other one.
 */
function* deviceUnit({ name, parts }: MadeDevice): Generator<Contribution> {
  yield systemd({
    units: {
      [`device-${name}.service`]: {
        wantedBy: ['multi-user.target'],
        readBy: [`${NETWORKD}/05-${name}.netdev`],
        sections: {
          Unit: {
            Description: `Network device ${name}`,
            After: 'systemd-networkd.service',
            Before: 'network.target',
          },
          Service: {
            Type: 'oneshot',
            RemainAfterExit: true,
            ExecStart: reconfigured(parts),
            ExecStop: `-/bin/ip link delete dev ${name}`,
          },
        },
      },
    },
  });
}

/** A command that has devices set up anew; at a start of the host they are being set up as it is. */
function reconfigured(names: readonly string[]): string {
  const each = names.map((name) => `networkctl reconfigure ${name} || :`).join('; ');
  const late = `case $(systemctl is-system-running) in initializing | starting) ;; *) ${each === '' ? ':' : each} ;; esac`;
  return systemdCommand(['/bin/sh', '-c', late]);
}

function* ifupdown(host: HostView, self: Network): Generator<Contribution> {
  const two = self.backend === 'ifupdown2';
  const made = madeDevices(self).map(({ kind }) => kind);
  const helpers = { bridge: 'bridge-utils', vlan: 'vlan', bond: 'ifenslave' } as const;
  yield packages({ install: [self.backend, ...(two ? [] : made.map((kind) => helpers[kind]))] });
  yield files({
    paths: {
      [INTERFACES]: () => template(interfacesTemplate, { host: host.name, devices: stanzas(self) }),
      [APPLY]: { source: ifupdownApply.name, mode: '0755' },
    },
  });
  yield activation({ watchdogFor: [INTERFACES] });
  const check = two ? ['ifreload', '--all', '--syntax-check'] : ['ifup', '--no-act', '--force', '--all'];
  yield checks({ preflight: { [self.backend]: check } });
  yield systemd({
    units: {
      'networking.service': {
        wantedBy: ['multi-user.target', 'network-online.target'],
        readBy: [{ reload: INTERFACES }],
        onChange: 'reload',
        dropIns: {
          stead: {
            Service: {
              ExecStartPost: `/bin/cp ${INTERFACES} /run/network/stead.interfaces`,
              ExecReload: ['', APPLY],
            },
          },
        },
      },
    },
  });
}
