// A folder with Debian's programs for arm64, as many as the host scripts need, and a way to run them.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { aptSettings, aptSources } from '../../src/lab/apt.ts';
import { cacheFolder } from '../../src/lab/index.ts';
import { withLock } from '../../src/lab/lock.ts';

/** What design.md asks of a host, without systemd. */
const PACKAGES =
  'base-files dash coreutils findutils mawk util-linux grep sed tar gzip diffutils libc-bin'.split(' ');

const EMULATED = join(import.meta.dirname, 'emulated.sh');

/** The start of a command line that is run by the programs of a root file system for arm64. */
export function emulated(root: string): string[] {
  return ['sh', EMULATED, root];
}

/** A root file system for arm64, unpacked anew into a folder. Nothing of it was run to make it. */
export async function unpackArm64(into: string): Promise<void> {
  const recipe = createHash('sha256').update(PACKAGES.join(' ')).digest('hex').slice(0, 12);
  const archive = join(cacheFolder(), `arm64-${recipe}.tar`);
  mkdirSync(cacheFolder(), { recursive: true });
  await withLock(join(cacheFolder(), 'lock'), async () => {
    if (!existsSync(archive)) await build(archive);
  });
  mkdirSync(into, { recursive: true });
  await execa('tar', ['-C', into, '--numeric-owner', '-xf', archive]);
  // What install scripts would have made.
  writeFileSync(join(into, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  writeFileSync(join(into, 'etc/group'), 'root:x:0:\n');
  symlinkSync('mawk', join(into, 'usr/bin/awk'));
}

async function build(archive: string): Promise<void> {
  const settings = `${archive}.apt.conf`;
  writeFileSync(settings, await aptSettings());
  try {
    const quiet = ['--quiet', '--mode=root', '--variant=extract', '--format=tar'];
    const foreign = ['--architectures=arm64', '--skip=check/qemu', `--include=${PACKAGES.join(',')}`];
    const what = [`--aptopt=${settings}`, 'bookworm', `${archive}.new.tar`, '-'];
    await execa('mmdebstrap', [...quiet, ...foreign, ...what], { input: await aptSources('bookworm') });
    renameSync(`${archive}.new.tar`, archive);
  } finally {
    rmSync(settings, { force: true });
  }
}
