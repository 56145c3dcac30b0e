// What a lab consists of, as data: networks, and hosts with their interfaces and disks.

import { isIP } from 'node:net';
import { SteadError } from '../options/error.ts';

/** Debian's releases that hosts can be made of. */
export type Suite = 'bookworm' | 'trixie';

/**
 * `layer`: the base image under an ext4 file system of the host's own (an overlay); `image`: all of it on ext4,
 * the closest to a real host; `folder`: an overlay on a folder, the quickest, which knows no power cut.
 */
export type DiskKind = 'layer' | 'image' | 'folder';

export interface Interface {
  /** The network that it is plugged into. */
  readonly network: string;
  /** With its prefix: `10.42.0.1/24`. None: the host is to give it one. */
  readonly address?: string;
  /** The default route. */
  readonly gateway?: string;
}

export interface HostSpec {
  /** By the names that the host knows them by: `eth0`. */
  readonly interfaces: Readonly<Record<string, Interface>>;
  /** Default bookworm, Debian 12. */
  readonly suite?: Suite;
  /** Default `layer`. */
  readonly disk?: DiskKind;
  /** Of a `layer` or an `image`. Default 1024, and 4096 with packages. */
  readonly diskMebibytes?: number;
  /** Debian packages that its apt can install, with what they depend on. None: apt has no archive at all. */
  readonly packages?: readonly string[];
  /** Name servers. */
  readonly nameservers?: readonly string[];
}

export interface Topology {
  /** Networks by name, each with the operator's own address in it: `{ lan: '10.42.0.254/24' }`. */
  readonly networks: Readonly<Record<string, string>>;
  readonly hosts: Readonly<Record<string, HostSpec>>;
  /** Addresses by further names, which every host knows. */
  readonly names?: Readonly<Record<string, string>>;
  /** Whether the operator gets in as root whatever a configuration says of keys and logins: those are its people's. */
  readonly admitOperator?: boolean;
  /** Whether the operator's machine passes packets from one network to another. */
  readonly forward?: boolean;
}

/** @throws SteadError `lab.topology` for what cannot be built */
export function checkTopology({ networks, hosts }: Topology): void {
  for (const [name, address] of Object.entries(networks)) {
    checkName(name, 'network');
    checkAddress(address, `the operator's address in the network ${name}`);
  }
  for (const [name, { interfaces, diskMebibytes }] of Object.entries(hosts)) {
    checkName(name, 'host');
    if (diskMebibytes !== undefined && diskMebibytes < 64) refuse(`${name} has a disk of less than 64 MiB`);
    for (const [device, { network, address }] of Object.entries(interfaces)) {
      if (!/^[a-z][a-z0-9]{0,14}$/.test(device)) refuse(`${name} has an interface of the name "${device}"`);
      if (!(network in networks))
        refuse(`${name} is plugged into the network ${network}, which there is not`);
      if (address !== undefined) checkAddress(address, `the address of ${device} on ${name}`);
    }
  }
}

/** The first address of a host, without its prefix. */
export function addressOf(spec: HostSpec): string | undefined {
  const found = Object.values(spec.interfaces).find(({ address }) => address !== undefined);
  return found?.address?.split('/')[0];
}

function checkName(name: string, kind: string): void {
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) refuse(`"${name}" is no name for a ${kind}`);
}

function checkAddress(address: string, what: string): void {
  const [ip = '', prefix = ''] = address.split('/');
  if (isIP(ip) === 0 || !/^\d{1,3}$/.test(prefix)) {
    refuse(`${what} is to be an address with its prefix such as 10.42.0.1/24, got ${address}`);
  }
}

function refuse(message: string): never {
  throw new SteadError({ code: 'lab.topology', message });
}
