// A stream to a host, packed as the host can unpack it.
import { pipeline, type Readable, type Transform } from 'node:stream';
import { createGzip, createZstdCompress } from 'node:zlib';
import type { Compression } from '../targets/index.ts';

/** Of gzip, for a bundle: 3 % larger than what its own default gives, for little more than half of the work. */
const LEVEL = 4;

/** @param level of gzip: 1 for what is compressed already, for the most part */
export function compressed(
  stream: Readable,
  compression: Exclude<Compression, 'none'>,
  level = LEVEL,
): Readable {
  const packer: Transform = compression === 'zstd' ? createZstdCompress() : createGzip({ level });
  // An error of either end reaches whoever reads the packer.
  pipeline(stream, packer, () => {});
  return packer;
}
