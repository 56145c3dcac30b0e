// Runs the machine's own programs: what fails is an error that shows what the program said.

import { execa } from 'execa';
import { SteadError } from '../options/error.ts';

export interface ProgramOptions {
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs a program and gives its standard output. @throws SteadError `lab.program` where it fails */
export async function program(argv: readonly string[], options: ProgramOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await attempt(argv, options);
  if (code === 0) return stdout;
  throw new SteadError({
    code: 'lab.program',
    message: `\`${argv.join(' ')}\` ended with exit code ${code}: ${stderr.trim().split('\n').slice(-20).join('\n')}`,
  });
}

/** Runs a program; how it ends is data. Exit code 127 where it cannot be started. */
export async function attempt(
  argv: readonly string[],
  { input, environment }: ProgramOptions = {},
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const [file = '', ...rest] = argv;
  const result = await execa(file, rest, {
    reject: false,
    env: { ...environment, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
  });
  return {
    code: result.exitCode ?? (result.signal === undefined ? 127 : 128),
    stdout: result.stdout,
    stderr: result.stderr || (result.exitCode === undefined ? (result.shortMessage ?? '') : ''),
  };
}
