// What takes a kernel of the machine's own: swap in compressed memory, which spares an SD card; words of its command line.
import { kernel } from 'stead';
import { swap } from 'stead/modules/swap';

export const hardware = [swap({ zram: { enable: true } })];

/** A Raspberry Pi counts no memory by control group, and so keeps no unit to its limit, unless it is told. */
export const raspberryPi = [kernel({ parameters: { add: ['cgroup_enable=memory'] } })];
