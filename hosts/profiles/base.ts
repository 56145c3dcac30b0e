// What is true of every machine: who gets in, and what keeps a machine well over the years.
import { packages } from 'stead';
import { journald } from 'stead/modules/journald';
import { timesync } from 'stead/modules/timesync';
import { unattendedUpgrades } from 'stead/modules/unattendedUpgrades';
import { people } from './people.ts';

export const base = [
  ...people,
  journald({ systemMaxUse: '200M' }),
  timesync({}),
  unattendedUpgrades({}),
  packages({ install: ['ca-certificates', 'http-client'] }),
];
