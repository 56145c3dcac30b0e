// A plaintext in a person's editor: in memory only, in a folder of their own that is gone afterwards.
import { mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { SteadError } from '../options/error.ts';

/** File systems in memory, by what statfs(2) calls them: tmpfs, ramfs. */
const IN_MEMORY = new Set([0x01021994, 0x858458f6]);

/**
 * What a person makes of a plaintext.
 * @param editor a command line, as in $EDITOR
 * @param folders to work in; the first that is in memory is taken
 * @throws SteadError `secrets.editor` where none is, or where the editor fails
 */
export async function edited(
  name: string,
  plaintext: Uint8Array,
  editor: string,
  folders: readonly string[],
): Promise<Uint8Array> {
  const folder = folders.find(isInMemory);
  if (folder === undefined) {
    throw new SteadError({
      code: 'secrets.editor',
      message: `no folder in memory to edit in: ${folders.join(', ')}`,
      hint: 'Pipe the content in instead: stead secrets set NAME.',
    });
  }
  const own = mkdtempSync(join(folder, 'stead-'));
  const file = join(own, basename(name));
  const forget = (): void => rmSync(own, { recursive: true, force: true });
  const leave = (signal: NodeJS.Signals): void => {
    forget();
    process.exit(128 + constants.signals[signal]);
  };
  const signals = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, leave);
  try {
    writeFileSync(file, plaintext, { mode: 0o600 });
    const { failed, exitCode } = await execa('sh', ['-c', `${editor} "$1"`, 'sh', file], {
      reject: false,
      stdio: 'inherit',
    });
    if (!failed) return readFileSync(file);
    throw new SteadError({
      code: 'secrets.editor',
      message: `the editor (${editor}) ended with ${exitCode ?? 'a signal'}; nothing was changed`,
      hint: 'VISUAL and EDITOR say which editor is run.',
    });
  } finally {
    for (const signal of signals) process.off(signal, leave);
    forget();
  }
}

function isInMemory(folder: string): boolean {
  try {
    return IN_MEMORY.has(statfsSync(folder).type);
  } catch {
    // What is not there is no place to work in.
    return false;
  }
}
