// Long texts for people: through a pager on a terminal, as they are everywhere else.
import { spawn } from 'node:child_process';
import type { Process } from './context.ts';

/** Shows a text: with $PAGER, or less, where standard output is a terminal. */
export async function page(process: Process, text: string): Promise<void> {
  const pager = process.env['PAGER'] ?? 'less -FRX';
  if (process.stdout.isTTY !== true || pager === '' || !(await paged(pager, text, process.env))) {
    process.stdout.write(text);
  }
}

/** Whether the pager took it; 126 and 127 are the shell's words for one that is not there. */
function paged(pager: string, text: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn('sh', ['-c', pager], { stdio: ['pipe', 'inherit', 'inherit'], env });
    // A pager that is left early does not read the rest.
    child.stdin.on('error', () => {});
    child.on('error', () => resolve(false));
    child.on('close', (code) => resolve(code !== 126 && code !== 127));
    child.stdin.end(text);
  });
}

/** Whether results are coloured: on a terminal, unless https://no-color.org says no. */
export function coloursResults({ stdout, env }: Process): boolean {
  return stdout.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}
