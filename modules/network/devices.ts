// Which devices a host has in all, and how they hang together; for either back end.
import type { z } from 'stead';
import type { networking } from './options.ts';

export type Network = z.output<typeof networking.schema>;
export type Interface = Network['interfaces'][string];

/** A device, with what is declared of it under several options. */
export interface Device {
  readonly name: string;
  /** Nothing where it is only part of another. */
  readonly settings: Interface | undefined;
  /** The bridge or the bond that it is part of. */
  readonly bridge: string | undefined;
  readonly bond: string | undefined;
  /** VLANs that are on it. */
  readonly vlans: readonly string[];
}

/** A device that exists because it is declared. */
export interface MadeDevice {
  readonly name: string;
  readonly kind: 'bridge' | 'vlan' | 'bond';
  /** What it is made of. */
  readonly parts: readonly string[];
}

/** Every device that is named anywhere, by name. */
export function devicesOf(self: Network): Device[] {
  const made = madeDevices(self);
  const names = new Set([
    ...Object.keys(self.interfaces),
    ...made.flatMap(({ name, parts }) => [name, ...parts]),
  ]);
  const master = (kind: MadeDevice['kind'], part: string): string | undefined =>
    made.find((one) => one.kind === kind && one.parts.includes(part))?.name;
  return [...names].sort().map((name) => ({
    name,
    settings: self.interfaces[name],
    bridge: master('bridge', name),
    bond: master('bond', name),
    vlans: made.filter(({ kind, parts }) => kind === 'vlan' && parts.includes(name)).map((one) => one.name),
  }));
}

/** The devices that are to be made, with what they are made of. */
export function madeDevices({ bridges, vlans, bonds }: Network): MadeDevice[] {
  return [
    ...Object.entries(bridges).map(([name, { interfaces }]): MadeDevice => {
      return { name, kind: 'bridge', parts: interfaces };
    }),
    ...Object.entries(vlans).map(([name, one]): MadeDevice => {
      return { name, kind: 'vlan', parts: [one.interface] };
    }),
    ...Object.entries(bonds).map(([name, { interfaces }]): MadeDevice => {
      return { name, kind: 'bond', parts: interfaces };
    }),
  ];
}
