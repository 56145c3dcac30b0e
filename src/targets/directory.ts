// The directory target: a folder on this machine that stands for `/`, for trying, testing and images.

import { mkdir } from 'node:fs/promises';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream';
import { SteadError } from '../options/error.ts';
import { collectLines } from './lines.ts';
import type { CommandResult, RunOptions, Session, Target } from './target.ts';

/** A target whose `/` is `directory`, made when missing; relative to the working directory. */
export function directoryTarget(options: { readonly name: string; readonly directory: string }): Target {
  const root = resolve(options.directory);
  return {
    name: options.name,
    description: `directory ${root}`,
    open: async (signal) => {
      await makeDirectory(options.name, root);
      return openSession(root, signal);
    },
  };
}

async function makeDirectory(host: string, path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    throw new SteadError({
      code: 'target.unreachable',
      host,
      message: `the folder ${path} cannot be made: ${(cause as Error).message}`,
      hint: 'Name a folder that you may write to.',
      cause,
    });
  }
}

function openSession(root: string, signal: AbortSignal | undefined): Session {
  return {
    root,
    run: (argv, options) => runHere(argv, options ?? {}, signal),
    close: async () => {},
  };
}

async function runHere(
  argv: readonly string[],
  { stdin, onStderr, stdout }: RunOptions,
  signal: AbortSignal | undefined,
): Promise<CommandResult> {
  const { execa } = await import('execa');
  const [file = '', ...rest] = argv;
  const child = execa(file, rest, {
    reject: false,
    stripFinalNewline: false,
    encoding: 'utf8',
    ...(stdout === undefined ? {} : { buffer: { stdout: false } }),
    ...(stdin === undefined ? { stdin: 'ignore' } : { input: stdin }),
    ...(signal ? { cancelSignal: signal } : {}),
  });
  // The child sees a source that fails as an early end, and would be blamed for what it says to that.
  let sourceError: Error | undefined;
  if (typeof stdin === 'object') stdin.once('error', (error) => (sourceError = error));
  if (stdout !== undefined) pipeline(child.stdout!, stdout, () => {});
  const errorLines = collectLines(onStderr);
  child.stderr?.on('data', (chunk: Buffer | string) => errorLines.push(Buffer.from(chunk)));
  const result = await child;
  errorLines.end();
  if (sourceError) throw sourceError;
  if (result.exitCode !== undefined) {
    return { code: result.exitCode, stdout: result.stdout ?? '', stderr: result.stderr };
  }
  if (result.isCanceled) {
    throw new SteadError({
      code: 'target.disconnected',
      message: `\`${file}\` was cancelled before it was done`,
      hint: 'Run the command again: what was interrupted is finished or undone first.',
      cause: result,
    });
  }
  if (result.signal !== undefined) {
    return {
      code: 128 + constants.signals[result.signal],
      stdout: result.stdout ?? '',
      stderr: result.stderr,
    };
  }
  return { code: 127, stdout: '', stderr: `${file}: ${result.shortMessage ?? 'cannot be started'}\n` };
}
