// After a pull: the packages that the repository asks for now, and a process that runs the code that it has now.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { execa } from 'execa';
import { SteadError } from '../../options/error.ts';

/** How long npm may take, in milliseconds. */
const LIMIT = 1_800_000;

/**
 * Installs the packages that package-lock.json names. What runs must load nothing more from `node_modules` afterwards.
 * @throws SteadError `reconcile.packages`
 */
export async function installPackages(
  repository: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  // npm must not be run by the Node that it is about to replace.
  const path = (env['PATH'] ?? '').split(':').filter((folder) => !folder.includes('/node_modules/'));
  const result = await execa('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: repository,
    reject: false,
    timeout: LIMIT,
    env: { PATH: path.join(':') },
    all: true,
  });
  if (!result.failed) return;
  throw new SteadError({
    code: 'reconcile.packages',
    message: `npm ci failed: ${result.all.trim().split('\n').slice(-20).join('\n') || result.shortMessage}`,
    hint: 'Run it there as the same user. The next run tries it again.',
  });
}

/** Runs the same command line with some words more in a new process, to which this one is only a door. */
export async function inNewProcess(argv: readonly string[], more: readonly string[]): Promise<number> {
  const [program = process.execPath, ...args] = argv;
  const child = spawn(program, [...process.execArgv, ...args, ...more], { stdio: 'inherit' });
  const [code] = (await once(child, 'close')) as [number | null];
  return code ?? 1;
}
