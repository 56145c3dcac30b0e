// What takes a kernel of the machine's own: swap in compressed memory, which spares an SD card.
import { swap } from 'stead/modules/swap';

export const hardware = [swap({ zram: { enable: true } })];
