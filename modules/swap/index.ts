// Swap: files that are made where they are missing, and compressed memory.
import { files, readSource, sizeBytes, sysctl, systemd, systemdCommand } from 'stead';
import type { z } from 'zod';
import { swap } from './options.ts';

export { swap } from './options.ts';

type Swap = z.output<typeof swap.schema>;

const zramSwap = readSource('./zram-swap.sh');
const swapFile = readSource('./swap-file.sh');
const ZRAM = '/usr/local/lib/stead/zram-swap';
const MAKE = '/usr/local/lib/stead/swap-file';

// A container has the machine's swap, and none of its own.
const ON_A_MACHINE = { ConditionVirtualization: '!container' };

swap.implement({
  defines: [files, sysctl, systemd],
  *config({ files: swapFiles, zram, swappiness }) {
    if (Object.keys(swapFiles).length > 0) yield files({ paths: { [MAKE]: script(swapFile.name) } });
    for (const [path, one] of Object.entries(swapFiles)) yield* fileUnits(path, one);
    if (zram.enable) yield* zramUnit(zram);
    if (swappiness !== undefined) yield sysctl({ settings: { 'vm.swappiness': swappiness } });
  },
});

function script(source: string) {
  return { source, mode: '0755' };
}

/** A unit that makes the file, and systemd's own for what stands at its path. */
function* fileUnits(path: string, { size, priority }: Swap['files'][string]) {
  const bytes = String(sizeBytes(size));
  const name = escapedPath(path);
  const maker = `make-${name}.service`;
  yield systemd({
    units: {
      [maker]: {
        sections: {
          Unit: {
            Description: `Make the swap file ${path}`,
            DefaultDependencies: false,
            RequiresMountsFor: path,
            ...ON_A_MACHINE,
          },
          Service: { Type: 'oneshot', RemainAfterExit: true, ExecStart: systemdCommand([MAKE, path, bytes]) },
        },
        readBy: [MAKE],
      },
      [`${name}.swap`]: {
        sections: {
          // The size is that of the file: with another one, swap is off while the file is made anew.
          Unit: {
            Description: `Swap file ${path}`,
            Requires: maker,
            After: maker,
            ...ON_A_MACHINE,
            'X-Size': bytes,
          },
          Swap: { What: path, Priority: priority },
        },
        wantedBy: ['swap.target'],
      },
    },
  });
}

function* zramUnit({ memoryPercent, memoryMax, algorithm, priority }: Swap['zram']) {
  const most = memoryMax === undefined ? '-' : String(sizeBytes(memoryMax));
  yield files({ paths: { [ZRAM]: script(zramSwap.name) } });
  yield systemd({
    units: {
      'zram-swap.service': {
        sections: {
          Unit: { Description: 'Swap in compressed memory', After: 'local-fs.target', ...ON_A_MACHINE },
          Service: {
            Type: 'oneshot',
            RemainAfterExit: true,
            ExecStart: systemdCommand([
              ZRAM,
              'start',
              String(memoryPercent),
              most,
              algorithm,
              String(priority),
            ]),
            ExecStop: systemdCommand([ZRAM, 'stop']),
          },
        },
        wantedBy: ['multi-user.target'],
        readBy: [ZRAM],
      },
    },
  });
}

/** As systemd-escape --path writes it: what names a unit of a path. */
function escapedPath(path: string): string {
  return path
    .slice(1)
    .replaceAll(/^\.|[^A-Za-z0-9:_./]/gu, (character) =>
      [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join(''),
    )
    .replaceAll('/', '-');
}
