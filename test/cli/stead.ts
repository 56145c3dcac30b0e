// Runs the command line as a user does, on copies of the rack or on small repositories.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll } from 'vitest';

export const stead = resolve(import.meta.dirname, '../..');

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `stead …` with the exit code as data. */
export async function run(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Ran> {
  const command = join(stead, 'src/cli/stead.mjs');
  const result = await execa(process.execPath, [command, ...args], {
    reject: false,
    stdin: 'ignore',
    stripFinalNewline: true,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  return { code: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr };
}

/** An environment in which Node says when it loads a file whose address ends so. */
export function tellingOf(end: string): Readonly<Record<string, string>> {
  const hooks = `
    import { registerHooks } from 'node:module';
    registerHooks({
      load(url, context, next) {
        if (url.endsWith('${end}')) process.stderr.write('${end} is loaded\\n');
        return next(url, context);
      },
    });`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hooks)}` };
}

const folders: string[] = [];
afterAll(() => {
  for (const path of folders) rmSync(path, { recursive: true, force: true });
});

/** A folder that is gone after the tests of a file. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'stead-cli-'));
  folders.push(path);
  return path;
}

/** A repository of these files. */
export function repository(files: Readonly<Record<string, string>>): string {
  const path = folder();
  for (const [name, text] of Object.entries(files)) write(path, name, text);
  return path;
}

/** A copy of the worked fleet as it was when it had nothing but its mesh and its names. */
export function rack(): string {
  return copyOf(join(stead, 'test/fixtures/mesh'));
}

/** A copy of the worked fleet. */
export function workedFleet(): string {
  return copyOf(stead);
}

function copyOf(source: string): string {
  const path = folder();
  for (const name of ['hosts', 'overlays', 'stead.lock']) {
    if (existsSync(join(source, name))) cpSync(join(source, name), join(path, name), { recursive: true });
  }
  return path;
}

export function write(root: string, name: string, text: string): void {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), text);
}

/** Replaces text in a file of a repository; fails where it is not there. */
export function edit(root: string, name: string, before: string, after: string): void {
  const text = readFileSync(join(root, name), 'utf8');
  if (!text.includes(before)) throw new Error(`${name} does not hold ${before}`);
  writeFileSync(
    join(root, name),
    text.replace(before, () => after),
  );
}

/** Every path below a folder with its content, to compare folders as wholes; link targets as they are. */
export function snapshot(root: string): Record<string, string> {
  const result: Record<string, string> = {};
  for (const entry of readdirSync(root, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) result[path.slice(root.length)] = readFileSync(path, 'base64');
    else result[path.slice(root.length)] = entry.isDirectory() ? 'folder' : 'link';
  }
  return result;
}
