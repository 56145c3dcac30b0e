// What can be set about where memory goes when there is none left.
import { absolutePath, entries, options, size, z } from 'stead';

const priority = () => z.int().min(0).max(32767);

const file = z.object({
  size: size().describe('Its size.'),
  priority: priority().default(1).describe('Of several, the highest is used first.'),
});

export const swap = options(
  'swap',
  z.object({
    files: entries(file, undefined, absolutePath()).describe(
      'Swap files by path: `{ "/swapfile": { size: "2G" } }`. They are made where they are missing, and stay when they leave.',
    ),
    zram: z
      .object({
        enable: z
          .boolean()
          .default(false)
          .describe('Whether a part of the memory is used as swap, compressed.'),
        memoryPercent: z
          .int()
          .min(1)
          .max(200)
          .default(50)
          .describe('How much is swapped into it at most, uncompressed, as a part of the memory.'),
        memoryMax: size().optional().describe('The same in bytes; the smaller of the two counts.'),
        algorithm: z
          .enum(['zstd', 'lz4', 'lzo-rle', 'lzo'])
          .default('zstd')
          .describe('How it is compressed.'),
        priority: priority().default(100).describe('Of several, the highest is used first.'),
      })
      .describe('Swap in compressed memory, which spares an SD card.'),
    swappiness: z
      .int()
      .min(0)
      .max(200)
      .optional()
      .describe('How readily memory is swapped out (vm.swappiness): the kernel’s 60, where nothing is said.'),
  }),
);
